"""How full a pool is, as a picture. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: More slots than this are a bar and no squares, which would be wider than a telephone.
MOST_SQUARES = 16
#: Pixels from one square to the next, and of a side of one.
STEP, SIDE = 14, 11


@dataclass(frozen=True)
class Square:
    """One slot."""

    x: int
    kind: Literal["held", "free", "over"]


@dataclass(frozen=True)
class Usage:
    """A pool's slots: squares, or a bar that is `percent` full where there are too many of them."""

    held: int
    #: 0 for no limit.
    slots: int

    @property
    def over(self) -> int:
        """How many runs more than it has slots hold one, since it was made smaller."""
        return max(0, self.held - self.slots) if self.slots else 0

    @property
    def squares(self) -> list[Square]:
        """From left to right; none where there are too many, or there is no limit."""
        if not 0 < self.slots <= MOST_SQUARES or self.held > MOST_SQUARES:
            return []
        return [Square(number * STEP, self._kind(number)) for number in range(max(self.slots, self.held))]

    @property
    def width(self) -> int:
        """Pixels of all squares."""
        return max(self.slots, self.held) * STEP - (STEP - SIDE)

    @property
    def percent(self) -> int:
        """How full it is, at most 100."""
        return min(100, round(100 * self.held / self.slots)) if self.slots else 0

    @property
    def words(self) -> str:
        """The same in words."""
        return f"{self.held} of {self.slots} slots held" if self.slots else f"{self.held} live, no limit"

    def _kind(self, number: int) -> Literal["held", "free", "over"]:
        if number >= self.slots:
            return "over"
        return "held" if number < self.held else "free"
