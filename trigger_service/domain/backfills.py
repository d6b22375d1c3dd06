"""A backfill: one pipeline for many values of one parameter, so many runs at a time; each value is a part of it.

A part is `complete` (before it began), or goes `waiting -> started | skipped | failed | cancelled`; a started one ends
as its run does. A retry makes those that did not succeed wait again.
"""

from __future__ import annotations

import heapq
from dataclasses import asdict, dataclass, replace
from typing import Any, Dict, Literal, Mapping, Optional, Sequence, Tuple

from trigger_service.domain.run import RunRequest

Order = Literal["oldest", "newest"]
#: What somebody wants of it; whether it is finished follows from its parts.
Wish = Literal["running", "paused", "cancelled"]
BackfillState = Literal["running", "paused", "cancelled", "finished"]
#: `started` has a run that has not ended; `skipped` and `failed` may also be said by the service: there is no run then.
PartState = Literal["complete", "waiting", "started", "succeeded", "failed", "cancelled", "skipped"]
PART_STATES: Tuple[PartState, ...] = (
    "complete",
    "waiting",
    "started",
    "succeeded",
    "failed",
    "cancelled",
    "skipped",
)
#: What a retry makes wait again.
UNDONE: Tuple[PartState, ...] = ("failed", "cancelled", "skipped")
#: The most runs of one backfill at a time.
MOST_PARALLEL = 1000


@dataclass(frozen=True)
class Backfill:
    """What was asked for. Times are seconds since the epoch."""

    id: str
    #: Without a value of `parameter`.
    request: RunRequest
    parameter: str
    order: Order
    #: How many of its runs may be live, or queued, at a time.
    parallel: int
    wish: Wish
    #: Who asked for it.
    actor: str
    created_at: float
    updated_at: float

    def evolve(self, **changes: Any) -> Backfill:
        """The same with some changes."""
        return replace(self, **changes)

    def request_for(self, value: Any) -> RunRequest:
        """What is asked for by the part of a value."""
        return replace(self.request, parameters={**self.request.parameters, self.parameter: value})

    def told(self) -> Dict[str, Any]:
        """What the record of changes says of it."""
        request = {**asdict(self.request), "pools": list(self.request.pools)}
        wanted = {"parameter": self.parameter, "order": self.order}
        return {**wanted, **self.changeable(), "request": request}

    def changeable(self) -> Dict[str, Any]:
        """What of it can be changed."""
        return {"state": self.wish, "parallel": self.parallel}


@dataclass(frozen=True)
class Part:
    """One value of a backfill."""

    backfill: str
    #: Of the value in the range, or in the list, from 0.
    position: int
    #: JSON, as the parameter's own class writes it.
    value: Any
    state: PartState
    #: Why it waits, was skipped or has failed, in one line.
    reason: str = ""
    #: Of the newest try.
    run_id: Optional[str] = None
    #: How often it was started, or refused.
    tries: int = 0


@dataclass(frozen=True)
class Overview:
    """A backfill, and how far it is."""

    backfill: Backfill
    counts: Mapping[PartState, int]
    #: When it can be expected to be through; None where that cannot be told, or it does not go on.
    expected_end: Optional[float] = None

    @property
    def state(self) -> BackfillState:
        """What it does."""
        if self.backfill.wish == "cancelled":
            return "cancelled"
        return self.backfill.wish if self.counts["waiting"] or self.counts["started"] else "finished"


def expected_end(
    now: float, waiting: int, live_since: Sequence[float], parallel: int, durations: Sequence[float]
) -> Optional[float]:
    """When the last part will have ended, if each takes as long as those of before took on average.

    `live_since`: when each run that is not over began. None without any duration. Times and durations in seconds.
    """
    if not durations:
        return None
    took = sum(durations) / len(durations)
    free = [max(now, since + took) for since in live_since]
    free += [now] * (parallel - len(free))
    # of more live runs than there may be now the first that end make no room
    places = sorted(free)[-parallel:]
    last = max(free)
    heapq.heapify(places)
    for _ in range(waiting):
        end = places[0] + took
        heapq.heapreplace(places, end)
        last = max(last, end)
    return last
