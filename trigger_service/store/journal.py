"""What happened to runs, in order: changes of state, and what children reported."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, select

from trigger_service.domain.queries import JournalRow
from trigger_service.store.tables import journal

_INSERT = journal.insert()
_AFTER = (
    select(journal.c.id, journal.c.time, journal.c.kind, journal.c.task, journal.c.data)
    .where(journal.c.run_id == bindparam("run_id"), journal.c.id > bindparam("row_id"))
    .order_by(journal.c.id)
    .limit(bindparam("limit"))
)


_STATES = (
    select(journal.c.id, journal.c.time, journal.c.kind, journal.c.task, journal.c.data)
    .where(journal.c.run_id == bindparam("run_id"), journal.c.kind.in_(("state", "note")))
    .order_by(journal.c.id.desc())
    .limit(bindparam("limit"))
)
_TRIES = (
    select(journal.c.id, journal.c.time, journal.c.kind, journal.c.task, journal.c.data)
    .where(journal.c.run_id == bindparam("run_id"), journal.c.attempt == bindparam("attempt"))
    .where(journal.c.kind.in_(("began", "ended")), journal.c.task.in_(bindparam("tasks", expanding=True)))
    .order_by(journal.c.id)
    .limit(bindparam("limit"))
)


def record(connection: Connection, run_id: str, time: float, kind: str, data: Mapping[str, Any]) -> None:
    """Append something that the service itself did or decided."""
    connection.execute(_INSERT, {"run_id": run_id, "time": time, "kind": kind, "data": data})


def after(connection: Connection, run_id: str, row_id: int, limit: int) -> list[JournalRow]:
    """Up to `limit` rows of a run after the one with id `row_id`, in order."""
    rows = connection.execute(_AFTER, {"run_id": run_id, "row_id": row_id, "limit": limit})
    return [JournalRow(**row._mapping) for row in rows]


def states(connection: Connection, run_id: str, limit: int) -> list[JournalRow]:
    """The newest changes of a run's state and notes about it, newest first."""
    return [JournalRow(**row._mapping) for row in connection.execute(_STATES, {"run_id": run_id, "limit": limit})]


def tries(connection: Connection, run_id: str, attempt: int, tasks: Collection[str], limit: int) -> list[JournalRow]:
    """When these tasks of an attempt began and ended, in order, at most so many rows."""
    asked = {"run_id": run_id, "attempt": attempt, "tasks": list(tasks), "limit": limit}
    return [JournalRow(**row._mapping) for row in connection.execute(_TRIES, asked)]
