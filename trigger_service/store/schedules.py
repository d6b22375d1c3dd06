"""The tables of schedules and of their fires."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, exists, func, select, tuple_, update
from sqlalchemy.dialects.sqlite import insert

from trigger_service.domain.run import FINAL, RunRequest
from trigger_service.domain.schedule import Timing
from trigger_service.domain.scheduled import Fire, Schedule
from trigger_service.store.tables import fires, runs, schedules

#: Fires of a schedule that are kept.
KEPT = 1000
_GET = select(schedules).where(schedules.c.name == bindparam("of_name"))
_DUE = select(schedules).where(schedules.c.due_at <= bindparam("now")).order_by(schedules.c.due_at)
_NEXT = select(func.min(schedules.c.due_at))
_SOONEST = select(schedules).where(schedules.c.due_at.is_not(None)).order_by(schedules.c.due_at)
_of_one = fires.alias("of_one")
_newest = select(func.max(_of_one.c.fire_time)).where(_of_one.c.schedule == schedules.c.name).scalar_subquery()
#: The newest fire of each: looked up schedule by schedule, for each has very many.
_NEWEST = select(fires).where(tuple_(fires.c.schedule, fires.c.fire_time).in_(select(schedules.c.name, _newest)))
_PENDING = select(fires).where(fires.c.state == "pending").order_by(fires.c.fire_time, fires.c.schedule)
_GOES_ON = exists(select(runs.c.id).where(runs.c.id == fires.c.run_id, runs.c.state.not_in(FINAL)))
_LIVE = (
    select(runs.c.id, ((runs.c.trigger_kind == "schedule") & (runs.c.trigger_by == fires.c.schedule)).label("own"))
    .join(fires, fires.c.run_id == runs.c.id)
    .where(fires.c.schedule == bindparam("of_name"), runs.c.state.not_in(FINAL))
    .order_by(runs.c.created_at)
)


def get(connection: Connection, name: str) -> Schedule | None:
    """One of them; None for none of this name."""
    row = connection.execute(_GET, {"of_name": name}).first()
    return None if row is None else _from_row(row)


def listed(connection: Connection) -> list[Schedule]:
    """All of them, by name."""
    return [_from_row(row) for row in connection.execute(select(schedules).order_by(schedules.c.name))]


def save(connection: Connection, schedule: Schedule) -> None:
    """Store a schedule in the place of the one of its name, if there is one."""
    row = {**vars(schedule), "timing": asdict(schedule.timing), "request": asdict(schedule.request)}
    statement = insert(schedules).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=row))


def remove(connection: Connection, name: str) -> None:
    """Remove a schedule with the record of its fires. Its runs stay."""
    connection.execute(delete(fires).where(fires.c.schedule == name))
    connection.execute(delete(schedules).where(schedules.c.name == name))


def due(connection: Connection, now: float, limit: int) -> list[Schedule]:
    """Schedules whose next fire is due, the one that waits longest first."""
    return [_from_row(row) for row in connection.execute(_DUE.limit(limit), {"now": now})]


def soonest(connection: Connection, limit: int) -> list[Schedule]:
    """Those whose next fire comes first, in this order."""
    return [_from_row(row) for row in connection.execute(_SOONEST.limit(limit))]


def next_due_at(connection: Connection) -> float | None:
    """When the next fire of all is due; None for never."""
    due_at: float | None = connection.execute(_NEXT).scalar_one()
    return due_at


def advance(connection: Connection, schedule: Schedule, after: Schedule) -> bool:
    """Store the next fire of a schedule; False where it is not as it was any more: saved, or moved on by another."""
    as_it_was = (
        schedules.c.name == schedule.name,
        schedules.c.next_fire == schedule.next_fire,
        schedules.c.updated_at == schedule.updated_at,
    )
    values = {"next_fire": after.next_fire, "due_at": after.due_at}
    return connection.execute(update(schedules).where(*as_it_was).values(values)).rowcount == 1


def record(connection: Connection, recorded: Iterable[Fire]) -> None:
    """Store fires; one that is on record already stays as it is.

    The oldest go where a schedule has too many, but for those that wait, or whose run goes on: later ones overlap it.
    """
    rows = [asdict(fire) for fire in recorded]
    if not rows:
        return
    connection.execute(insert(fires).on_conflict_do_nothing(), rows)
    for name in {row["schedule"] for row in rows}:
        mine = fires.c.schedule == name
        oldest = select(fires.c.fire_time).where(mine).order_by(fires.c.fire_time.desc()).offset(KEPT).limit(1)
        past = fires.c.fire_time <= oldest.scalar_subquery()
        connection.execute(delete(fires).where(mine, past, fires.c.state != "pending", ~_GOES_ON))


def pending(connection: Connection) -> list[Fire]:
    """All fires that wait for their run, the oldest first."""
    return [Fire(**row._mapping) for row in connection.execute(_PENDING)]


def settle(connection: Connection, fire: Fire) -> bool:
    """Store what has become of a fire that was pending; False where it is that no more."""
    which = (fires.c.schedule == fire.schedule, fires.c.fire_time == fire.fire_time, fires.c.state == "pending")
    values = {"state": fire.state, "reason": fire.reason, "run_id": fire.run_id}
    return connection.execute(update(fires).where(*which).values(values)).rowcount == 1


def history(connection: Connection, name: str, before: int | None, limit: int) -> list[Fire]:
    """Up to `limit` fires of a schedule, newest first, before the one of a fire time."""
    wanted = select(fires).where(fires.c.schedule == name).order_by(fires.c.fire_time.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(fires.c.fire_time < before)
    return [Fire(**row._mapping) for row in connection.execute(wanted)]


def newest(connection: Connection) -> dict[str, Fire]:
    """The newest fire of each schedule that has had one."""
    return {row.schedule: Fire(**row._mapping) for row in connection.execute(_NEWEST)}


def live_runs(connection: Connection, name: str) -> dict[str, bool]:
    """The runs of a schedule's fires that have not ended, oldest first: by id, whether it has started them itself."""
    return {row.id: bool(row.own) for row in connection.execute(_LIVE, {"of_name": name})}


def _from_row(row: Row[Any]) -> Schedule:
    shown = dict(row._mapping)
    request = {**shown["request"], "pools": tuple(shown["request"]["pools"])}
    return Schedule(**{**shown, "timing": Timing(**shown["timing"]), "request": RunRequest(**request)})
