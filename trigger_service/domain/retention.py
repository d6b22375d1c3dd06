"""Which runs of the past are kept. Pure: everything it weighs is an argument."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, Iterable, Iterator, Literal, Mapping, Optional, Tuple

#: Why a run is not kept: too old, one too many (of all, or of its pipeline), or the room it takes.
Why = Literal["age", "count", "size"]

DAY_S = 24 * 3600.0


@dataclass(frozen=True)
class Keep:
    """How much of the past is kept; 0 means no limit."""

    #: Since the end of a run.
    days: float = 365.0
    #: Runs that have ended, of all pipelines.
    runs: int = 100_000
    #: The same of each pipeline that `pipelines` does not name.
    runs_per_pipeline: int = 0
    #: By pipeline.
    pipelines: Mapping[str, int] = field(default_factory=dict)
    #: Bytes on the disk, of the database and the folders of all runs.
    size: int = 20 << 30
    #: Seconds between two looks whether something has to go.
    every_s: float = 600.0
    #: Since targets were moved into the trash; then they are deleted.
    trash_days: float = 7.0


@dataclass(frozen=True)
class EndedRun:
    """What is weighed of a run that has ended."""

    id: str
    pipeline: str
    #: Seconds since the epoch.
    created_at: float
    finished_at: float
    #: How many tasks it had: a measure of what it takes to delete it.
    tasks: int
    #: Whether it cannot go yet: a retry of it is kept, an Idempotency-Key may still ask for it, or it is not tidied up.
    needed: bool = False


@dataclass(frozen=True)
class Stock:
    """What there is: the runs that have ended, by pipeline, and the bytes that everything takes on the disk."""

    by_pipeline: Mapping[str, int]
    size: int


def surplus(
    oldest_first: Iterable[EndedRun], stock: Stock, keep: Keep, size_of: Mapping[str, int], now: float
) -> Iterator[Tuple[EndedRun, Why]]:
    """The runs that have to go, oldest first, each with the reason; reads no further than it has to.

    `size_of` gives the bytes that the folder of a run takes. Of the database, each run has an equal share in mind:
    what it really takes is seen at the next look.
    """
    count = sum(stock.by_pipeline.values())
    too_many = count - keep.runs if keep.runs else 0
    limits = {name: keep.pipelines.get(name, keep.runs_per_pipeline) for name in stock.by_pipeline}
    of_pipeline: Dict[str, int] = {name: stock.by_pipeline[name] - limit for name, limit in limits.items() if limit}
    too_large = stock.size - keep.size if keep.size else 0
    share = max(0, stock.size - sum(size_of.values())) // max(1, count)
    too_old = now - keep.days * DAY_S if keep.days else 0.0
    for run in oldest_first:
        crowded = max(of_pipeline.values(), default=0) > 0
        if run.created_at >= too_old and too_many <= 0 and too_large <= 0 and not crowded:
            return
        why = _why(run.finished_at < too_old, too_many > 0 or of_pipeline.get(run.pipeline, 0) > 0, too_large > 0)
        if why is None or run.needed:
            continue
        too_many -= 1
        too_large -= size_of.get(run.id, 0) + share
        if run.pipeline in of_pipeline:
            of_pipeline[run.pipeline] -= 1
        yield run, why


def _why(old: bool, many: bool, large: bool) -> Optional[Why]:
    if old:
        return "age"
    return "count" if many else "size" if large else None


@dataclass(frozen=True)
class Pruning:
    """What one look at the past found and did; sizes in bytes on the disk."""

    #: Runs that went, or would go, by reason.
    runs: Mapping[str, int]
    #: Ended runs that stay.
    kept: int
    #: What the folders of the runs that went had taken.
    folders_freed: int
    #: What all folders, and the database, take now.
    folders: int
    database: int
    #: What the database has given back.
    database_freed: int = 0
    #: When it was over, in seconds since the epoch.
    finished_at: float = 0.0

    def to_json(self) -> Dict[str, object]:
        """The object that `luigi-trigger db prune --json` prints."""
        return {
            "runs": {"age": 0, "count": 0, "size": 0, **self.runs},
            "kept": self.kept,
            "folders_freed_bytes": self.folders_freed,
            "database_freed_bytes": self.database_freed,
            "folders_bytes": self.folders,
            "database_bytes": self.database,
        }
