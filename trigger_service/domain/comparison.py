"""What is different between two runs: what was asked for, which code it was, how it went, task by task. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from trigger_service.domain.run import Run, TaskExecution

#: Two durations differ where they are further apart than this many seconds and this share of the longer one: no task
#: takes the same time twice.
NOTABLE_S, NOTABLE_SHARE = 0.1, 0.2
_ASKED = ("pipeline", "module", "location", "environment", "workers", "priority", "pools", "timeout_s", "max_attempts")


@dataclass(frozen=True)
class Difference:
    """Something that is not the same in two runs. Parts of a mapping have names like `parameters.month`."""

    name: str
    #: JSON values; None where the run has none.
    a: Any
    b: Any


@dataclass(frozen=True)
class TaskSide:
    """A task in one of the runs; `duration_s` is None where it was not run, or is not over."""

    task_id: str
    status: str
    duration_s: Optional[float]


@dataclass(frozen=True)
class TaskDifference:
    """A task that is not the same in both runs; None where only the other one has it."""

    family: str
    a: Optional[TaskSide]
    b: Optional[TaskSide]
    #: Of `only_in_a`, `only_in_b`, `parameters`, `status`, `duration`.
    differs: Tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side. Tasks are those of the newest attempts."""

    a: Run
    b: Run
    differences: Tuple[Difference, ...]
    tasks: Tuple[TaskDifference, ...]
    #: How many tasks are the same in both.
    same_tasks: int


def compare(a: Run, tasks_a: Sequence[TaskExecution], b: Run, tasks_b: Sequence[TaskExecution]) -> Comparison:
    """Everything that is different between run `a` and run `b`."""
    pairs = list(_pairs(tasks_a, tasks_b))
    found = [difference for difference in (_task_difference(*pair) for pair in pairs) if difference.differs]
    return Comparison(a, b, tuple(_differences(a, b)), tuple(found), len(pairs) - len(found))


def duration_s(started_at: Optional[float], finished_at: Optional[float]) -> Optional[float]:
    """Seconds between two moments; None where one of them has not come."""
    return None if started_at is None or finished_at is None else round(max(0.0, finished_at - started_at), 3)


def notable(a: Optional[float], b: Optional[float]) -> bool:
    """Whether two durations are worth a word."""
    if a is None or b is None:
        return a is not b
    return abs(a - b) > max(NOTABLE_S, NOTABLE_SHARE * max(a, b))


def _differences(a: Run, b: Run) -> Iterator[Difference]:
    described_a, described_b = _described(a), _described(b)
    for name in dict.fromkeys((*described_a, *described_b)):
        one, other = described_a.get(name), described_b.get(name)
        if notable(one, other) if name == "duration_s" else one != other:
            yield Difference(name, one, other)


def _described(run: Run) -> Dict[str, Any]:
    """What a person compares, by name."""
    asked = {name: getattr(run, name) for name in _ASKED}
    return {
        **asked,
        "pools": list(run.pools),
        **_named("parameters", run.parameters),
        **_named("labels", run.labels),
        "trigger": run.trigger.kind,
        "code.fingerprint": run.code_fingerprint,
        "code.commit": run.code_commit,
        "code.dirty": run.code_dirty,
        "state": run.state,
        "verified": run.verified,
        "error": f"{run.error.type}: {run.error.message}" if run.error else None,
        "attempts": run.attempt,
        "duration_s": duration_s(run.started_at, run.finished_at),
        **_named("progress", run.progress.to_json()),
    }


def _named(group: str, values: Mapping[str, Any]) -> Dict[str, Any]:
    return {f"{group}.{name}": value for name, value in values.items()}


def _pairs(
    tasks_a: Sequence[TaskExecution], tasks_b: Sequence[TaskExecution]
) -> Iterator[Tuple[Optional[TaskExecution], Optional[TaskExecution]]]:
    """The same task of both runs; then such as are the only one of their family that the other run lacks; the rest.

    So a report of January stands beside the report of February.
    """
    by_id = {task.task_id: task for task in tasks_b}
    ids_a = {task.task_id for task in tasks_a}
    only_b = _by_family(task for task in tasks_b if task.task_id not in ids_a)
    only_a = _by_family(task for task in tasks_a if task.task_id not in by_id)
    for task in tasks_a:
        counterparts = only_b.get(task.family, [])
        if task.task_id in by_id:
            yield task, by_id[task.task_id]
        elif len(only_a[task.family]) == len(counterparts) == 1:
            yield task, counterparts.pop()
        else:
            yield task, None
    for tasks in only_b.values():
        for task in tasks:
            yield None, task


def _by_family(tasks: Iterator[TaskExecution]) -> Dict[str, List[TaskExecution]]:
    families: Dict[str, List[TaskExecution]] = {}
    for task in tasks:
        families.setdefault(task.family, []).append(task)
    return families


def _task_difference(a: Optional[TaskExecution], b: Optional[TaskExecution]) -> TaskDifference:
    side_a, side_b = _side(a), _side(b)
    family = (a or b).family  # type: ignore[union-attr]
    if side_a is None or side_b is None:
        return TaskDifference(family, side_a, side_b, ("only_in_a" if side_b is None else "only_in_b",))
    checks = (
        ("parameters", side_a.task_id != side_b.task_id),
        ("status", side_a.status != side_b.status),
        ("duration", notable(side_a.duration_s, side_b.duration_s)),
    )
    return TaskDifference(family, side_a, side_b, tuple(name for name, differs in checks if differs))


def _side(task: Optional[TaskExecution]) -> Optional[TaskSide]:
    if task is None:
        return None
    return TaskSide(task.task_id, task.status, duration_s(task.started_at, task.finished_at))
