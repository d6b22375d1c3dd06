"""The tasks of a run as its page has them: what a state is called there, which come first, how long they took. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from trigger_service.domain.run import FINAL, Run, TaskExecution
from trigger_service.domain.tasks import ABANDONED, DONE
from trigger_service.domain.urls import shown_url


@dataclass(frozen=True)
class Kind:
    """A state of a task, as it is shown."""

    #: What the address calls it.
    name: str
    #: The class `is-STATE`, and the icon.
    state: str
    word: str


FAILED = Kind("failed", "failed", "Failed")
#: It ran when its run was cancelled.
STOPPED = Kind("cancelled", "cancelled", "Cancelled")
DISABLED = Kind("disabled", "failed", "Disabled")
UNKNOWN = Kind("unknown", "warning", "Not asked")
MISSING = Kind("missing", "blocked", "Missing")
RUNNING = Kind("running", "running", "Running")
SHARED = Kind("shared", "shared", "Shared")
UNREACHED = Kind("unreached", "pending", "Not reached")
FINISHED = Kind("done", "succeeded", "Done")
WAITING = Kind("waiting", "pending", "Waits")
ELSEWHERE = Kind("elsewhere", "shared", "Done by another run")
BEFORE = Kind("complete", "complete", "Complete before")
#: Not complete when the run looked, and not run either: what needed it is complete.
UNNEEDED = Kind("unneeded", "complete", "Not needed")
#: In the order of the table: what needs somebody first, then what goes on.
KINDS = (
    FAILED, DISABLED, UNKNOWN, MISSING, RUNNING, SHARED, STOPPED, UNREACHED, FINISHED, WAITING, ELSEWHERE, BEFORE,
    UNNEEDED,
)  # fmt: skip
#: Of these nothing is left to do, and this run has not run them.
SPARED = (ELSEWHERE, BEFORE, UNNEEDED)
#: Pictures of more tasks than this have families folded.
MANY = 40
_BY_STATUS = {
    "running": RUNNING,
    "done": FINISHED,
    "complete": BEFORE,
    "failed": FAILED,
    "disabled": DISABLED,
    "unknown": UNKNOWN,
}


@dataclass(frozen=True)
class TaskRow:
    """A task and what the page says of it."""

    task: TaskExecution
    kind: Kind
    #: Its public parameters that tell it from the others of its family, for narrow places.
    label: str
    #: Seconds that its family took in the middle, before this run; None where nothing is known.
    median: float | None
    #: Seconds since the epoch.
    now: float

    @property
    def took(self) -> float | None:
        """Seconds that it ran, or has been running for."""
        if self.task.started_at is None:
            return None
        end = self.task.finished_at
        if end is None:
            end = self.now if self.kind is RUNNING else None
        return None if end is None else max(0.0, end - self.task.started_at)

    @property
    def name(self) -> str:
        """Family and what tells it from the others."""
        return f"{self.task.family} {self.label}".strip()

    @property
    def target(self) -> str:
        """The first of its outputs; empty for none."""
        return shown_url(self.task.outputs[0]) if self.task.outputs else ""

    @property
    def target_end(self) -> str:
        """Of its target what tells it from those of other tasks, for narrow places: the last two parts of a path."""
        parts = self.target.split("/")
        return self.target if len(parts) < 4 else "/".join(["…", *parts[-2:]])

    @property
    def share(self) -> float:
        """Percent of the bar that is filled, which is twice as long as the median."""
        took = self.took
        return 0.0 if took is None else min(100.0, 100 * took / max(self.scale, 0.001))

    @property
    def median_at(self) -> float | None:
        """Percent of the bar at which the median is."""
        return None if self.median is None else min(100.0, 100 * self.median / max(self.scale, 0.001))

    @property
    def scale(self) -> float:
        """Seconds of the whole bar."""
        return max(2 * (self.median or 0.0), (self.took or 0.0) * 1.1)


@dataclass(frozen=True)
class Used:
    """What the tasks of a run have used: seconds of processors, and the memory of the largest in bytes."""

    cpu_s: float
    peak_bytes: int
    largest: TaskRow


@dataclass(frozen=True)
class TaskTable:
    """All tasks of a run's newest attempt."""

    run: Run
    tasks: Sequence[TaskExecution]
    medians: Mapping[str, float]
    now: float
    #: A task id or a family; empty for none.
    chosen: str = ""
    by_id: Mapping[str, TaskRow] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        labels = _labels(self.tasks)
        rows = (
            TaskRow(task, kind_of(task, self.run), labels[task.task_id], self.medians.get(task.family), self.now)
            for task in self.tasks
        )
        object.__setattr__(self, "by_id", {row.task.task_id: row for row in rows})

    @cached_property
    def counts(self) -> dict[Kind, int]:
        """How many there are of each kind that there is, in the order of the table."""
        counted = dict.fromkeys(KINDS, 0)
        for row in self.by_id.values():
            counted[row.kind] += 1
        return {kind: count for kind, count in counted.items() if count}

    def count(self, name: str) -> int:
        """How many there are of a kind."""
        return next((count for kind, count in self.counts.items() if kind.name == name), 0)

    @property
    def folds(self) -> bool:
        """Whether families stand for their tasks in pictures."""
        return len(self.tasks) > MANY

    @cached_property
    def families(self) -> dict[str, list[TaskRow]]:
        """By family, in the order in which they were discovered."""
        found: dict[str, list[TaskRow]] = {}
        for row in self.by_id.values():
            found.setdefault(row.task.family, []).append(row)
        return found

    @cached_property
    def selected(self) -> frozenset[str]:
        """The ids of the chosen tasks: one, or all of a family."""
        if self.chosen in self.by_id:
            return frozenset({self.chosen})
        return frozenset(row.task.task_id for row in self.families.get(self.chosen, ()))

    @cached_property
    def order(self) -> dict[str, int]:
        """By task id, its place where each task comes after all that it requires; those of a circle have none."""
        missing = {task.task_id: 0 for task in self.tasks}
        users: dict[str, list[str]] = {}
        for task in self.tasks:
            for need in task.dependencies:
                if need in missing:
                    missing[task.task_id] += 1
                    users.setdefault(need, []).append(task.task_id)
        order = [task_id for task_id, count in missing.items() if not count]
        for task_id in order:
            for user in users.get(task_id, ()):
                missing[user] -= 1
                if not missing[user]:
                    order.append(user)
        return {task_id: place for place, task_id in enumerate(order)}

    @cached_property
    def used(self) -> Used | None:
        """What all tasks have used; None where nothing was measured."""
        measured = [row for row in self.by_id.values() if row.task.peak_bytes is not None]
        if not measured:
            return None
        largest = max(measured, key=lambda row: row.task.peak_bytes or 0)
        return Used(sum(row.task.cpu_s or 0.0 for row in measured), largest.task.peak_bytes or 0, largest)

    def rows(self, kind: str, most: int) -> list[TaskRow]:
        """At most so many, all of one kind where one is named; those that are chosen first."""
        wanted = [row for row in self.by_id.values() if not kind or row.kind.name == kind]
        return sorted(wanted, key=self._order)[:most]

    def of_kind(self, *kinds: Kind) -> list[TaskRow]:
        """Those of some kinds, in the order of the table."""
        return sorted((row for row in self.by_id.values() if row.kind in kinds), key=self._order)

    def stopped_by(self, task_id: str) -> list[TaskRow]:
        """The tasks that were not reached and that need this one, directly or not."""
        needed_by: dict[str, list[str]] = {}
        for task in self.tasks:
            for required in task.dependencies:
                needed_by.setdefault(required, []).append(task.task_id)
        found: dict[str, None] = {}
        left = [task_id]
        while left:
            for user in needed_by.get(left.pop(), ()):
                if user not in found and user != task_id:
                    found[user] = None
                    left.append(user)
        return [self.by_id[user] for user in found if self.by_id[user].kind not in (FINISHED, *SPARED)]

    def needed_by(self, task_id: str) -> list[TaskRow]:
        """The tasks that directly require this one."""
        return [self.by_id[task.task_id] for task in self.tasks if task_id in task.dependencies]

    def _order(self, row: TaskRow) -> tuple[bool, int, float, str]:
        newest = -(row.task.finished_at or 0.0) if row.kind is FINISHED else row.task.started_at or 0.0
        return row.task.task_id not in self.selected, KINDS.index(row.kind), newest, row.task.task_id


def kind_of(task: TaskExecution, run: Run) -> Kind:
    """What a task's state is called."""
    if task.status == "pending":
        return _of_pending(task, run)
    if task.status == "complete" and task.done_by is not None:
        return ELSEWHERE
    if run.state == "cancelled" and task.status == "failed" and (task.explanation or "").startswith(ABANDONED):
        return STOPPED
    return _BY_STATUS[task.status]


def _of_pending(task: TaskExecution, run: Run) -> Kind:
    if run.state == "succeeded":
        return UNNEEDED
    if task.waiting_for and run.state not in FINAL:
        return SHARED
    if task.explanation and not task.dependencies and task.started_at is None:
        return MISSING
    return UNREACHED if run.state in FINAL else WAITING


def state_of(rows: Iterable[TaskRow]) -> Kind:
    """That of several tasks together: the first that any of them has; done, or complete, where all are."""
    kinds = {row.kind for row in rows}
    first = (FAILED, DISABLED, UNKNOWN, MISSING, RUNNING, SHARED, STOPPED, UNREACHED, WAITING, FINISHED, *SPARED)
    return next(kind for kind in first if kind in kinds)


def is_done(row: TaskRow) -> bool:
    """Whether it needs no more work."""
    return row.task.status in DONE or row.kind is UNNEEDED


def _labels(tasks: Sequence[TaskExecution]) -> dict[str, str]:
    """By task id, the values of those parameters that are not the same in all tasks of its family."""
    values: dict[str, dict[str, set[str]]] = {}
    for task in tasks:
        of_family = values.setdefault(task.family, {})
        for name, value in task.parameters.items():
            of_family.setdefault(name, set()).add(value)
    telling = {
        family: [name for name, seen in of_family.items() if len(seen) > 1] for family, of_family in values.items()
    }
    return {
        task.task_id: " ".join(
            task.parameters[name] for name in telling.get(task.family, ()) if name in task.parameters
        )
        for task in tasks
    }
