"""Small charts of a pipeline's newest runs: a square for each, and how long they took. Pure geometry, in pixels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from trigger_service.web.pages.times import took

#: Of a square, and from one to the next.
SIDE, STEP = 8, 10
#: Squares stand on the same line: what needs attention is higher.
HEIGHTS = {"failed": 16, "lost": 16, "starting": 12, "running": 12, "cancelling": 12}
#: States whose square is hollow.
HOLLOW = frozenset({"cancelled", "queued"})
HEIGHT = 16
#: Of the line of durations; its margins leave room for its last point.
LINE_WIDTH, LINE_HEIGHT = 120, 24
_SIDE_MARGIN, _TOP, _BOTTOM = 2.0, 3.0, 21.0
_STROKE = 1.5


@dataclass(frozen=True)
class Square:
    """One run: the outer edge of its mark, or the middle of its line where it is hollow."""

    state: str
    x: float
    y: float
    width: float
    height: float

    @property
    def kind(self) -> str:
        """The class of the mark."""
        return "mark-open" if self.state in HOLLOW else "mark"


@dataclass(frozen=True)
class Squares:
    """Newest runs, the oldest of them first."""

    squares: tuple[Square, ...]
    #: What it shows, in words.
    name: str
    width: int
    height: int = HEIGHT


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


def squares(states: Sequence[str]) -> Squares:
    """Squares of runs in these states, the oldest first."""
    counted = ", ".join(f"{count} {state}" for state, count in Counter(states).most_common())
    noun = "run" if len(states) == 1 else f"{len(states)} runs"
    made = tuple(_square(index * STEP, state) for index, state in enumerate(states))
    return Squares(made, f"Last {noun}: {counted}", max(len(states) * STEP - STEP + SIDE, SIDE))


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


def _square(x: int, state: str) -> Square:
    height = HEIGHTS.get(state, SIDE)
    if state not in HOLLOW:
        return Square(state, x, HEIGHT - height, SIDE, height)
    inset = _STROKE / 2
    return Square(state, x + inset, HEIGHT - height + inset, SIDE - _STROKE, height - _STROKE)


def _along(index: int, count: int) -> float:
    room = LINE_WIDTH - 2 * _SIDE_MARGIN
    return _SIDE_MARGIN + (room * index / (count - 1) if count > 1 else room)


def _up(seconds: float, low: float, high: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * (seconds - low) / (high - low)
