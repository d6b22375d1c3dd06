"""What the end of an attempt means for its run. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from trigger_service.domain.run import Attempt, AttemptState, Run, RunError, RunState
from trigger_service.domain.spec import ExitReport


@dataclass(frozen=True)
class Ending:
    """The run's next state, one line that says why, and what else is known."""

    state: RunState
    attempt_state: AttemptState
    reason: str = ""
    error: Optional[RunError] = None
    verified: Optional[bool] = None


def ending(run: Run, attempt: Attempt, report: ExitReport, lost_before: int) -> Ending:
    """Judge how a live run goes on after `attempt` ended with `report`; `lost_before` attempts were lost earlier."""
    if report.outcome == "succeeded":
        return Ending("succeeded", "ended", verified=report.verified)
    attempt_state: AttemptState = "lost" if report.outcome == "lost" else "ended"
    stopped = _stopped(run, attempt_state)
    if stopped is not None:
        return stopped
    if report.outcome == "lost":
        return _after_loss(run, attempt, report, lost_before + 1)
    if report.outcome == "cancelled":
        reason = "interrupted, and not by this service"
        return Ending("failed", attempt_state, reason, report.error or RunError("Interrupted", reason))
    return Ending("failed", attempt_state, _first_line(report.error), report.error)


def never_started(run: Run, reason: str) -> Ending:
    """How a live run goes on whose child has not started, by no fault but ours: it counts as no loss."""
    stopped = _stopped(run, "ended")
    return stopped or Ending("queued", "ended", reason)


def launch_failed(run: Run, reason: str) -> Ending:
    """How a live run ends whose child cannot be started."""
    stopped = _stopped(run, "ended")
    return stopped or Ending("failed", "ended", reason, RunError("LaunchFailed", reason))


def _stopped(run: Run, attempt_state: AttemptState) -> Optional[Ending]:
    """The end of a run that was being stopped; None for any other."""
    if run.state != "cancelling":
        return None
    if run.cancel_requested_at is not None:
        return Ending("cancelled", attempt_state, run.reason)
    return Ending("failed", attempt_state, run.reason, RunError("Timeout", run.reason))


def _after_loss(run: Run, attempt: Attempt, report: ExitReport, lost: int) -> Ending:
    why = _first_line(report.error) or "nothing is known of its end"
    if lost < run.max_attempts:
        return Ending("queued", "lost", f"attempt {attempt.number} was lost ({why}); starts again")
    reason = f"attempt {attempt.number} was lost: {why}"
    return Ending("failed", "lost", reason, report.error or RunError("AttemptLost", reason))


def _first_line(error: Optional[RunError]) -> str:
    if error is None:
        return ""
    lines = error.message.strip().splitlines()
    return lines[0][:500] if lines else error.type


def timeout_reason(run: Run) -> str:
    """The line that a run bears from the moment its time is up."""
    return f"timed out after {run.timeout_s:g} s"
