"""The tables of sensors and of their deliveries, and of what a sensor of several pipelines has seen already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import IntegrityError

from trigger_service.domain.errors import SensorNotFound
from trigger_service.domain.run import Run, RunRequest
from trigger_service.domain.sensors import Delivery, DeliveryState, Sensor, SensorKind, source_of
from trigger_service.store.sensor_tables import deliveries, files, joins, scans, sensors

#: Deliveries of a sensor that are kept whatever their age, and the seconds for which all are.
KEPT, KEPT_S = 1000, 7 * 86_400.0
_GET = select(sensors).where(sensors.c.name == bindparam("of_name"))
_LISTED = select(sensors).order_by(sensors.c.name)
_DELIVERY = select(deliveries).where(
    deliveries.c.sensor == bindparam("of_sensor"), deliveries.c.key == bindparam("of_key")
)
_of_one = deliveries.alias("of_one")
_newest = select(func.max(_of_one.c.id)).where(_of_one.c.sensor == sensors.c.name).scalar_subquery()
_of_kind = select(_newest).where(sensors.c.kind == bindparam("of_kind"))
#: The newest delivery of each of a kind: looked up sensor by sensor, for each has very many.
_NEWEST = select(deliveries).where(deliveries.c.id.in_(_of_kind))
_RECORD = insert(deliveries).on_conflict_do_nothing()
_MINE = deliveries.c.sensor == bindparam("of_sensor")
# in so many words, for SQLite to know that the index of those that are pending will do
_IS_PENDING = text("deliveries.state = 'pending'")
_PENDING = select(deliveries).where(_MINE, _IS_PENDING).order_by(deliveries.c.id).limit(bindparam("limit"))
_WAITING = _LISTED.where(
    sensors.c.paused.is_(False),
    select(deliveries.c.id).where(deliveries.c.sensor == sensors.c.name, _IS_PENDING).exists(),
)
_NEWEST_TO_GO = select(deliveries.c.id).where(_MINE).order_by(deliveries.c.id.desc()).offset(KEPT).limit(1)
_DROPPED = 20
#: The oldest few, so that none of very many others is looked at each time that one comes.
_OLDEST = (
    select(deliveries.c.id)
    .where(_MINE, deliveries.c.id <= _NEWEST_TO_GO.scalar_subquery())
    .order_by(deliveries.c.id)
    .limit(_DROPPED)
)
_DROP = delete(deliveries).where(
    deliveries.c.id.in_(_OLDEST), deliveries.c.recorded_at < bindparam("before"), deliveries.c.state != "pending"
)


def get(connection: Connection, name: str) -> Sensor | None:
    """One of them; None for none of this name."""
    row = connection.execute(_GET, {"of_name": name}).first()
    return None if row is None else _from_row(row)


def listed(connection: Connection, kind: SensorKind | None = None) -> list[Sensor]:
    """All of them, or those of a kind, by name."""
    wanted = _LISTED if kind is None else _LISTED.where(sensors.c.kind == kind)
    return [_from_row(row) for row in connection.execute(wanted)]


def save(connection: Connection, sensor: Sensor) -> None:
    """Store a sensor in the place of the one of its name, if there is one."""
    row = {
        "name": sensor.name,
        "kind": sensor.kind,
        "sealed": sensor.sealed,
        "since": sensor.since,
        "created_at": sensor.created_at,
        "updated_at": sensor.updated_at,
        **sensor.told(),
    }
    connection.execute(insert(sensors).values(row).on_conflict_do_update(index_elements=["name"], set_=row))


def remove(connection: Connection, name: str) -> None:
    """Remove a sensor with all that is on record of it. Its runs stay."""
    forget(connection, name)
    connection.execute(delete(deliveries).where(deliveries.c.sensor == name))
    connection.execute(delete(sensors).where(sensors.c.name == name))


def forget(connection: Connection, name: str) -> None:
    """Remove what a sensor has seen of its source."""
    for table in (files, scans, joins):
        connection.execute(delete(table).where(table.c.sensor == name))


def delivery(connection: Connection, sensor: str, key: str) -> Delivery | None:
    """One of a sensor's deliveries; None where it is not on record."""
    row = connection.execute(_DELIVERY, {"of_sensor": sensor, "of_key": key}).first()
    return None if row is None else Delivery(**row._mapping)


def record(connection: Connection, made: Delivery) -> bool:
    """Store a delivery; False for one that is on record, which stays as it is. Old ones go.

    Raises SensorNotFound for a sensor that was removed meanwhile.
    """
    row = {name: value for name, value in vars(made).items() if name != "id"}
    if made.state != "pending":
        row["document"] = None
    try:
        if connection.execute(_RECORD, row).rowcount != 1:
            return False
    except IntegrityError as error:
        raise SensorNotFound(name=made.sensor) from error
    connection.execute(_DROP, {"of_sensor": made.sensor, "before": made.recorded_at - KEPT_S})
    return True


def record_all(connection: Connection, sensor: str, documents: Mapping[str, Any], now: float) -> None:
    """Store deliveries of a sensor that wait, by key; those that are on record stay as they are. Old ones go."""
    same = {"sensor": sensor, "state": "pending", "reason": "", "run_id": None, "recorded_at": now}
    connection.execute(_RECORD, [{**same, "key": key, "document": each} for key, each in documents.items()])
    for _ in range(1 + len(documents) // _DROPPED):
        connection.execute(_DROP, {"of_sensor": sensor, "before": now - KEPT_S})


def settle(connection: Connection, settled: Delivery, *, was: DeliveryState) -> bool:
    """Store what has become of a delivery that was in a state; False where it is that no more."""
    which = (deliveries.c.id == settled.id, deliveries.c.state == was)
    values: dict[str, Any] = {"state": settled.state, "reason": settled.reason, "run_id": settled.run_id}
    values["document"] = settled.document if settled.state == "pending" else None
    return connection.execute(update(deliveries).where(*which).values(values)).rowcount == 1


def waiting(connection: Connection) -> list[Sensor]:
    """Those with deliveries that wait for their run, but for paused ones, by name."""
    return [_from_row(row) for row in connection.execute(_WAITING)]


def pending(connection: Connection, sensor: str, limit: int) -> list[Delivery]:
    """Up to `limit` deliveries of a sensor that wait for their run, the oldest first."""
    rows = connection.execute(_PENDING, {"of_sensor": sensor, "limit": limit})
    return [Delivery(**row._mapping) for row in rows]


def history(connection: Connection, sensor: str, before: int | None, limit: int) -> list[Delivery]:
    """Up to `limit` deliveries of a sensor, newest first, before the one with an id."""
    wanted = select(deliveries).where(deliveries.c.sensor == sensor).order_by(deliveries.c.id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(deliveries.c.id < before)
    return [Delivery(**row._mapping) for row in connection.execute(wanted)]


def newest(connection: Connection, kind: SensorKind) -> dict[str, Delivery]:
    """The newest delivery of each sensor of a kind that has had one."""
    return {row.sensor: Delivery(**row._mapping) for row in connection.execute(_NEWEST, {"of_kind": kind})}


def join(connection: Connection, sensor: str, key: str, run: Run, now: float) -> Mapping[str, str]:
    """Note a success that goes together with others of this key: the newest run of each pipeline seen so far."""
    row = {"sensor": sensor, "key": key, "pipeline": run.pipeline, "run_id": run.id, "time": now}
    upsert = insert(joins).values(row)
    connection.execute(upsert.on_conflict_do_update(index_elements=["sensor", "key", "pipeline"], set_=row))
    seen = select(joins.c.pipeline, joins.c.run_id).where(joins.c.sensor == sensor, joins.c.key == key)
    return {row.pipeline: row.run_id for row in connection.execute(seen)}


def part(connection: Connection, sensor: str, key: str) -> None:
    """Forget the successes of a key: the next ones begin anew."""
    connection.execute(delete(joins).where(joins.c.sensor == sensor, joins.c.key == key))


def _from_row(row: Row[Any]) -> Sensor:
    shown = dict(row._mapping)
    shown.pop("kind")
    request = {**shown["request"], "pools": tuple(shown["request"]["pools"])}
    return Sensor(**{**shown, "source": source_of(shown["source"]), "request": RunRequest(**request)})
