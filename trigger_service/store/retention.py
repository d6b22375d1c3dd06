"""Takes runs of the past out of the database, and gives the room they took back to the disk."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    Row,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    tuple_,
)

from trigger_service.domain.retention import EndedRun
from trigger_service.domain.run import FINAL
from trigger_service.store import target_writes
from trigger_service.store.engine import Database
from trigger_service.store.idempotency import KEPT_S
from trigger_service.store.tables import attempts, idempotency, journal, labels, offsets, runs, tasks

#: Rows of the tables below that are deleted in one transaction, and pages that are given back in one: what holds up
#: a request for a few milliseconds.
ROWS = 2_000
_PAGES = 256
#: Runs read at a time.
_PAGE = 500
#: The tables that have most of the rows of a run.
_LARGE = (journal, tasks)

_retries = runs.alias("retries")


def _needed(now: ColumnElement[float]) -> ColumnElement[bool]:
    """Whether a run cannot go yet, besides not having ended."""
    return or_(
        exists().where(_retries.c.retry_of == runs.c.id),
        exists().where(and_(idempotency.c.run_id == runs.c.id, idempotency.c.created_at > now - KEPT_S)),
        exists().where(and_(attempts.c.run_id == runs.c.id, attempts.c.buried.is_(False))),
    )


_NOW = bindparam("now", type_=Float())
_ENDED = (
    select(
        runs.c.id,
        runs.c.pipeline,
        runs.c.created_at,
        func.coalesce(runs.c.finished_at, runs.c.created_at).label("finished_at"),
        runs.c.tasks_total.label("tasks"),
        _needed(_NOW).label("needed"),
    )
    .where(runs.c.state.in_(FINAL))
    .where(tuple_(runs.c.created_at, runs.c.id) > tuple_(bindparam("created_at"), bindparam("id")))
    .order_by(runs.c.created_at, runs.c.id)
    .limit(_PAGE)
)
_REMOVABLE = select(runs.c.id).where(
    runs.c.id.in_(bindparam("ids", expanding=True)), runs.c.state.in_(FINAL), ~_needed(_NOW)
)
_COUNTS = select(runs.c.pipeline, func.count()).where(runs.c.state.in_(FINAL)).group_by(runs.c.pipeline)
_UNFINISHED = select(runs.c.id).where(runs.c.state.not_in(FINAL))
_UNBURIED = select(attempts.c.run_id).where(attempts.c.buried.is_(False))
_EXISTING = select(runs.c.id).where(runs.c.id.in_(bindparam("ids", expanding=True)))


def ended(database: Database, now: float) -> Iterator[EndedRun]:
    """All runs that have ended, oldest first; each page of them is a reading of its own."""
    after: dict[str, Any] = {"created_at": 0.0, "id": "", "now": now}
    while True:
        with database.read() as connection:
            page = [_from_row(row) for row in connection.execute(_ENDED, after)]
        yield from page
        if len(page) < _PAGE:
            return
        after.update(created_at=page[-1].created_at, id=page[-1].id)


def counts(connection: Connection) -> dict[str, int]:
    """How many runs have ended, by pipeline."""
    return {row[0]: row[1] for row in connection.execute(_COUNTS)}


def unfinished(connection: Connection) -> set[str]:
    """The ids of runs whose folders may still grow."""
    return {*connection.execute(_UNFINISHED).scalars(), *connection.execute(_UNBURIED).scalars()}


def existing(connection: Connection, ids: Collection[str]) -> set[str]:
    """Those of `ids` that are runs."""
    return set(connection.execute(_EXISTING, {"ids": list(ids)}).scalars())


def thin(connection: Connection, run_id: str, now: float) -> bool:
    """Delete up to `ROWS` of a large run's rows, unless somebody needs it; whether there may be more."""
    if not connection.execute(_REMOVABLE, {"ids": [run_id], "now": now}).first():
        return False
    left = ROWS
    for table in _LARGE:
        some = select(table.c.id).where(table.c.run_id == run_id).limit(left)
        left -= connection.execute(delete(table).where(table.c.id.in_(some))).rowcount
    return left <= 0 or target_writes.thin(connection, run_id) > 0


def remove(connection: Connection, ids: Collection[str], now: float) -> None:
    """Delete these runs with all that is known of them, as far as nobody needs them."""
    removable = connection.execute(_REMOVABLE, {"ids": list(ids), "now": now}).scalars().all()
    for table in (*_LARGE, labels, attempts, offsets, idempotency):
        _delete(connection, table, table.c.run_id, removable)
    target_writes.remove(connection, removable)
    _delete(connection, runs, runs.c.id, removable)


def give_back(connection: Connection) -> bool:
    """Give some unused pages at the end of the file back to the disk; whether there are more."""
    # by the driver: each row that it fetches is a page, and SQLAlchemy fetches none where there are no columns
    connection.connection.cursor().execute(f"PRAGMA incremental_vacuum({_PAGES})").fetchall()
    automatic = connection.execute(text("PRAGMA auto_vacuum")).scalar_one() == 2
    return automatic and bool(connection.execute(text("PRAGMA freelist_count")).scalar_one())


def size(path: Path) -> int:
    """Bytes that the database takes on the disk, with the files beside it."""
    total = 0
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        with suppress(FileNotFoundError):
            total += path.with_name(name).stat().st_blocks * 512
    return total


def _delete(connection: Connection, table: Table, column: ColumnElement[str], ids: Collection[str]) -> None:
    connection.execute(delete(table).where(column.in_(list(ids))))


def _from_row(row: Row[Any]) -> EndedRun:
    return EndedRun(**{**row._mapping, "needed": bool(row.needed)})
