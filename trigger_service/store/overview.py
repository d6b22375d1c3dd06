"""Reads for the overview: each looks at so many rows at most, by an index, however many there are."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable

from sqlalchemy import Connection, bindparam, func, select, text

from trigger_service.domain.glances import Bar, Latency, Outstanding
from trigger_service.domain.run import LIVE, Run
from trigger_service.store.runs import COLUMNS, from_row
from trigger_service.store.tables import runs

_RANGE = (runs.c.created_at >= bindparam("since"), runs.c.created_at < bindparam("until"))
_OF_STATE = select(func.count()).where(runs.c.state == bindparam("of_state"), *_RANGE)
_ASKED_FOR = select(func.count()).select_from(runs).where(*_RANGE)
# From each name to the next: SQLite would read the whole index for a DISTINCT.
_NAMES = text(
    "WITH RECURSIVE names(name) AS (SELECT min(pipeline) FROM runs UNION ALL "
    "SELECT (SELECT min(pipeline) FROM runs WHERE pipeline > names.name) FROM names WHERE names.name IS NOT NULL) "
    "SELECT name, (SELECT max(created_at) FROM runs WHERE pipeline = names.name) AS newest "
    "FROM names WHERE name IS NOT NULL"
)
_LATENCIES = text(
    "SELECT hours.value AS hour, runs.id, runs.started_at - runs.created_at AS seconds "
    "FROM json_each(:hours) AS hours CROSS JOIN runs WHERE runs.started_at IS NOT NULL AND runs.id IN ("
    "SELECT id FROM runs AS own WHERE own.created_at >= hours.value AND own.created_at < hours.value + 3600 "
    "ORDER BY own.created_at DESC, own.id DESC LIMIT :each)"
)
_BARS = text(
    "SELECT runs.id, runs.pipeline, runs.state, runs.created_at, runs.started_at, runs.finished_at, runs.attempt, "
    "coalesce(json_extract(runs.error, '$.type'), '') AS error "
    "FROM json_each(:names) AS names CROSS JOIN runs WHERE runs.id IN ("
    "SELECT id FROM runs AS own WHERE own.pipeline = names.value AND own.created_at >= :since "
    "ORDER BY own.created_at DESC, own.id DESC LIMIT :each)"
)
_OUTSTANDING = text(
    "SELECT failed.id, failed.pipeline, failed.identity FROM "
    "(SELECT id, pipeline, identity, created_at FROM runs WHERE state = 'failed' AND created_at >= :since "
    "ORDER BY created_at DESC, id DESC LIMIT :most) AS failed "
    "WHERE NOT EXISTS (SELECT 1 FROM runs AS other WHERE other.identity = failed.identity "
    "AND (other.created_at, other.id) > (failed.created_at, failed.id) AND other.state != 'cancelled') "
    "ORDER BY failed.created_at DESC, failed.id DESC"
)
_LAST_SUCCESS = text(
    "SELECT created_at FROM runs WHERE identity = :identity AND state = 'succeeded' "
    "ORDER BY created_at DESC, id DESC LIMIT 1"
)
_FAILURES = text("SELECT count(*) FROM runs WHERE identity = :identity AND state = 'failed' AND created_at > :since")
_LIVE = select(*COLUMNS).where(runs.c.state.in_(LIVE)).order_by(runs.c.created_at).limit(bindparam("most"))
_QUEUED = select(runs.c.id, runs.c.attempt).where(runs.c.state == "queued")
_QUEUED = _QUEUED.order_by(runs.c.created_at, runs.c.id).limit(bindparam("most"))


def count(connection: Connection, state: str, since: float, until: float) -> int:
    """How many of the runs that were asked for in a range of time are in a state."""
    return int(connection.execute(_OF_STATE, {"of_state": state, "since": since, "until": until}).scalar_one())


def asked_for(connection: Connection, since: float, until: float) -> int:
    """How many runs were asked for in a range of time."""
    return int(connection.execute(_ASKED_FOR, {"since": since, "until": until}).scalar_one())


def pipelines(connection: Connection) -> dict[str, float]:
    """By pipeline that has had a run: when the newest was asked for."""
    return {row.name: row.newest for row in connection.execute(_NAMES)}


def latencies(connection: Connection, hours: Iterable[int], each: int) -> list[Latency]:
    """Of the newest `each` runs of each hour, which is named by its first second."""
    rows = connection.execute(_LATENCIES, {"hours": json.dumps(list(hours)), "each": each})
    return [Latency(row.hour, row.id, max(0.0, row.seconds)) for row in rows]


def bars(connection: Connection, names: Collection[str], since: float, each: int) -> list[Bar]:
    """The newest `each` runs of each pipeline that were asked for after a moment, the oldest first."""
    asked = {"names": json.dumps(list(names)), "since": since, "each": each}
    rows = [Bar(*row) for row in connection.execute(_BARS, asked)]
    return sorted(rows, key=lambda bar: (bar.created_at, bar.id))


def outstanding(connection: Connection, since: float, most: int) -> list[Outstanding]:
    """Work whose newest run has failed, of the newest `most` failed runs after a moment; the newest first."""
    return [Outstanding(*row) for row in connection.execute(_OUTSTANDING, {"since": since, "most": most})]


def failures(connection: Connection, identity: str) -> tuple[int, float | None]:
    """How often some work has failed since it succeeded, and when that run was asked for; None for never."""
    success: float | None = connection.execute(_LAST_SUCCESS, {"identity": identity}).scalar()
    counted = connection.execute(_FAILURES, {"identity": identity, "since": success or 0.0}).scalar_one()
    return int(counted), success


def oldest_live(connection: Connection, most: int) -> list[Run]:
    """Runs that hold slots, the oldest first."""
    return [from_row(row) for row in connection.execute(_LIVE, {"most": most})]


def queued_again(connection: Connection, most: int) -> list[str]:
    """Ids of queued runs that have lost an attempt, among the oldest `most` that are queued."""
    return [row.id for row in connection.execute(_QUEUED, {"most": most}) if row.attempt > 0]
