"""What ran when, pipeline by pipeline, and what will: places along time in percent of the width. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from trigger_service.domain.glances import Bar
from trigger_service.service.overview import HOUR_S
from trigger_service.web.pages.times import clock, lasting
from trigger_service.web.pages.visible import visible

#: The share of the width that is still to come.
FUTURE = 0.25
#: Of a row, in pixels; of the bars in it, and of those that have failed.
HEIGHT, FLAT, TALL = 30, 12, 20
#: Percent: no bar is narrower, and the solid end of a running one.
NARROWEST, TIP = 0.4, 0.5
#: The class of the error of a run whose last attempt was lost.
_LOST = "AttemptLost"
_GOES_ON = ("starting", "running", "cancelling")


@dataclass(frozen=True)
class Mark:
    """A run."""

    run_id: str
    state: str
    x: float
    width: float
    title: str

    @property
    def kind(self) -> str:
        """The class of its bar: full, or hollow."""
        return "mark-open" if self.state == "queued" else "mark"

    @property
    def y(self) -> int:
        """Of its upper edge."""
        return (HEIGHT - self.height) // 2

    @property
    def height(self) -> int:
        """Pixels: what failed is to be seen from afar."""
        return TALL if self.state in ("failed", "lost") else FLAT

    @property
    def pale(self) -> float | None:
        """How much of a bar that goes on is pale; None for one that does not."""
        return max(0.0, self.width - TIP) if self.state in _GOES_ON else None


@dataclass(frozen=True)
class Ring:
    """A fire that will be."""

    x: float
    #: The schedule, and when.
    name: str
    at: float


@dataclass(frozen=True)
class Row:
    """A pipeline."""

    name: str
    marks: Sequence[Mark]
    rings: Sequence[Ring]

    @property
    def words(self) -> str:
        """What it shows."""
        counted = [f"{count} {state}" for state, count in Counter(mark.state for mark in self.marks).most_common()]
        if self.rings:
            counted.append(f"{len(self.rings)} to come")
        return f"{self.name}: {', '.join(counted) or 'nothing'}"


@dataclass(frozen=True)
class Timeline:
    """All of them, on one axis."""

    hours: int
    now: float
    rows: Sequence[Row] = ()
    #: Pipelines that ran and have no row.
    more: int = 0
    height: int = HEIGHT

    @cached_property
    def since(self) -> float:
        """Where it begins, in seconds since the epoch."""
        return self.now - self.hours * HOUR_S * (1 - FUTURE)

    @cached_property
    def until(self) -> float:
        """Where it ends."""
        return self.now + self.hours * HOUR_S * FUTURE

    def x(self, moment: float) -> float:
        """Where a moment is, in percent."""
        share = (moment - self.since) / (self.until - self.since)
        return round(100 * min(1.0, max(0.0, share)), 2)

    @cached_property
    def ticks(self) -> list[tuple[float, float, bool]]:
        """Moments, where they are, and whether they matter less: hours, or every other one where there are many."""
        step = HOUR_S * (2 if self.hours > 12 else 1)
        first = int(self.since) // step * step + step
        placed = ((moment, self.x(moment)) for moment in range(first, int(self.until), step))
        return [(moment, x, bool(moment // step % 3)) for moment, x in placed if 1 < x < 99]


def row(axis: Timeline, name: str, bars: Iterable[Bar], fires: Iterable[tuple[str, float]]) -> Row:
    """The row of a pipeline; `fires` are schedules, each with a moment."""
    rings = tuple(Ring(axis.x(at), schedule, at) for schedule, at in fires)
    return Row(name, tuple(_mark(axis, bar) for bar in bars), rings)


def _mark(axis: Timeline, bar: Bar) -> Mark:
    state = "lost" if bar.state == "failed" and bar.error == _LOST else bar.state
    waits = bar.started_at is None or state == "queued"
    begin = bar.created_at if waits or bar.started_at is None else bar.started_at
    end = axis.now if bar.finished_at is None else bar.finished_at
    x = axis.x(begin)
    width = max(NARROWEST, round(axis.x(end) - x, 2))
    x = min(x, round(100 * (1 - FUTURE) - width, 2))
    told = f"{'asked for' if waits else 'started'} {clock(begin, axis.now)}"
    lasted = f"{'took' if bar.finished_at else 'for'} {lasting(end - begin)}"
    return Mark(bar.id, state, x, width, visible(f"{bar.pipeline}, {state}, {told}, {lasted}"))
