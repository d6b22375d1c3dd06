"""A plan as a page shows it: tasks of a family and state in one row, counts, shares, words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from trigger_service.domain.plan import Plan, PlannedTask, PlanState
from trigger_service.web.pages.times import lasting
from trigger_service.web.pages.words import number

#: At most so many rows; the rest is a number.
ROWS = 14
#: Each state's word, the state of the console that has its colour, and its icon, in the order in which they stand.
LOOKS: dict[PlanState, tuple[str, str, str]] = {
    "will_run": ("To run", "running", "play"),
    "complete": ("Complete", "complete", "complete"),
    "shared": ("Shared", "shared", "shared"),
    "blocked": ("Blocked", "blocked", "blocked"),
    "unknown": ("Not known yet", "pending", "pending"),
    "error": ("Error", "failed", "failed"),
}
#: Those that are told also where there are none.
_ALWAYS = ("will_run", "complete", "shared", "blocked")


@dataclass(frozen=True)
class Look:
    """A state as it is shown."""

    word: str
    state: str
    icon: str


@dataclass(frozen=True)
class Row:
    """Tasks of one family that are in one state, for one run where another builds them."""

    name: str
    look: Look
    #: `26 of 31`, or their number; empty for a single task.
    count: str
    why: str
    run_id: str | None = None


@dataclass(frozen=True)
class Bar:
    """One share of a bar, in percent."""

    state: str
    x: float
    width: float


@dataclass(frozen=True)
class Planned:
    """What the page asks of a plan."""

    plan: Plan
    #: Seconds since the epoch.
    made_at: float

    @cached_property
    def counts(self) -> list[tuple[Look, int]]:
        """Of each state that matters."""
        counts = self.plan.counts()
        return [(look(state), counts[state]) for state in LOOKS if counts[state] or state in _ALWAYS]

    @property
    def total(self) -> str:
        """How many tasks there are."""
        count = len(self.plan.tasks)
        return f"{number(count)} task{'' if count == 1 else 's'}"

    @property
    def words(self) -> str:
        """The counts in one line, for whom the bar says nothing."""
        return ", ".join(f"{count} {look.word.lower()}" for look, count in self.counts if count)

    @property
    def bars(self) -> list[Bar]:
        """The shares, complete ones first."""
        shown = sorted((item for item in self.counts if item[1]), key=lambda item: item[0].state != "complete")
        total, x, bars = max(1, len(self.plan.tasks)), 0.0, []
        for each, count in shown:
            width = 100 * count / total
            bars.append(Bar("succeeded" if each.state == "complete" else each.state, x, max(0.3, width - 0.3)))
            x += width
        return bars

    @property
    def duration(self) -> str:
        """`About 3 min 20 s`, or why nobody knows."""
        expected = self.plan.expectation
        if expected.span is None:
            return "Nobody knows how long it takes yet"
        if expected.basis == "nothing to run":
            return "Nothing can run" if self.plan.blockers() else "Nothing to run"
        less = "At least" if expected.basis == "tasks" and expected.without_history else "About"
        return f"{less} {lasting(expected.span.seconds + 0.5)}" if expected.span.seconds >= 1 else "Less than 1 s"

    @property
    def basis(self) -> str:
        """What that is taken from, as the rest of the sentence."""
        expected = self.plan.expectation
        lacking = len(expected.without_history)
        unknown = f"{lacking} kind{'' if lacking == 1 else 's'} of task never ran here"
        if expected.basis == "runs" and expected.span is not None:
            return f", as the last {expected.span.samples} runs took."
        if expected.basis == "tasks":
            return f", by what such tasks took before; {unknown}." if lacking else ", by what such tasks took before."
        return f": {unknown}." if expected.basis == "no history" else "."

    @property
    def written(self) -> list[str]:
        """Targets that would be written, the last one last."""
        return [output for task in self.plan.tasks if task.state == "will_run" for output in task.outputs]

    @cached_property
    def rows(self) -> list[Row]:
        """From the root on; what is complete is one row, the last."""
        return list(self._rows())[:ROWS]

    @property
    def more(self) -> int:
        """Rows that are not shown."""
        return len(list(self._rows())) - len(self.rows)

    def _rows(self) -> Iterator[Row]:
        totals: dict[str, int] = {}
        groups: dict[tuple[str, PlanState, str | None], list[PlannedTask]] = {}
        for task in reversed(self.plan.tasks):
            totals[task.family] = totals.get(task.family, 0) + 1
            groups.setdefault((task.family, task.state, task.run_id), []).append(task)
        for (family, state, run_id), tasks in groups.items():
            if state != "complete":
                count = "" if totals[family] == 1 else f"{len(tasks)} of {totals[family]}"
                yield Row(family, look(state), count, _by_run(tasks) if run_id else _why(tasks), run_id)
        complete = [group for group in groups.items() if group[0][1] == "complete"]
        if complete:
            more = f" and {len(complete) - 1} more" if len(complete) > 1 else ""
            tasks = [task for _, members in complete for task in members]
            count = "" if len(tasks) == 1 else str(len(tasks))
            yield Row(complete[0][0][0] + more, look("complete"), count, _why(tasks) if not more else "targets exist")


def look(state: PlanState) -> Look:
    """How a state is shown."""
    return Look(*LOOKS[state])


def _by_run(tasks: Sequence[PlannedTask]) -> str:
    """What the run does that builds them, after its name."""
    what = "it" if len(tasks) == 1 else "them"
    return f"is at {what} now" if any("now" in task.why for task in tasks) else f"is going to build {what}"


def _why(tasks: Sequence[PlannedTask]) -> str:
    """Why the first is so, and how many there are of whom much the same is to be said."""
    first = tasks[-1]
    fault = f": {first.fault.type}: {first.fault.message}" if first.fault and first.state == "error" else ""
    more = f", and {len(tasks) - 1} like it" if len(tasks) > 1 and len({task.why for task in tasks}) > 1 else ""
    return first.why + fault + more
