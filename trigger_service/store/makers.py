"""Which tasks have built, or read, targets: the catalogue of targets as `domain/closure.py` asks it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, select, tuple_

from trigger_service.domain.closure import Maker
from trigger_service.domain.place import Place
from trigger_service.domain.run import LIVE
from trigger_service.store.tables import runs, tasks
from trigger_service.store.target_tables import target_inputs, target_writes
from trigger_service.store.target_writes import IS_CURRENT

#: Names in one statement, well below SQLite's limit of variables.
_CHUNK = 500
_NAMES: BindParameter[str] = bindparam("names", expanding=True)
_TASK = (target_writes.c.run_id, target_writes.c.task_id)
_BUILT = select(*_TASK).where(target_writes.c.url.in_(_NAMES), IS_CURRENT)
_READ = (
    select(*_TASK).join_from(target_inputs, target_writes).where(target_inputs.c.url.in_(_NAMES), IS_CURRENT).distinct()
)
_WRITES = select(target_writes).where(target_writes.c.run_id.in_(_NAMES), IS_CURRENT)
_INPUTS = select(target_inputs.c.write_id, target_inputs.c.url).where(
    target_inputs.c.write_id.in_(bindparam("names", expanding=True))
)


class Makers:
    """The tasks that have written what is there now, in one reading."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, urls: Collection[str]) -> list[Maker]:
        """Those that have built any of these."""
        return self._whole(_BUILT, urls)

    def readers(self, urls: Collection[str]) -> list[Maker]:
        """Those that have built something from any of these."""
        return self._whole(_READ, urls)

    def _whole(self, statement: Any, urls: Collection[str]) -> list[Maker]:
        """Each with all that it has built, and read, in the run that is found."""
        found = {tuple(row) for names in _chunks(urls) for row in self._connection.execute(statement, {"names": names})}
        run_ids = sorted({run_id for run_id, _ in found})
        writes = [row for names in _chunks(run_ids) for row in self._connection.execute(_WRITES, {"names": names})]
        wanted = [row for row in writes if (row.run_id, row.task_id) in found]
        inputs = self._inputs([row.id for row in wanted])
        groups: dict[tuple[Place, str], list[Any]] = {}
        for row in wanted:
            groups.setdefault((Place(row.location, row.environment), row.task_id), []).append(row)
        return [_maker(place, rows, inputs) for (place, _), rows in groups.items()]

    def _inputs(self, ids: Collection[int]) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for names in _chunks(ids):
            for write_id, url in self._connection.execute(_INPUTS, {"names": names}):
                found.setdefault(write_id, []).append(url)
        return found


def users(connection: Connection, makers: Iterable[tuple[Place, str]]) -> list[tuple[str, str]]:
    """Of the live runs that have any of these tasks in their trees: id and state, oldest first."""
    wanted = select(runs.c.id, runs.c.state, runs.c.location, runs.c.environment, runs.c.task_id, runs.c.attempt)
    live = list(connection.execute(wanted.where(runs.c.state.in_(LIVE)).order_by(runs.c.created_at, runs.c.id)))
    by_place: dict[Place, set[str]] = {}
    for place, task_id in makers:
        by_place.setdefault(place, set()).add(task_id)
    found = []
    for run in live:
        task_ids = by_place.get(Place(run.location, run.environment), set())
        if run.task_id in task_ids or _has_any(connection, run.id, run.attempt, task_ids):
            found.append((run.id, run.state))
    return found


def _has_any(connection: Connection, run_id: str, attempt: int, task_ids: Collection[str]) -> bool:
    for names in _chunks(task_ids):
        keys = [(run_id, attempt, name) for name in names]
        wanted = select(tasks.c.id).where(tuple_(tasks.c.run_id, tasks.c.attempt, tasks.c.task_id).in_(keys)).limit(1)
        if connection.execute(wanted).first() is not None:
            return True
    return False


def _maker(place: Place, rows: list[Any], inputs: dict[int, list[str]]) -> Maker:
    first = rows[0]
    return Maker(
        place,
        first.module,
        first.task_id,
        first.family,
        first.parameters,
        outputs=tuple(dict.fromkeys(row.url for row in rows)),
        inputs=tuple(dict.fromkeys(url for row in rows for url in inputs.get(row.id, ()))),
    )


def _chunks(items: Collection[Any]) -> Iterator[list[Any]]:
    found = list(items)
    for start in range(0, len(found), _CHUNK):
        yield found[start : start + _CHUNK]
