"""Writes down how an attempt ended, and what that means for its run."""

from __future__ import annotations

from sqlalchemy import Connection

from trigger_service.domain import tasks as task_rules
from trigger_service.domain.ending import Ending
from trigger_service.domain.failpoints import fail_point
from trigger_service.domain.run import FINAL, Run
from trigger_service.store import attempts, executions, runs


def conclude(connection: Connection, run: Run, ending: Ending, *, now: float, actor: str, buried: bool = False) -> Run:
    """End the newest attempt of a live run as `ending` says; `run` has been read in this same transaction.

    `buried` where no child was ever started, so that nothing of it is left to be tidied up.
    """
    fail_point("before the attempt is ended")
    attempts.end(connection, run.id, run.attempt, ending.attempt_state, now=now, reason=ending.reason, buried=buried)
    run = _abandon_tasks(connection, run, ending, now)
    if run.state == "starting" and ending.state == "succeeded":  # over before anybody saw it run
        run = runs.change(connection, run, "running", now=now, actor=actor)
    changes: dict[str, object] = {}
    if ending.state in FINAL:
        changes = {"finished_at": now, "error": ending.error, "verified": ending.verified}
    run = runs.change(connection, run, ending.state, now=now, actor=actor, reason=ending.reason, **changes)
    fail_point("before the end is committed")
    return run


def _abandon_tasks(connection: Connection, run: Run, ending: Ending, now: float) -> Run:
    """No task runs on in an attempt that has ended, also where its process could not say so any more."""
    left = executions.running(connection, run.id, run.attempt)
    if not left:
        return run
    done = {run.task_id} if ending.state == "succeeded" else set()
    reason = ending.reason or ending.state
    executions.upsert(connection, (task_rules.abandoned(task, task.task_id in done, reason, now) for task in left))
    progress = task_rules.progress(executions.counts(connection, run.id, run.attempt))
    runs.set_progress(connection, run.id, progress)
    return run.evolve(progress=progress)
