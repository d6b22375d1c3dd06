"""The tables of file sensors: which files are on record, and how far each sensor has looked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, select, tuple_, update
from sqlalchemy.dialects.sqlite import insert

from trigger_service.domain.files import FileState, KnownFile
from trigger_service.store.sensor_tables import files, scans

_SENSOR = files.c.sensor == bindparam("of_sensor")
_KNOWN = select(files).where(_SENSOR, files.c.path.in_(bindparam("paths", expanding=True)))
_WAITING = select(files.c.path).where(_SENSOR, files.c.state == "new")
_FIRST_WAITING = select(func.min(files.c.path)).where(_SENSOR, files.c.state == "new")
_SETTLED = (
    select(files)
    .where(_SENSOR, files.c.state == "new", files.c.changed_at <= bindparam("until"))
    .order_by(files.c.changed_at, files.c.path)
)
_NEXT_CHANGE = select(func.min(files.c.changed_at)).where(
    _SENSOR, files.c.state == "new", files.c.changed_at > bindparam("after")
)
_TAKE = (
    update(files)
    .where(
        _SENSOR,
        files.c.path == bindparam("of_path"),
        files.c.version == bindparam("of_version"),
        files.c.state == "new",
    )
    .values(state=bindparam("becomes"))
)


@dataclass(frozen=True)
class Progress:
    """How far a sensor has looked: at which inbox, by which pattern, and up to which path where names only grow."""

    url: str
    pattern: str
    #: Every path up to this one has been dealt with; empty for none.
    cursor: str = ""
    #: Whether everything was looked at once.
    whole: bool = False


def known(connection: Connection, sensor: str, paths: Sequence[str]) -> dict[str, KnownFile]:
    """Those of some files that are on record, by path."""
    rows = connection.execute(_KNOWN, {"of_sensor": sensor, "paths": list(paths)})
    return {row.path: _from_row(row) for row in rows}


def put(connection: Connection, sensor: str, found: Iterable[KnownFile]) -> None:
    """Store files in the place of those of the same path."""
    rows = [{"sensor": sensor, **asdict(file)} for file in found]
    if rows:
        statement = insert(files)
        kept = {name: statement.excluded[name] for name in rows[0] if name not in ("sensor", "path")}
        connection.execute(statement.on_conflict_do_update(index_elements=["sensor", "path"], set_=kept), rows)


def waiting(connection: Connection, sensor: str) -> set[str]:
    """The paths of files that are not taken yet."""
    return set(connection.execute(_WAITING, {"of_sensor": sensor}).scalars())


def forget(connection: Connection, sensor: str, paths: Iterable[str]) -> None:
    """Remove files that wait: they have gone."""
    rows = [{"of_sensor": sensor, "of_path": path} for path in paths]
    if rows:
        connection.execute(delete(files).where(_SENSOR, files.c.path == bindparam("of_path")), rows)


def settled(connection: Connection, sensor: str, until: float, after: KnownFile | None, limit: int) -> list[KnownFile]:
    """Up to `limit` files that wait and were not changed after a time, in the order of their changes."""
    wanted = _SETTLED.limit(limit)
    if after is not None:
        wanted = wanted.where(tuple_(files.c.changed_at, files.c.path) > (after.changed_at, after.path))
    return [_from_row(row) for row in connection.execute(wanted, {"of_sensor": sensor, "until": until})]


def next_change(connection: Connection, sensor: str, after: float) -> float | None:
    """When the first of those waiting files was changed that were changed after a time."""
    found: float | None = connection.execute(_NEXT_CHANGE, {"of_sensor": sensor, "after": after}).scalar_one()
    return found


def take(connection: Connection, sensor: str, taken: Iterable[KnownFile], becomes: FileState = "taken") -> int:
    """Mark files that wait as taken; how many of them were still as they are given here."""
    rows = [
        {"of_sensor": sensor, "of_path": file.path, "of_version": file.version, "becomes": becomes} for file in taken
    ]
    return connection.execute(_TAKE, rows).rowcount if rows else 0


def listed(connection: Connection, sensor: str, state: FileState | None, after: str, limit: int) -> list[KnownFile]:
    """Up to `limit` files of a sensor after a path, by path."""
    wanted = select(files).where(_SENSOR, files.c.path > after).order_by(files.c.path).limit(limit)
    if state is not None:
        wanted = wanted.where(files.c.state == state)
    return [_from_row(row) for row in connection.execute(wanted, {"of_sensor": sensor})]


def progress(connection: Connection, sensor: str) -> Progress | None:
    """How far a sensor has looked; None before its first look."""
    row = connection.execute(select(scans).where(scans.c.sensor == sensor)).first()
    return None if row is None else Progress(row.url, row.pattern, row.cursor, row.whole)


def save_progress(connection: Connection, sensor: str, made: Progress) -> None:
    """Store how far a sensor has looked."""
    statement = insert(scans).values(sensor=sensor, **asdict(made))
    connection.execute(statement.on_conflict_do_update(index_elements=["sensor"], set_=asdict(made)))


def clear(connection: Connection, sensor: str) -> None:
    """Remove all files of a sensor: it looks at another place."""
    connection.execute(delete(files).where(files.c.sensor == sensor))


def first_waiting(connection: Connection, sensor: str) -> str | None:
    """The least path of the files that are not taken yet."""
    found: str | None = connection.execute(_FIRST_WAITING, {"of_sensor": sensor}).scalar_one()
    return found


def last_before(connection: Connection, sensor: str, path: str) -> str | None:
    """The greatest path on record that is less than another one."""
    wanted = select(func.max(files.c.path)).where(_SENSOR, files.c.path < path)
    found: str | None = connection.execute(wanted, {"of_sensor": sensor}).scalar_one()
    return found


def _from_row(row: Row[Any]) -> KnownFile:
    return KnownFile(**{name: value for name, value in row._mapping.items() if name != "sensor"})
