"""Runs that became final, in that order, and how far each follower of them has read.

A follower reads what comes after its cursor, stores what follows from it and advances, in one transaction: so each
ending counts once for it, whatever is killed meanwhile, and with any number of processes.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from trigger_service.domain.run import RunState
from trigger_service.store.sensor_tables import cursors, endings

_INSERT = endings.insert()
_AFTER = select(endings).where(endings.c.id > bindparam("position")).order_by(endings.c.id).limit(bindparam("limit"))
_POSITION = select(cursors.c.position).where(cursors.c.name == bindparam("of_name"))


@dataclass(frozen=True)
class Ending:
    """A run that became final."""

    id: int
    run_id: str
    state: RunState
    #: Seconds since the epoch.
    time: float


def record(connection: Connection, run_id: str, state: RunState, time: float) -> None:
    """Store that a run has become final, in the transaction that makes it so."""
    connection.execute(_INSERT, {"run_id": run_id, "state": state, "time": time})


def follow(connection: Connection, name: str, limit: int) -> list[Ending]:
    """Up to `limit` endings after the cursor of a follower, in order. One that is new begins with those to come."""
    begun = position(connection, name)
    if begun is None:
        begin(connection, name)
        return []
    return after(connection, begun, limit)


def position(connection: Connection, name: str) -> int | None:
    """How far a follower has read; None for one that is new."""
    found: int | None = connection.execute(_POSITION, {"of_name": name}).scalar()
    return found


def begin(connection: Connection, name: str) -> None:
    """Have a follower that is new begin with the endings to come."""
    advance(connection, name, newest(connection))


def newest(connection: Connection) -> int:
    """The position after all endings that there are."""
    return connection.execute(select(func.max(endings.c.id))).scalar() or 0


def after(connection: Connection, position: int, limit: int) -> list[Ending]:
    """Up to `limit` endings after a position, in order."""
    rows = connection.execute(_AFTER, {"position": position, "limit": limit})
    return [Ending(**row._mapping) for row in rows]


def advance(connection: Connection, name: str, position: int) -> None:
    """Store how far a follower has read; what all of them have read goes, but for the newest."""
    row = {"name": name, "position": position}
    connection.execute(insert(cursors).values(row).on_conflict_do_update(index_elements=["name"], set_=row))
    connection.execute(delete(endings).where(endings.c.id < select(func.min(cursors.c.position)).scalar_subquery()))
