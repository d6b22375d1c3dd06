"""How long a pipeline's newest runs took, as a line, and how many succeeded. Pure geometry, in pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from trigger_service.web.pages.times import took

#: Of the line of durations; its margins leave room for its last point.
LINE_WIDTH, LINE_HEIGHT = 120, 24
_SIDE_MARGIN, _TOP, _BOTTOM = 2.0, 3.0, 21.0


@dataclass(frozen=True)
class Line:
    """Durations of newest runs, the oldest of them first."""

    points: tuple[tuple[float, float], ...]
    name: str
    #: Seconds.
    median: float
    width: int = LINE_WIDTH
    height: int = LINE_HEIGHT

    @property
    def drawn(self) -> str:
        """As SVG has them."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in self.points)


def durations(seconds: Sequence[float]) -> Line | None:
    """The line through the durations of runs, the oldest first; None without any."""
    if not seconds:
        return None
    middle = median(seconds)
    noun = "run" if len(seconds) == 1 else f"{len(seconds)} runs"
    low, high = min(seconds), max(seconds)
    points = tuple(
        (_along(index, len(seconds)), _up(each, low, high) if high > low else (_TOP + _BOTTOM) / 2)
        for index, each in enumerate(seconds)
    )
    return Line(points, f"Durations of the last {noun}, median {took(middle)}", middle)


def success(states: Sequence[str]) -> str:
    """The share of those that succeeded among those that came to an end of their own; empty for none."""
    ended = [state for state in states if state in ("succeeded", "failed")]
    return f"{100 * ended.count('succeeded') // len(ended)} %" if ended else ""


def _along(index: int, count: int) -> float:
    room = LINE_WIDTH - 2 * _SIDE_MARGIN
    return _SIDE_MARGIN + (room * index / (count - 1) if count > 1 else room)


def _up(seconds: float, low: float, high: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * (seconds - low) / (high - low)
