"""Bars of how long runs waited for their start, hour by hour. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trigger_service.service.overview import HOUR_S, StartLatency
from trigger_service.web.pages.times import clock, lasting

#: Pixels of the picture and of its highest bar; a bar has so much of the width that is its.
HEIGHT, HIGHEST, FILLED = 64, 54, 0.77


@dataclass(frozen=True)
class Column:
    """An hour: percent along the width, pixels up."""

    x: float
    width: float
    y: float
    height: float
    is_highest: bool
    title: str


@dataclass(frozen=True)
class LatencyPicture:
    """What the page shows of start latency."""

    latency: StartLatency
    height: int = HEIGHT

    @property
    def words(self) -> str:
        """What it shows."""
        known = [seconds for seconds in self.latency.hours if seconds is not None]
        most = f"95th percentile {delay(self.latency.most_are_below)}"
        return f"Start latency by hour: median {delay(self.latency.median)}, highest hour {delay(max(known))}, {most}"

    @property
    def columns(self) -> Iterator[Column]:
        """One for each hour that has runs."""
        hours = self.latency.hours
        highest = max(seconds for seconds in hours if seconds is not None) or 1.0
        each = 100 / len(hours)
        for place, seconds in enumerate(hours):
            if seconds is not None:
                tall = max(1.0, round(HIGHEST * seconds / highest, 1))
                moment = self.latency.since + place * HOUR_S
                title = f"{clock(moment, moment, '%H:%M')}: {delay(seconds)}"
                at, wide = round(place * each, 2), round(FILLED * each, 2)
                yield Column(at, wide, round(HEIGHT - 1 - tall, 1), tall, seconds == highest, title)


def delay(seconds: float) -> str:
    """`38 ms`, `1.2 s`, or `4 min 25 s`."""
    if seconds < 0.9995:
        return f"{1000 * seconds:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 9.95 else lasting(seconds)
