"""Hits in logs over time, as columns by level. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from trigger_service.web.pages.times import clock

#: Columns, pixels of the picture and of its highest column; a column has so much of the width that is its.
COLUMNS, HEIGHT, HIGHEST, FILLED = 36, 56, 50, 0.77
#: Seconds of the whole width, at least.
_LEAST_S = 60.0
#: By level, the state whose colour it has; all others have none of their own.
_STATES = {"WARNING": "warning", "ERROR": "failed", "CRITICAL": "failed"}
#: From below upwards, and what they are called.
_LAYERS = {"failed": "error", "warning": "warning", "pending": "other"}


@dataclass(frozen=True)
class Layer:
    """The hits of some levels in a column: pixels from above."""

    state: str
    y: float
    height: float


@dataclass(frozen=True)
class Column:
    """A part of the time: percent along the width."""

    x: float
    width: float
    layers: Sequence[Layer]
    title: str


@dataclass(frozen=True)
class HitsPicture:
    """When hits were printed. Times in seconds since the epoch."""

    since: float
    until: float
    counts: Sequence[dict[str, int]]
    height: int = HEIGHT

    @property
    def words(self) -> str:
        """What it shows."""
        total = sum(sum(each.values()) for each in self.counts)
        fullest = max(range(len(self.counts)), key=lambda place: sum(self.counts[place].values()))
        begin, end = clock(self.since, self.until), clock(self.until, self.until)
        return f"{total} hits from {begin} to {end}, the most at {clock(self._begin(fullest), self.until)}"

    @property
    def columns(self) -> Iterator[Column]:
        """One for each part of the time that has hits."""
        most = max(sum(each.values()) for each in self.counts) or 1
        each = 100 / len(self.counts)
        for place, counts in enumerate(self.counts):
            if counts:
                at, wide = round(place * each, 2), round(FILLED * each, 2)
                yield Column(at, wide, list(_layers(counts, HIGHEST / most)), self._title(place, counts))

    def _title(self, place: int, counts: dict[str, int]) -> str:
        told = ", ".join(_counted(counts[state], name) for state, name in _LAYERS.items() if state in counts)
        begin, end = (clock(self._begin(number), self.until) for number in (place, place + 1))
        return f"{begin} to {end}: {told}"

    def _begin(self, place: int) -> float:
        return self.since + place * (self.until - self.since) / len(self.counts)


def hits_picture(hits: Iterable[tuple[float, str]], since: float, until: float) -> HitsPicture:
    """Of hits, each with its time and level, over the time that was looked at, widened to all of them."""
    found = list(hits)
    times = [time for time, _ in found]
    begin, end = min([since, *times]), max([until, *times])
    begin = min(begin, end - _LEAST_S)
    counts: list[dict[str, int]] = [{} for _ in range(COLUMNS)]
    for time, level in found:
        column = counts[min(COLUMNS - 1, int(COLUMNS * (time - begin) / (end - begin)))]
        state = _STATES.get(level, "pending")
        column[state] = column.get(state, 0) + 1
    return HitsPicture(begin, end, counts)


def _counted(count: int, name: str) -> str:
    return f"{count} {name}" + ("" if count == 1 else "s")


def _layers(counts: dict[str, int], pixels: float) -> Iterator[Layer]:
    below = HEIGHT - 1.0
    for state in _LAYERS:
        if state in counts:
            tall = max(1.5, round(pixels * counts[state], 1))
            below = round(below - tall, 1)
            yield Layer(state, below, tall)
