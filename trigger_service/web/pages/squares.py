"""The last runs of a pipeline as squares, the newest right: failed ones are taller. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

#: Pixels from one square to the next, the width of one, and the height of all.
STEP, SIDE, HEIGHT = 10, 8, 16
#: By state: how tall a square is; those that are not named are as tall as they are wide.
_TALL = {"failed": 16, "starting": 12, "running": 12, "cancelling": 12}
#: States whose squares are hollow; half of the line around one lies inside of it.
_HOLLOW, _HALF = ("queued", "cancelled"), 0.75


@dataclass(frozen=True)
class Marks:
    """All squares of one state: one path, so that a page of many pipelines stays small."""

    state: str
    path: str

    @property
    def kind(self) -> str:
        """The class of such a mark: full, or hollow."""
        return "mark-open" if self.state in _HOLLOW else "mark"


@dataclass(frozen=True)
class Squares:
    """States of runs, the oldest first."""

    states: Sequence[str]

    @property
    def width(self) -> int:
        """Pixels of all."""
        return max(0, len(self.states) * STEP - (STEP - SIDE))

    @property
    def marks(self) -> list[Marks]:
        """One path for each state."""
        ordered = sorted(range(len(self.states)), key=lambda place: self.states[place])
        by_state = groupby(ordered, key=lambda place: self.states[place])
        return [Marks(state, "".join(_square(place, state) for place in places)) for state, places in by_state]

    @property
    def words(self) -> str:
        """The same in words."""
        if not self.states:
            return "No runs"
        counts = Counter(self.states).most_common()
        runs = "run" if len(self.states) == 1 else f"{len(self.states)} runs"
        return f"Last {runs}: " + ", ".join(f"{count} {state}" for state, count in counts)


def _square(place: int, state: str) -> str:
    if state in _HOLLOW:
        side = SIDE - 2 * _HALF
        return f"M{place * STEP + _HALF} {HEIGHT - SIDE + _HALF}h{side}v{side}h-{side}z"
    height = _TALL.get(state, SIDE)
    return f"M{place * STEP} {HEIGHT - height}h{SIDE}v{height}h-{SIDE}z"
