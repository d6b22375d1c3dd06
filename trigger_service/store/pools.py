"""The table of pools whose slots were set while the service ran."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from trigger_service.domain.run import FINAL
from trigger_service.store.tables import pools, runs


def resized(connection: Connection) -> dict[str, int]:
    """Slots by pool."""
    return {row.name: row.slots for row in connection.execute(select(pools))}


def resize(connection: Connection, name: str, slots: int) -> None:
    """Set the slots of a pool, which may be new."""
    row = insert(pools).values(name=name, slots=slots)
    connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={"slots": slots}))


def forget(connection: Connection, name: str) -> None:
    """Forget that the slots of a pool were set."""
    connection.execute(delete(pools).where(pools.c.name == name))


def in_use(connection: Connection, name: str) -> str | None:
    """The id of a run that is not final and names the pool; None for none."""
    rows = connection.execute(select(runs.c.id, runs.c.pools).where(runs.c.state.not_in(FINAL)))
    return next((row.id for row in rows if name in row.pools), None)
