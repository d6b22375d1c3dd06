"""What became of a fire, a delivery or a part, as a state and a word; of one with a run, what that does. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trigger_service.domain.run import Run

#: Where there is no run that could tell: the state whose colours it has, and the word.
_WORDS = {
    "started": ("complete", "Started"),
    "pending": ("queued", "Waits"),
    "skipped": ("cancelled", "Skipped"),
    "missed": ("late", "Missed"),
    "failed": ("failed", "Refused"),
}


@dataclass(frozen=True)
class Outcome:
    """As it is shown."""

    state: str
    word: str
    #: Seconds since the epoch: of the fire, or of the delivery.
    at: float
    reason: str = ""
    run: Run | None = None
    run_id: str | None = None

    @property
    def took_s(self) -> float | None:
        """How long its run took, in seconds."""
        if self.run is None or self.run.started_at is None or self.run.finished_at is None:
            return None
        return self.run.finished_at - self.run.started_at


def outcome(state: str, at: float, reason: str, run_id: str | None, runs: Mapping[str, Run]) -> Outcome:
    """What became of it; `runs` by id, as far as their records are there."""
    run = runs.get(run_id or "")
    if run is not None:
        return Outcome(run.state, run.state.capitalize(), at, reason, run, run_id)
    mark, word = _WORDS[state]
    return Outcome(mark, word, at, reason, None, run_id)
