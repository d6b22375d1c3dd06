"""Takes in what children report: exactly once, whatever is killed meanwhile."""

from __future__ import annotations

import heapq
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.sqlite import insert

from trigger_service.domain import target_writes as write_rules
from trigger_service.domain import tasks as task_rules
from trigger_service.domain.events import EventBatch, RunEvent, code_of
from trigger_service.domain.failpoints import fail_point
from trigger_service.domain.run import TaskExecution
from trigger_service.store import executions, runs, target_writes
from trigger_service.store.tables import journal, offsets

log = logging.getLogger(__name__)

#: Not in the journal. Of progress, the last says all, and stands in the task's row; writes have a table of their own.
_UNRECORDED = frozenset({"progress", "written"})
_RECORD = journal.insert()
_OFFSETS = select(offsets.c.writer, offsets.c.next).where(
    offsets.c.run_id == bindparam("run_id"), offsets.c.attempt == bindparam("attempt")
)
_INSERT = insert(offsets)
_MOVE = _INSERT.on_conflict_do_update(
    index_elements=("run_id", "attempt", "writer"), set_={"next": _INSERT.excluded.next}
)


def read_offsets(connection: Connection, run_id: str, attempt: int) -> dict[int, int]:
    """How far each writer's events have been ingested, in bytes."""
    return {row.writer: row.next for row in connection.execute(_OFFSETS, {"run_id": run_id, "attempt": attempt})}


def ingest(connection: Connection, run_id: str, batches: Sequence[EventBatch]) -> int:
    """Store what was read of one attempt of a run; gives the number of events that were new.

    The offsets move in the same transaction, and events before them are skipped: ingested twice is ingested once,
    whatever is killed in between.
    """
    fresh = [batch for batch in batches if batch.next_offset > 0]
    if not fresh:
        return 0
    attempt = fresh[0].attempt
    known = read_offsets(connection, run_id, attempt)
    events = list(_in_order(fresh, known))
    tasks = _apply(connection, run_id, attempt, [event for _, _, event in events])
    _record_writes(connection, run_id, tasks, [event for _, _, event in events])
    fail_point("in the middle of an ingest")
    _store(connection, run_id, attempt, events)
    _move(connection, run_id, [batch for batch in fresh if batch.next_offset > known.get(batch.writer, 0)])
    return len(events)


def _in_order(batches: Iterable[EventBatch], known: Mapping[int, int]) -> Iterator[tuple[int, int, RunEvent]]:
    """Writer, sequence number and event of all that are new: by time, and each writer's in its own order."""
    streams = [
        [(batch.writer, seq, event) for seq, event in batch.events if seq >= known.get(batch.writer, 0)]
        for batch in batches
    ]
    return heapq.merge(*streams, key=lambda entry: entry[2].time)


def _apply(
    connection: Connection, run_id: str, attempt: int, events: Sequence[RunEvent]
) -> Mapping[str, TaskExecution]:
    """Store what the events make of the tasks that they are about; gives these."""
    touched = {event.task for event in events if event.task is not None}
    if not touched:
        return {}
    before = executions.known(connection, run_id, attempt, touched)
    now: dict[str, TaskExecution] = dict(before)
    for event in events:
        if event.task is not None:
            now[event.task] = _after(now.get(event.task), event, run_id, attempt)
    executions.upsert(connection, (task for task in now.values() if before.get(task.task_id) != task))
    runs.set_progress(connection, run_id, task_rules.progress(executions.counts(connection, run_id, attempt)))
    return now


def _record_writes(
    connection: Connection, run_id: str, tasks: Mapping[str, TaskExecution], events: Sequence[RunEvent]
) -> None:
    told = [event for event in events if event.kind == "written" and event.task is not None]
    if not told:
        return
    run = runs.get(connection, run_id)
    code = {"code_fingerprint": run.code_fingerprint, "code_commit": run.code_commit, "code_dirty": run.code_dirty}
    for started in (event for event in events if event.kind == "started"):  # which the run's row does not have yet
        code.update(code_of(started.data))
    found = [write_rules.told(event, tasks[event.task or ""], run, code) for event in told]
    target_writes.record(connection, [write for write in found if write is not None])


def _after(task: TaskExecution | None, event: RunEvent, run_id: str, attempt: int) -> TaskExecution:
    """The task after the event; an event that makes no sense changes nothing, so that it cannot hold up the others."""
    try:
        changed = task_rules.apply(task, event, run_id, attempt)
    except (KeyError, TypeError, ValueError, AttributeError):
        log.warning("event without sense", extra={"action": "event_ignored", "run_id": run_id, "kind": event.kind})
        changed = task
    return changed or TaskExecution(run_id, attempt, event.task or "", "", "unknown")


def _store(connection: Connection, run_id: str, attempt: int, events: Iterable[tuple[int, int, RunEvent]]) -> None:
    rows = [
        {
            "run_id": run_id,
            "attempt": attempt,
            "writer": writer,
            "seq": seq,
            "time": event.time,
            "kind": event.kind,
            "task": event.task,
            "data": _told(event),
        }
        for writer, seq, event in events
        if event.kind not in _UNRECORDED
    ]
    if rows:
        connection.execute(_RECORD, rows)


def _told(event: RunEvent) -> Mapping[str, Any]:
    """The data to keep; what a discovery says in full stands in the task's row."""
    if event.kind == "discovered" and isinstance(event.data, dict):
        return {name: event.data[name] for name in ("family", "status") if name in event.data}
    return event.data


def _move(connection: Connection, run_id: str, batches: Sequence[EventBatch]) -> None:
    rows = [
        {"run_id": run_id, "attempt": batch.attempt, "writer": batch.writer, "next": batch.next_offset}
        for batch in batches
    ]
    if rows:
        connection.execute(_MOVE, rows)
