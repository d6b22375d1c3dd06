"""The tables of operations and their items, and the only place that changes an operation's state."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, select, update

from trigger_service.domain.operations import (
    ACTIVE,
    HOLDING,
    ITEM_STATES,
    Away,
    Item,
    ItemState,
    Operation,
    OperationState,
    Overview,
)
from trigger_service.domain.place import Place
from trigger_service.store.operation_tables import operation_items, operations

#: URLs in one statement, well below SQLite's limit of variables.
_CHUNK = 500
#: Operations that are deleted in one transaction.
_FORGOTTEN = 20
_OF = operation_items.c.operation == bindparam("of_operation")
_ITEMS = select(operation_items).where(_OF).order_by(operation_items.c.position)
_SET_ITEM = (
    update(operation_items)
    .where(_OF, operation_items.c.position == bindparam("at"))
    .values(state=bindparam("new_state"), why=bindparam("new_why"))
)


def insert(connection: Connection, operation: Operation, items: Sequence[Item]) -> None:
    """Store a new operation."""
    connection.execute(operations.insert(), {**asdict(operation), "named": list(operation.named)})
    if items:
        connection.execute(operation_items.insert(), [_item_row(item) for item in items])


def get(connection: Connection, operation_id: str) -> Operation | None:
    """One of them; None for none of this id."""
    row = connection.execute(select(operations).where(operations.c.id == operation_id)).first()
    return None if row is None else _from_row(row)


def change(connection: Connection, before: Operation, state: OperationState, **changes: Any) -> Operation | None:
    """Take an operation from the state in which it was read to another; None where it is in that one no more."""
    after = before.evolve(state=state, **changes)
    values = {"state": state, **changes}
    which = (operations.c.id == before.id, operations.c.state == before.state)
    return after if connection.execute(update(operations).where(*which).values(values)).rowcount == 1 else None


def active(connection: Connection) -> list[Operation]:
    """Those that move targets, oldest first."""
    wanted = select(operations).where(operations.c.state.in_(ACTIVE)).order_by(operations.c.id)
    return [_from_row(row) for row in connection.execute(wanted)]


def expired(connection: Connection, now: float) -> list[Operation]:
    """Those whose trash is to be emptied, oldest first."""
    which = (operations.c.state.in_(HOLDING), operations.c.expires_at <= now)
    return [_from_row(row) for row in connection.execute(select(operations).where(*which).order_by(operations.c.id))]


def forget(connection: Connection, before: float) -> None:
    """Delete some of those that are over, hold nothing, and have not changed since a moment."""
    held = select(operation_items.c.operation).where(operation_items.c.state == "trashed")
    which = (operations.c.state.not_in(ACTIVE), operations.c.updated_at < before, operations.c.id.not_in(held))
    ids = list(connection.execute(select(operations.c.id).where(*which).limit(_FORGOTTEN)).scalars())
    connection.execute(delete(operation_items).where(operation_items.c.operation.in_(ids)))
    connection.execute(delete(operations).where(operations.c.id.in_(ids)))


def listed(
    connection: Connection,
    *,
    states: Collection[OperationState] = (),
    run_id: str | None = None,
    before: str | None = None,
    limit: int,
) -> list[Operation]:
    """Up to `limit` of them, newest first: of these states, of a run (that retries, or is retried), before an id."""
    wanted = select(operations).order_by(operations.c.id.desc()).limit(limit)
    if states:
        wanted = wanted.where(operations.c.state.in_(states))
    if run_id is not None:
        wanted = wanted.where((operations.c.run_id == run_id) | (operations.c.retry_of == run_id))
    if before is not None:
        wanted = wanted.where(operations.c.id < before)
    return [_from_row(row) for row in connection.execute(wanted)]


def overviews(connection: Connection, found: Sequence[Operation]) -> list[Overview]:
    """The operations, each with what its items are."""
    sums = func.coalesce(func.sum(operation_items.c.bytes), 0)
    key = (operation_items.c.operation, operation_items.c.state)
    wanted = select(*key, func.count(), sums).where(operation_items.c.operation.in_([each.id for each in found]))
    counts: dict[str, dict[ItemState, int]] = {each.id: dict.fromkeys(ITEM_STATES, 0) for each in found}
    sizes: dict[str, dict[ItemState, int]] = {each.id: dict.fromkeys(ITEM_STATES, 0) for each in found}
    for operation, state, count, size in connection.execute(wanted.group_by(*key)):
        counts[operation][state], sizes[operation][state] = count, size
    return [Overview(each, counts[each.id], sizes[each.id]) for each in found]


def items(connection: Connection, operation_id: str) -> list[Item]:
    """All items of an operation, in the order in which they were planned."""
    return [_item(row) for row in connection.execute(_ITEMS, {"of_operation": operation_id})]


def page(connection: Connection, operation_id: str, after: int, limit: int) -> list[Item]:
    """Up to `limit` items after a position."""
    wanted = _ITEMS.where(operation_items.c.position > after).limit(limit)
    return [_item(row) for row in connection.execute(wanted, {"of_operation": operation_id})]


def set_items(connection: Connection, operation_id: str, changes: Sequence[tuple[int, ItemState, str]]) -> None:
    """Store what has become of items, by their positions, and why."""
    rows = [{"of_operation": operation_id, "at": at, "new_state": state, "new_why": why} for at, state, why in changes]
    if rows:
        connection.execute(_SET_ITEM, rows)


def moving(connection: Connection, urls: Collection[str]) -> list[str]:
    """Ids of the operations that move any of these targets now, oldest first."""
    found: set[str] = set()
    names = list(urls)
    for start in range(0, len(names), _CHUNK):
        wanted = (
            select(operations.c.id)
            .join(operation_items, operation_items.c.operation == operations.c.id)
            .where(operation_items.c.url.in_(names[start : start + _CHUNK]), operations.c.state.in_(ACTIVE))
        )
        found.update(connection.execute(wanted).scalars())
    return sorted(found)


def away(connection: Connection, urls: Collection[str]) -> dict[str, Away]:
    """By URL, what the newest operation that has moved it into the trash has made of it, where it is still away."""
    found: dict[str, Away] = {}
    names = list(urls)
    key = (operation_items.c.url, operation_items.c.operation, operation_items.c.state, operations.c.created_at)
    for start in range(0, len(names), _CHUNK):
        wanted = (
            select(*key)
            .join(operations, operations.c.id == operation_items.c.operation)
            .where(operation_items.c.url.in_(names[start : start + _CHUNK]))
            .where(operation_items.c.state.in_(("trashed", "purged")))
            .order_by(operation_items.c.operation)
        )
        found.update({row.url: Away(row.operation, row.state, row.created_at) for row in connection.execute(wanted)})
    return found


def _from_row(row: Row[Any]) -> Operation:
    values = dict(row._mapping)
    return Operation(**{**values, "named": tuple(values["named"])})


def _item_row(item: Item) -> dict[str, Any]:
    row = {**item.__dict__, "parameters": dict(item.parameters)}
    place: Place = row.pop("place")
    return {**row, "location": place.location, "environment": place.environment}


def _item(row: Row[Any]) -> Item:
    values = dict(row._mapping)
    return Item(place=Place(values.pop("location"), values.pop("environment")), **values)
