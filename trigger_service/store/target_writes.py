"""Writes of targets: recorded as they are told, the newest of each URL known as such; and deleted with their runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, bindparam, delete, exists, func, insert, select, true, update

from trigger_service.domain.target_writes import TargetWrite
from trigger_service.store.tables import runs
from trigger_service.store.target_tables import target_inputs, target_writes

#: URLs, or ids, in one statement, well below SQLite's limit of variables.
_CHUNK = 500
#: Writes of a large run that are deleted in one transaction: each may have many inputs.
_THINNED = 100
#: Targets that are known though the run that wrote them is gone.
MOST_TARGETS = 1_000_000
#: In the words of the index of the newest.
IS_CURRENT = target_writes.c.current == true()
_INSERT, _INSERT_INPUT = insert(target_writes), insert(target_inputs)
_LAST_ID = select(func.coalesce(func.max(target_writes.c.id), 0))
_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_CURRENT = select(target_writes.c.id, target_writes.c.url, target_writes.c.time).where(
    target_writes.c.url.in_(bindparam("urls", expanding=True)), IS_CURRENT
)
_SUPERSEDE = update(target_writes).where(target_writes.c.id.in_(_IDS)).values(current=False)
_IS_ORPHAN = ~exists().where(runs.c.id == target_writes.c.run_id)
_DROP_ORPHANS = delete(target_writes).where(target_writes.c.id.in_(_IDS), _IS_ORPHAN)


def record(connection: Connection, writes: Sequence[TargetWrite]) -> None:
    """Store writes, in the order in which they were told. The newest of each URL by its time is the current one."""
    if not writes:
        return
    newest: dict[str, int] = {}
    for number, write in enumerate(writes):
        if write.url not in newest or write.time >= writes[newest[write.url]].time:
            newest[write.url] = number
    _supersede(connection, {url: writes[number].time for url, number in newest.items()}, newest)
    first = connection.execute(_LAST_ID).scalar_one() + 1
    rows = [
        {**_to_row(write), "id": first + number, "current": newest.get(write.url) == number}
        for number, write in enumerate(writes)
    ]
    connection.execute(_INSERT, rows)
    inputs = [
        {"write_id": first + number, "url": source.url, "version": source.version}
        for number, write in enumerate(writes)
        for source in write.inputs
    ]
    if inputs:
        connection.execute(_INSERT_INPUT, inputs)


def _supersede(connection: Connection, times: dict[str, float], newest: dict[str, int]) -> None:
    """Have what is known of these URLs step back; drops those from `newest` of which something newer is known."""
    superseded: list[int] = []
    for urls in _chunks(list(times)):
        for row in connection.execute(_CURRENT, {"urls": urls}):
            if row.time <= times[row.url]:
                superseded.append(row.id)
            else:
                del newest[row.url]
    for ids in _chunks(superseded):
        connection.execute(_SUPERSEDE, {"ids": ids})
        connection.execute(_DROP_ORPHANS, {"ids": ids})


def thin(connection: Connection, run_id: str) -> int:
    """Delete some of the writes of a run that are not the newest of their URLs; gives how many."""
    which = (target_writes.c.run_id == run_id, ~IS_CURRENT)
    some = select(target_writes.c.id).where(*which).limit(_THINNED)
    return connection.execute(delete(target_writes).where(target_writes.c.id.in_(some))).rowcount


def remove(connection: Connection, run_ids: Collection[str]) -> None:
    """Delete the writes of runs that are deleted, but for those that are the newest of their URLs."""
    which = (target_writes.c.run_id.in_(list(run_ids)), ~IS_CURRENT)
    connection.execute(delete(target_writes).where(*which))


def forget(connection: Connection, most: int = MOST_TARGETS) -> bool:
    """Delete some of the oldest targets whose runs are gone, where more than `most` are known; whether to go on."""
    known = connection.execute(select(func.count()).where(IS_CURRENT)).scalar_one()
    if known <= most:
        return False
    oldest = select(target_writes.c.id).where(IS_CURRENT, _IS_ORPHAN).order_by(target_writes.c.id)
    some = oldest.limit(min(known - most, _THINNED))
    return connection.execute(delete(target_writes).where(target_writes.c.id.in_(some))).rowcount == _THINNED


def _to_row(write: TargetWrite) -> dict[str, Any]:
    row = {name: getattr(write, name) for name in _COLUMNS}
    return {**row, "parameters": dict(write.parameters)}


def from_row(row: Row[Any], but: Collection[str] = ()) -> TargetWrite:
    """The write in a row that may have columns `but` its own; its inputs are another question."""
    return TargetWrite(**{name: value for name, value in row._mapping.items() if name not in but})


_COLUMNS = tuple(column.name for column in target_writes.c if column.name not in ("id", "current"))


def _chunks(items: Sequence[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(items), _CHUNK):
        yield list(items[start : start + _CHUNK])
