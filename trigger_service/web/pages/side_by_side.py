"""Two runs side by side: values, families of tasks and targets in rows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trigger_service.domain.comparison import duration_s, notable
from trigger_service.domain.run import TaskExecution
from trigger_service.domain.target_writes import TargetWrite
from trigger_service.web.pages.times import brief, lasting


@dataclass(frozen=True)
class FamilyRow:
    """The tasks of a family in both runs: how many were run, and the seconds of all."""

    family: str
    count_a: int
    count_b: int
    a: float | None
    b: float | None

    @property
    def change(self) -> float | None:
        """Seconds that the second took longer; None where that says nothing."""
        return self.b - self.a if self.a is not None and self.b is not None and notable(self.a, self.b) else None


@dataclass(frozen=True)
class TargetRow:
    """A target that one of the runs has written, or both."""

    url: str
    a: TargetWrite | None
    b: TargetWrite | None

    @property
    def word(self) -> str:
        """How it differs."""
        if self.a is None or self.b is None:
            return "only in the second" if self.a is None else "only in the first"
        known = [
            (one, other)
            for one, other in ((self.a.sha256, self.b.sha256), (self.a.size, self.b.size))
            if one not in ("", None) and other not in ("", None)
        ]
        if not known:
            return "not known"
        return "same" if all(one == other for one, other in known) else "changed"


def families(a: Sequence[TaskExecution], b: Sequence[TaskExecution]) -> list[FamilyRow]:
    """One row for each family, those whose durations are furthest apart first."""
    one, other = _by_family(a), _by_family(b)
    rows = []
    for family in dict.fromkeys((*one, *other)):
        times_a, times_b = one.get(family, []), other.get(family, [])
        sums = (sum(times) if times else None for times in (times_a, times_b))
        rows.append(FamilyRow(family, len(times_a), len(times_b), *sums))
    return sorted(rows, key=lambda row: -abs((row.b or 0.0) - (row.a or 0.0)))


def targets(a: Iterable[TargetWrite], b: Iterable[TargetWrite]) -> list[TargetRow]:
    """One row for each target that was written, as it was last: those that differ first."""
    one, other = ({write.url: write for write in writes} for writes in (a, b))
    rows = [TargetRow(url, one.get(url), other.get(url)) for url in dict.fromkeys((*one, *other))]
    return sorted(rows, key=lambda row: ("changed", "only in the first", "only in the second").count(row.word) == 0)


def seconds_of(seconds: float) -> str:
    """`0.42 s`, `12.3 s`, `4 min 25 s`: as precise as two durations beside each other need it."""
    if seconds >= 60:
        return lasting(seconds)
    if seconds < 1:
        return brief(seconds)
    return f"{seconds:.1f} s" if seconds >= 10 else f"{seconds:.2f} s"


def _by_family(tasks: Sequence[TaskExecution]) -> dict[str, list[float]]:
    """By family, the seconds of each task that was run."""
    found: dict[str, list[float]] = {}
    for task in tasks:
        took = duration_s(task.started_at, task.finished_at)
        if took is not None:
            found.setdefault(task.family, []).append(took)
    return found
