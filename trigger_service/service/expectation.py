"""How long a plan would take, from how long its tasks, or runs of the same pipeline, took before. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from trigger_service.domain.plan import Expectation, PlannedTask, Span

#: States of tasks that take time: `shared` ones are waited for.
BUSY = frozenset({"will_run", "unknown", "shared"})


def span(durations: Sequence[float]) -> Span | None:
    """The middle and the spread of some durations in seconds; None without any."""
    if not durations:
        return None
    ordered = sorted(durations)
    return Span(_at(ordered, 0.5), _at(ordered, 0.1), _at(ordered, 0.9), len(ordered))


def with_history(tasks: Sequence[PlannedTask], families: Mapping[str, Span | None]) -> list[PlannedTask]:
    """The tasks, each that would run with what its family's history lets expect."""
    return [replace(task, expected=families.get(task.family)) if task.state in BUSY else task for task in tasks]


def expect(tasks: Sequence[PlannedTask], runs: Span | None, workers: int) -> Expectation:
    """How long the whole would take with so many workers, where `runs` is how long runs of the pipeline took.

    `tasks` are in the order in which they would run. Where not every task has a history, that of whole runs goes
    before a sum that would lack some.
    """
    busy = [task for task in tasks if task.state in BUSY]
    if not busy:
        return Expectation("nothing to run", Span(0.0, 0.0, 0.0, 0))
    without = tuple(dict.fromkeys(task.family for task in busy if task.expected is None))
    known = [task.expected for task in busy if task.expected is not None]
    if without and runs is not None:
        return Expectation("runs", runs, without)
    if not known:
        return Expectation("no history", None, without)
    low, seconds, high = (_length(busy, which, workers) for which in ("low", "seconds", "high"))
    return Expectation("tasks", Span(seconds, low, high, min(each.samples for each in known)), without)


def _length(busy: Sequence[PlannedTask], which: str, workers: int) -> float:
    """Seconds that the tasks take: at least the longest chain of requirements, and the run's own work shared evenly."""
    ends: dict[str, float] = {}
    total = 0.0
    for task in busy:
        took: float = getattr(task.expected, which) if task.expected is not None else 0.0
        ends[task.task_id] = took + max((ends.get(required, 0.0) for required in task.requires), default=0.0)
        total += took if task.state != "shared" else 0.0  # the work of others
    return max(*ends.values(), total / workers)


def _at(ordered: Sequence[float], share: float) -> float:
    """The value below which a share of the ordered values lies, between two of them in proportion."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
