"""The tables of backfills and of their parts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Text,
    bindparam,
    case,
    delete,
    exists,
    func,
    select,
    type_coerce,
    update,
)

from trigger_service.domain.backfills import PART_STATES, UNDONE, Backfill, Part, PartState
from trigger_service.domain.run import FINAL, RunRequest
from trigger_service.store.backfill_tables import backfill_keys, backfills, parts
from trigger_service.store.tables import runs

#: Backfills that are kept, besides those that are not over.
KEPT = 500
#: Parts that are stored with one statement.
_ROWS = 1000
#: Characters of a reason that are kept.
_REASON_LENGTH = 300
_GONE = "the record of its run was deleted before its end was noted; a retry asks the targets again"
_GET = select(backfills).where(backfills.c.id == bindparam("of_id"))
_RUN_STATE = select(runs.c.state).where(runs.c.id == parts.c.run_id).scalar_subquery()
#: The state of a part as it is now: a started one whose run has ended is what that is.
_STATE = case((parts.c.state != "started", parts.c.state), (_RUN_STATE.in_(FINAL), _RUN_STATE), else_="started")
#: What is said of the end of its run, in one line: what made it fail, or why it was cancelled.
_RUN_REASON = (
    select(func.coalesce(func.json_extract(runs.c.error, "$.message"), runs.c.reason))
    .where(runs.c.id == parts.c.run_id, runs.c.state.in_(["failed", "cancelled"]))
    .scalar_subquery()
)
_REASON = case(
    (parts.c.state == "started", func.substr(func.coalesce(_RUN_REASON, ""), 1, _REASON_LENGTH)), else_=parts.c.reason
)
_OVER: ColumnElement[bool] = parts.c.state == "started"
_OVER = _OVER & func.coalesce(_RUN_STATE, "gone").in_([*FINAL, "gone"])
_COUNTS = (
    select(parts.c.backfill, _STATE.label("state"), func.count().label("number"))
    .where(parts.c.backfill.in_(bindparam("ids", expanding=True)))
    .group_by(parts.c.backfill, _STATE)
)
#: Whether a part of a backfill waits: only the index is read for it, each second, also of those that are finished.
_WAITS = exists(select(parts.c.position).where(parts.c.backfill == backfills.c.id, parts.c.state == "waiting"))
_OF_PART = (parts.c.backfill == bindparam("of_backfill"), parts.c.position == bindparam("of_position"))
_live = parts.alias("live")
_LIVE_NUMBER = (
    select(func.count())
    .where(_live.c.backfill == bindparam("of_backfill"), _live.c.state == "started")
    .scalar_subquery()
)
#: Whether one more run of a backfill may start now.
_MAY_START = exists().where(
    backfills.c.id == bindparam("of_backfill"), backfills.c.wish == "running", backfills.c.parallel > _LIVE_NUMBER
)
_SETTLE = update(parts).where(*_OF_PART, parts.c.state == "waiting")
_START = _SETTLE.where(_MAY_START)
_OWN_RUNS = (
    select(runs.c.id, runs.c.created_at, runs.c.started_at, runs.c.finished_at)
    .join(parts, parts.c.run_id == runs.c.id)
    .where(parts.c.backfill == bindparam("of_id"))
)


def insert(connection: Connection, backfill: Backfill, made: Sequence[Part]) -> None:
    """Store a new backfill with all its parts; the oldest go where there are too many. Their runs stay."""
    request = {**asdict(backfill.request), "pools": list(backfill.request.pools)}
    connection.execute(backfills.insert(), {**vars(backfill), "request": request})
    for first in range(0, len(made), _ROWS):
        connection.execute(parts.insert(), [vars(part) for part in made[first : first + _ROWS]])
    going_on = exists().where(parts.c.backfill == backfills.c.id, parts.c.state.in_(("waiting", "started")))
    past = select(backfills.c.id).order_by(backfills.c.id.desc()).offset(KEPT).scalar_subquery()
    old = list(connection.execute(select(backfills.c.id).where(backfills.c.id.in_(past), ~going_on)).scalars())
    connection.execute(delete(parts).where(parts.c.backfill.in_(old)))
    connection.execute(delete(backfill_keys).where(backfill_keys.c.backfill.in_(old)))
    connection.execute(delete(backfills).where(backfills.c.id.in_(old)))


def get(connection: Connection, backfill_id: str) -> Backfill | None:
    """One of them; None for none of this id."""
    row = connection.execute(_GET, {"of_id": backfill_id}).first()
    return None if row is None else _from_row(row)


def listed(connection: Connection, before: str | None, limit: int) -> list[Backfill]:
    """Up to `limit` of them, newest first, before the one of an id."""
    wanted = select(backfills).order_by(backfills.c.id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(backfills.c.id < before)
    return [_from_row(row) for row in connection.execute(wanted)]


def change(connection: Connection, backfill: Backfill) -> None:
    """Store what somebody wants of it now."""
    values = {name: getattr(backfill, name) for name in ("wish", "parallel", "updated_at")}
    connection.execute(update(backfills).where(backfills.c.id == backfill.id).values(values))


def counts(connection: Connection, ids: Collection[str]) -> dict[str, dict[PartState, int]]:
    """Of each backfill the number of parts by state, states without any included."""
    found: dict[str, dict[PartState, int]] = {backfill_id: dict.fromkeys(PART_STATES, 0) for backfill_id in ids}
    for row in connection.execute(_COUNTS, {"ids": list(ids)}):
        found[row.backfill][row.state] = row.number
    return found


def page(connection: Connection, backfill_id: str, states: Collection[str], after: int, limit: int) -> list[Part]:
    """Up to `limit` parts in the order of their values, after a position, of some states or of any."""
    now = {"state": _STATE.label("state"), "reason": _REASON.label("reason")}
    columns = [now.get(column.name, column) for column in parts.c]
    wanted = select(*columns).where(parts.c.backfill == backfill_id, parts.c.position > after)
    if states:
        wanted = wanted.where(_STATE.in_(states))
    return [Part(**row._mapping) for row in connection.execute(wanted.order_by(parts.c.position).limit(limit))]


def values(connection: Connection, backfill_id: str) -> list[Any]:
    """The values of all parts, in their order; read as one JSON text, which takes a tenth of reading each."""
    written = select(type_coerce(parts.c.value, Text)).where(parts.c.backfill == backfill_id).order_by(parts.c.position)
    found: list[Any] = json.loads(f"[{','.join(connection.execute(written).scalars())}]")
    return found


def has_ended_parts(connection: Connection) -> bool:
    """Whether there is anything for `settle` to do: asked in a transaction that only reads."""
    return connection.execute(select(parts.c.position).where(_OVER).limit(1)).first() is not None


def settle(connection: Connection) -> Mapping[str, int]:
    """Note the end of all started parts whose runs have ended; how many have ended, by state."""
    ended = func.coalesce(_RUN_STATE, "failed")
    reason = case((_RUN_STATE.is_(None), _GONE), else_=_REASON)
    noted = update(parts).where(_OVER).values(state=ended, reason=reason).returning(parts.c.state)
    return Counter(connection.execute(noted).scalars())


def to_feed(connection: Connection) -> list[Backfill]:
    """Those that go on and have parts that wait, oldest first."""
    wanted = select(backfills).where(backfills.c.wish == "running", _WAITS).order_by(backfills.c.id)
    return [_from_row(row) for row in connection.execute(wanted)]


def next_parts(connection: Connection, backfill: Backfill, limit: int) -> list[Part]:
    """Up to `limit` of the parts that may start now, in their order."""
    live = connection.execute(select(_LIVE_NUMBER), {"of_backfill": backfill.id}).scalar_one()
    position = parts.c.position.desc() if backfill.order == "newest" else parts.c.position
    wanted = select(parts).where(parts.c.backfill == backfill.id, parts.c.state == "waiting").order_by(position)
    free = max(0, min(limit, backfill.parallel - live))
    return [Part(**row._mapping) for row in connection.execute(wanted.limit(free))]


def start(connection: Connection, part: Part, run_id: str) -> bool:
    """Store the run of a part; False where it waits no more, or no run may be started now."""
    which = {"of_backfill": part.backfill, "of_position": part.position}
    values = {"state": "started", "reason": "", "run_id": run_id, "tries": parts.c.tries + 1}
    return connection.execute(_START.values(values), which).rowcount == 1


def refuse(connection: Connection, part: Part, state: PartState, reason: str) -> bool:
    """Store why a part has no run, for now (`waiting`) or for good; False where it waits no more."""
    which = {"of_backfill": part.backfill, "of_position": part.position}
    tries = parts.c.tries + (0 if state == "waiting" else 1)
    return connection.execute(_SETTLE.values(state=state, reason=reason, tries=tries), which).rowcount == 1


def cancel_waiting(connection: Connection, backfill_id: str) -> int:
    """Cancel the parts that have not started; how many they are."""
    waiting = (parts.c.backfill == backfill_id, parts.c.state == "waiting")
    return connection.execute(update(parts).where(*waiting).values(state="cancelled", reason="")).rowcount


def retry(connection: Connection, backfill_id: str) -> int:
    """Make those parts wait again that did not succeed; how many they are."""
    undone = (parts.c.backfill == backfill_id, parts.c.state.in_(UNDONE))
    return connection.execute(update(parts).where(*undone).values(state="waiting", reason="")).rowcount


def runs_to_cancel(connection: Connection) -> list[tuple[Backfill, str]]:
    """The runs of cancelled backfills that have not ended, and that nobody has cancelled yet, with their backfill."""
    going_on = runs.c.state.not_in([*FINAL, "cancelling"])
    own = (runs.c.trigger_kind == "backfill", runs.c.trigger_by == backfills.c.id)
    wanted = select(backfills, runs.c.id.label("run_id")).join(parts, parts.c.backfill == backfills.c.id)
    wanted = wanted.join(runs, runs.c.id == parts.c.run_id)
    wanted = wanted.where(backfills.c.wish == "cancelled", parts.c.state == "started", going_on, *own)
    return [(_from_row(row, without="run_id"), row.run_id) for row in connection.execute(wanted)]


def live_since(connection: Connection, backfill_id: str) -> list[float]:
    """When each run of a backfill that has not ended began, or was accepted."""
    wanted = _OWN_RUNS.where(parts.c.state == "started", runs.c.state.not_in(FINAL))
    return [row.started_at or row.created_at for row in connection.execute(wanted, {"of_id": backfill_id})]


def durations(connection: Connection, backfill_id: str, limit: int) -> list[float]:
    """Seconds that the newest runs of a backfill took, of those that succeeded."""
    wanted = _OWN_RUNS.where(runs.c.state == "succeeded", runs.c.started_at.is_not(None))
    rows = connection.execute(wanted.order_by(runs.c.id.desc()).limit(limit), {"of_id": backfill_id})
    return [max(0.0, row.finished_at - row.started_at) for row in rows]


def _from_row(row: Row[Any], without: str = "") -> Backfill:
    shown = {name: value for name, value in row._mapping.items() if name != without}
    request = {**shown["request"], "pools": tuple(shown["request"]["pools"])}
    return Backfill(**{**shown, "request": RunRequest(**request)})
