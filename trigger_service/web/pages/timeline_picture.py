"""What ran when, pipeline by pipeline, and what will: places along time in percent of the width. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from urllib.parse import urlencode

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
_FAILED = ("failed", "lost")
#: Percent between the numbers of two bars, at least.
APART = 4


@dataclass(frozen=True)
class Mark:
    """A run, or several of one state that cannot be told apart."""

    href: str
    state: str
    x: float
    width: float
    title: str
    count: int = 1

    @property
    def kind(self) -> str:
        """The class of its bar: full, or hollow."""
        return "mark-open" if self.state == "queued" else "mark"

    @property
    def y(self) -> int:
        """Of its upper edge: above several stands their number."""
        return HEIGHT - FLAT - 4 if self.count > 1 else (HEIGHT - self.height) // 2

    @property
    def height(self) -> int:
        """Pixels: what failed is to be seen from afar."""
        return TALL if self.state in _FAILED else FLAT

    @property
    def pale(self) -> float | None:
        """How much of a bar that goes on is pale; None for one that does not."""
        return max(0.0, self.width - TIP) if self.state in _GOES_ON else None

    @property
    def middle(self) -> float:
        """Where its number stands."""
        return round(self.x + self.width / 2, 2)


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
    #: How many of its newest runs are looked at, where there are older ones in these hours; 0 where that is all.
    newest: int = 0

    @property
    def words(self) -> str:
        """What it shows."""
        runs: Counter[str] = Counter()
        for mark in self.marks:
            runs[mark.state] += mark.count
        counted = [f"{count} {state}" for state, count in runs.most_common()]
        if self.rings:
            counted.append(f"{len(self.rings)} to come")
        only = f", of the newest {self.newest} runs" if self.newest else ""
        return f"{self.name}: {', '.join(counted) or 'nothing'}{only}"

    @cached_property
    def numbers(self) -> list[Mark]:
        """The bars whose number is shown: what failed first, where two would stand in one place."""
        shown: list[Mark] = []
        for mark in sorted(self.marks, key=lambda mark: (mark.state not in _FAILED, -mark.count)):
            if mark.count > 1 and all(abs(mark.middle - other.middle) >= APART for other in shown):
                shown.append(mark)
        return shown


@dataclass(frozen=True)
class Timeline:
    """All of them, on one axis."""

    hours: int
    now: float
    rows: Sequence[Row] = ()
    #: Pipelines that ran and have no row.
    more: int = 0
    height: int = HEIGHT

    @property
    def cut(self) -> list[Row]:
        """Those that do not show all of their runs."""
        return [row for row in self.rows if row.newest]

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
        return [(moment, x, bool(moment // step % 3)) for moment, x in placed if 2 < x < 98]


def row(axis: Timeline, name: str, bars: Iterable[Bar], fires: Iterable[tuple[str, float]], newest: int = 0) -> Row:
    """The row of a pipeline; `fires` are schedules, each with a moment. Bars of one state that overlap are one."""
    rings = tuple(Ring(axis.x(at), schedule, at) for schedule, at in fires)
    by_state: dict[str, list[_Span]] = {}
    for bar in bars:
        span = _span(axis, bar)
        by_state.setdefault(span.state, []).append(span)
    marks = [_mark(axis, group) for spans in by_state.values() for group in _overlapping(spans)]
    # what failed is taller: behind the others it can be seen, and they can
    return Row(name, tuple(sorted(marks, key=lambda mark: (mark.state not in _FAILED, mark.x))), rings, newest)


@dataclass(frozen=True)
class _Span:
    """A run, and where it is drawn. Places in percent, times in seconds since the epoch."""

    bar: Bar
    state: str
    x: float
    end: float
    began: float
    ended: float


def _span(axis: Timeline, bar: Bar) -> _Span:
    state = "lost" if bar.state == "failed" and bar.error == _LOST else bar.state
    waits = bar.started_at is None or state == "queued"
    began = bar.created_at if waits or bar.started_at is None else bar.started_at
    ended = axis.now if bar.finished_at is None else bar.finished_at
    x = axis.x(began)
    width = max(NARROWEST, round(axis.x(ended) - x, 2))
    x = min(x, round(100 * (1 - FUTURE) - width, 2))
    return _Span(bar, state, x, x + width, began, ended)


def _overlapping(spans: Iterable[_Span]) -> list[list[_Span]]:
    """Groups of those that reach into each other, from left to right."""
    groups: list[list[_Span]] = []
    end = 0.0
    for span in sorted(spans, key=lambda span: span.x):
        if groups and span.x < end:
            groups[-1].append(span)
        else:
            groups.append([span])
        end = max(end, span.end) if len(groups[-1]) > 1 else span.end
    return groups


def _mark(axis: Timeline, spans: Sequence[_Span]) -> Mark:
    first, state = spans[0], spans[0].state
    x, end = first.x, max(span.end for span in spans)
    if len(spans) > 1:
        return Mark(_listed(spans), state, x, round(end - x, 2), _several(axis, spans), len(spans))
    bar, lasted = first.bar, lasting(first.ended - first.began)
    waits = bar.started_at is None or state == "queued"
    told = f"{'asked for' if waits else 'started'} {clock(first.began, axis.now)}"
    told = f"{bar.pipeline}, {state}, {told}, {'took' if bar.finished_at else 'for'} {lasted}"
    return Mark(f"/runs/{bar.id}", state, x, round(end - x, 2), visible(told))


def _several(axis: Timeline, spans: Sequence[_Span]) -> str:
    begin, end = (clock(moment, axis.now) for moment in (spans[0].began, max(span.ended for span in spans)))
    return visible(f"{spans[0].bar.pipeline}, {len(spans)} {spans[0].state}, from {begin} to {end}")


def _listed(spans: Sequence[_Span]) -> str:
    """The list of these runs, and of others of their state that were asked for meanwhile."""
    asked = [span.bar.created_at for span in spans]
    limits = {"from": _written(min(asked)), "to": _written(max(asked) + 0.001)}
    return f"/runs?{urlencode({'pipeline': spans[0].bar.pipeline, 'state': spans[0].bar.state, **limits})}"


def _written(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(" ", "milliseconds").removesuffix("+00:00")
