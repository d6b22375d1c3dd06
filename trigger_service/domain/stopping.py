"""How a child that has to stop is made to, and when. Pure."""

from __future__ import annotations

from typing import Literal, Optional

from trigger_service.domain.run import Attempt, Run

#: What is done to a child, in order of severity: SIGINT, SIGTERM to its group, SIGKILL to its group.
Force = Literal["interrupt", "terminate", "kill"]
FORCES = ("interrupt", "terminate", "kill")


def force(elapsed_s: float, grace_s: float) -> Force:
    """What a child deserves that should have stopped `elapsed_s` seconds ago."""
    if elapsed_s < grace_s:
        return "interrupt"
    return "terminate" if elapsed_s < 2 * grace_s else "kill"


def deadline(run: Run, attempt: Attempt) -> Optional[float]:
    """When the attempt's time is up (seconds since the epoch); None where the run has no timeout."""
    return None if run.timeout_s is None else attempt.started_at + run.timeout_s


def stop_since(run: Run, attempt: Attempt, now: float) -> Optional[float]:
    """Since when the attempt's child should have stopped: it was cancelled, or its time is up; None if it may go on."""
    reasons = []
    if run.cancel_requested_at is not None:
        reasons.append(run.cancel_requested_at)
    end = deadline(run, attempt)
    if end is not None and now >= end:
        reasons.append(end)
    return min(reasons) if reasons else None


def next_step(since: Optional[float], end: Optional[float], now: float, grace_s: float) -> Optional[float]:
    """When there is something to do next about stopping a child (seconds since the epoch); None for never."""
    if since is None:
        return end
    later = [step for step in (since, since + grace_s, since + 2 * grace_s) if step > now]
    return later[0] if later else None
