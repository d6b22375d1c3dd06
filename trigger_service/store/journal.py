"""What happened to runs, in order: changes of state, and what children reported."""

from __future__ import annotations

from collections.abc import Mapping
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


def record(connection: Connection, run_id: str, time: float, kind: str, data: Mapping[str, Any]) -> None:
    """Append something that the service itself did or decided."""
    connection.execute(_INSERT, {"run_id": run_id, "time": time, "kind": kind, "data": data})


def after(connection: Connection, run_id: str, row_id: int, limit: int) -> list[JournalRow]:
    """Up to `limit` rows of a run after the one with id `row_id`, in order."""
    rows = connection.execute(_AFTER, {"run_id": run_id, "row_id": row_id, "limit": limit})
    return [JournalRow(**row._mapping) for row in rows]
