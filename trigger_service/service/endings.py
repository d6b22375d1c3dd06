"""Writes down how an attempt ended, and what that means for its run."""

from __future__ import annotations

from sqlalchemy import Connection

from trigger_service.domain import tasks as task_rules
from trigger_service.domain.ending import Ending
from trigger_service.domain.failpoints import fail_point
from trigger_service.domain.run import FINAL, Run, RunState
from trigger_service.store import attempts, executions, runs


def conclude(connection: Connection, run: Run, ending: Ending, *, now: float, actor: str, buried: bool = False) -> Run:
    """End the newest attempt of a live run as `ending` says; `run` has been read in this same transaction.

    `buried` where no child was ever started, so that nothing of it is left to be tidied up.
    """
    fail_point("before the attempt is ended")
    attempts.end(connection, run.id, run.attempt, ending.attempt_state, now=now, reason=ending.reason, buried=buried)
    _abandon_tasks(connection, run, ending, now)
    for before, after in _steps(run.state, ending.state):
        columns = _columns(ending, now) if after == ending.state else {}
        runs.change(
            connection, run.id, before, after, now=now, actor=actor, reason=ending.reason if columns else "", **columns
        )
    fail_point("before the end is committed")
    return runs.get(connection, run.id)


def _abandon_tasks(connection: Connection, run: Run, ending: Ending, now: float) -> None:
    """No task runs on in an attempt that has ended, also where its process could not say so any more."""
    left = executions.running(connection, run.id, run.attempt)
    if not left:
        return
    done = {run.task_id} if ending.state == "succeeded" else set()
    reason = ending.reason or ending.state
    executions.upsert(connection, (task_rules.abandoned(task, task.task_id in done, reason, now) for task in left))
    runs.set_progress(connection, run.id, task_rules.progress(executions.counts(connection, run.id, run.attempt)))


def _steps(before: RunState, after: RunState) -> list[tuple[RunState, RunState]]:
    """A child may be over before anybody saw it run: its run was running all the same."""
    if before == "starting" and after == "succeeded":
        return [("starting", "running"), ("running", "succeeded")]
    return [(before, after)]


def _columns(ending: Ending, now: float) -> dict[str, object]:
    if ending.state not in FINAL:
        return {"finished_at": None}
    error = ending.error.to_json() if ending.error else None
    return {"finished_at": now, "error": error, "verified": ending.verified}
