"""What happened to runs, in order: changes of state, and what children reported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from trigger_service.domain.queries import JournalRow
from trigger_service.store.tables import journal


def record(connection: Connection, run_id: str, time: float, kind: str, data: Mapping[str, Any]) -> None:
    """Append something that the service itself did or decided."""
    connection.execute(journal.insert(), {"run_id": run_id, "time": time, "kind": kind, "data": data})


def after(connection: Connection, run_id: str, row_id: int, limit: int) -> list[JournalRow]:
    """Up to `limit` rows of a run after the one with id `row_id`, in order."""
    columns = (journal.c.id, journal.c.time, journal.c.kind, journal.c.task, journal.c.data)
    wanted = select(*columns).where(journal.c.run_id == run_id, journal.c.id > row_id).order_by(journal.c.id)
    return [JournalRow(**row._mapping) for row in connection.execute(wanted.limit(limit))]
