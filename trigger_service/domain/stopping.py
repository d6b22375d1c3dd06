"""How a child that has to stop is made to, and when. Pure."""

from __future__ import annotations

from typing import Literal, Optional

from trigger_service.domain.run import Attempt, Run

#: What is done to a child, in order of severity: SIGINT, SIGTERM to its group, SIGKILL to its group.
Force = Literal["interrupt", "terminate", "kill"]


def force(elapsed_s: float, grace_s: float) -> Force:
    """What a child deserves that should have stopped `elapsed_s` seconds ago."""
    if elapsed_s < grace_s:
        return "interrupt"
    return "terminate" if elapsed_s < 2 * grace_s else "kill"


def deadline(run: Run, attempt: Attempt) -> Optional[float]:
    """When the attempt's time is up (seconds since the epoch); None where the run has no timeout."""
    return None if run.timeout_s is None else attempt.started_at + run.timeout_s


def is_overdue(run: Run, attempt: Attempt, now: float) -> bool:
    """Whether the attempt's time is up and nothing has been done about it yet."""
    end = deadline(run, attempt)
    return end is not None and now >= end and run.state in ("starting", "running")


def stop_since(run: Run, attempt: Attempt) -> Optional[float]:
    """Since when the attempt's child should have stopped (seconds since the epoch); None while it may go on.

    A run that is cancelling without having been cancelled by anybody ran out of time.
    """
    if run.state != "cancelling":
        return None
    return run.cancel_requested_at if run.cancel_requested_at is not None else deadline(run, attempt)


def next_step(run: Run, attempt: Attempt, now: float, grace_s: float) -> Optional[float]:
    """When there is something to do next about stopping a child (seconds since the epoch); None for never."""
    since = stop_since(run, attempt)
    if since is None:
        return deadline(run, attempt)
    return next((step for step in (since + grace_s, since + 2 * grace_s) if step > now), None)
