"""A schedule: what is asked for, and when; and its fires, each of which is on record once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal, Optional

from trigger_service.domain.run import RunRequest
from trigger_service.domain.schedule import Timing

#: `pending` waits for its run, `missed` came too late, `skipped` was not to be, `failed` was refused.
FireState = Literal["pending", "started", "skipped", "missed", "failed"]


@dataclass(frozen=True)
class Schedule:
    """A request that is made again and again. Times are seconds since the epoch."""

    name: str
    timing: Timing
    #: Its parameters are templates of the fire time.
    request: RunRequest
    paused: bool = False
    #: The time of the next fire, and when it is to be (with its jitter); None while it is paused, and after the last.
    next_fire: Optional[int] = None
    due_at: Optional[float] = None
    created_at: float = 0.0
    updated_at: float = 0.0
    #: The file that it stands in; empty where people made it.
    managed_by: str = ""

    def evolve(self, **changes: Any) -> Schedule:
        """The same with some changes."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Fire:
    """One fire of a schedule, or several that were missed in a row: the newest of them and how many."""

    schedule: str
    fire_time: int
    state: FireState
    #: Why it waits, was skipped or missed, or was refused, in one line.
    reason: str = ""
    run_id: Optional[str] = None
    #: When it was recorded.
    recorded_at: float = 0.0
    count: int = field(default=1)
