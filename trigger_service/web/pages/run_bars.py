"""How long runs of a pipeline took, as bars: the newest right, a line for the median. Pure.

Positions along the width are percentages, so that the chart fills any width; heights are pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from trigger_service.domain.queries import RunGlance
from trigger_service.web.pages.times import took

#: Pixels of the chart, and of the room above the highest bar.
HEIGHT, TOP = 120, 14
#: Of fewer runs there is nothing to compare.
LEAST = 2
#: A bar is so much of its place wide, at most so many percent, and at least so many pixels high.
_SHARE, _WIDEST, _LEAST = 0.72, 3.0, 2.0


@dataclass(frozen=True)
class Bar:
    """A run that has ended."""

    run: RunGlance
    #: Percent from the left and of the width.
    left: float
    width: float
    #: Pixels from the top.
    top: float

    @property
    def height(self) -> float:
        """Pixels."""
        return round(HEIGHT - self.top, 1)

    @property
    def words(self) -> str:
        """What it shows."""
        return f"{self.run.state}, {took(self.run.took_s or 0.0)}"


@dataclass(frozen=True)
class Bars:
    """The chart."""

    bars: Sequence[Bar]
    #: Seconds: of those that succeeded, None without any; and of the longest.
    median_s: float | None
    longest_s: float
    #: Pixels from the top, of the line of the median.
    median_top: float = 0.0

    @property
    def words(self) -> str:
        """The same in words."""
        middle = f", median {took(self.median_s)}" if self.median_s is not None else ""
        return f"Durations of the last {len(self.bars)} runs{middle}, longest {took(self.longest_s)}"


def bars(runs: Sequence[RunGlance]) -> Bars | None:
    """Of runs, the oldest first, those that have ended; None for too few of them."""
    ended = [(run, run.took_s) for run in runs if run.took_s is not None]
    if len(ended) < LEAST:
        return None
    longest = max(seconds or 0.0 for _, seconds in ended)
    succeeded = [seconds for run, seconds in ended if run.state == "succeeded" and seconds is not None]
    middle = median(succeeded) if succeeded else None
    place = min(100 / len(ended), _WIDEST / _SHARE)
    made = [
        Bar(run, round(100 - place * (len(ended) - index), 2), round(place * _SHARE, 2), _top(seconds or 0.0, longest))
        for index, (run, seconds) in enumerate(ended)
    ]
    return Bars(made, middle, longest, 0.0 if middle is None else _top(middle, longest))


def _top(seconds: float, longest: float) -> float:
    room = HEIGHT - TOP
    return round(HEIGHT - max(_LEAST, room * seconds / longest if longest else _LEAST), 1)
