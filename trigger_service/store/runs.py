"""The table of runs, and the only place that changes a run's state."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, tuple_, update

from trigger_service.domain.admission import Candidate
from trigger_service.domain.errors import AmbiguousRun, RunNotFound, StateConflict
from trigger_service.domain.place import Place
from trigger_service.domain.run import FINAL, LIVE, Progress, Run, RunError, RunState, Trigger, may_change
from trigger_service.store import endings, journal
from trigger_service.store.tables import labels, runs

_HIDDEN = ("identity", "sealed")
COLUMNS = [column for column in runs.c if column.name not in _HIDDEN]
_PLACE = (runs.c.location, runs.c.environment)
_CANDIDATE = (runs.c.id, runs.c.pipeline, runs.c.priority, runs.c.created_at, runs.c.pools, *_PLACE)
_COUNTERS = tuple(Progress().to_json())
# Made once: SQLAlchemy takes longer to make a statement than SQLite to execute it.
_INSERT = runs.insert()
_LABEL = labels.insert()
_GET = select(*COLUMNS).where(runs.c.id == bindparam("run_id"))
#: `~` comes after all that ids are made of; LIKE would look at every run.
_FROM_TO = select(*COLUMNS).where(runs.c.id.between(bindparam("first"), bindparam("last"))).order_by(runs.c.id).limit(3)
_SOME = select(*COLUMNS).where(runs.c.id.in_(bindparam("ids", expanding=True)))
_LIVE = select(*COLUMNS).where(runs.c.state.in_(LIVE)).order_by(runs.c.created_at, runs.c.id)
_LIVE_CANDIDATES = select(*_CANDIDATE).where(runs.c.state.in_(LIVE))
_ORDER = (-runs.c.priority, runs.c.created_at, runs.c.id)
_QUEUED = (
    select(*_CANDIDATE)
    .where(runs.c.state == "queued", runs.c.pipeline.not_in(bindparam("without", expanding=True)))
    .where(tuple_(*_ORDER) > tuple_(bindparam("priority"), bindparam("created_at"), bindparam("id")))
    .order_by(*_ORDER)
    .limit(bindparam("limit"))
)
_QUEUED_IN = _QUEUED.where(tuple_(*_PLACE).in_(bindparam("places", expanding=True)))
_UPDATE = update(runs).where(runs.c.id == bindparam("of_run"))
_CHANGE = _UPDATE.where(runs.c.state == bindparam("before"))


def insert(connection: Connection, run: Run, *, identity: str, sealed: str = "") -> None:
    """Store a new run; `identity` is equal for runs that ask for the same work, `sealed` holds its private values."""
    connection.execute(_INSERT, {**_to_row(run), "identity": identity, "sealed": sealed})
    if run.labels:
        told = [{"name": name, "value": value} for name, value in run.labels.items()]
        connection.execute(_LABEL, [{**label, "created_at": run.created_at, "run_id": run.id} for label in told])
    data = {"from": None, "to": run.state, "actor": _actor(run.trigger), "reason": run.reason}
    journal.record(connection, run.id, run.created_at, "state", data)


def change(
    connection: Connection, run: Run, after: RunState, *, now: float, actor: str, reason: str = "", **changes: Any
) -> Run:
    """Take a run, as read in this same transaction, to its next state, with a journal row: the run as it is then.

    `changes` are made along, to what is a column of its own. Raises StateConflict for a step that no run may make.
    """
    if not may_change(run.state, after):
        raise StateConflict(run_id=run.id, state=run.state, verb=f"made {after}")
    columns = {name: value.to_json() if name == "error" and value else value for name, value in changes.items()}
    values = {"of_run": run.id, "before": run.state, "state": after, "reason": reason, **columns}
    if connection.execute(_CHANGE, values).rowcount != 1:
        raise StateConflict(run_id=run.id, state="changed meanwhile", verb=f"made {after}")
    data = {"from": run.state, "to": after, "actor": actor, "reason": reason}
    journal.record(connection, run.id, now, "state", data)
    if after in FINAL:
        endings.record(connection, run.id, after, now)
    return run.evolve(state=after, reason=reason, **changes)


def get(connection: Connection, run_id: str) -> Run:
    """One run; raises RunNotFound."""
    row = connection.execute(_GET, {"run_id": run_id}).first()
    if row is None:
        raise RunNotFound(run_id=run_id)
    return from_row(row)


def find(connection: Connection, prefix: str) -> Run:
    """The only run whose id starts with `prefix`; raises RunNotFound or AmbiguousRun."""
    rows = connection.execute(_FROM_TO, {"first": prefix.lower(), "last": f"{prefix.lower()}~"}).all() if prefix else []
    if not rows:
        raise RunNotFound(run_id=prefix)
    if len(rows) > 1:
        raise AmbiguousRun(prefix=prefix, run_ids=" and ".join(row.id for row in rows[:2]))
    return from_row(rows[0])


def some(connection: Connection, ids: Collection[str]) -> dict[str, Run]:
    """Runs by id, of some ids; those that there are."""
    return {row.id: from_row(row) for row in connection.execute(_SOME, {"ids": list(ids)})}


def live(connection: Connection) -> list[Run]:
    """All runs that hold slots, oldest first."""
    return [from_row(row) for row in connection.execute(_LIVE)]


def live_candidates(connection: Connection) -> list[Candidate]:
    """What admission needs to know of all live runs."""
    return [_candidate(row) for row in connection.execute(_LIVE_CANDIDATES)]


def queued_candidates(
    connection: Connection,
    *,
    places: Collection[Place] | None = None,
    without: Collection[str] = (),
    after: Candidate | None = None,
    limit: int,
) -> list[Candidate]:
    """Queued runs in the order in which they may start, from `after` on.

    `places`: only of these; `without`: none of these pipelines.
    """
    last = (-after.priority, after.created_at, after.id) if after else (-math.inf, 0.0, "")
    asked = {"without": list(without), "limit": limit, **dict(zip(("priority", "created_at", "id"), last, strict=True))}
    if places is None:
        return [_candidate(row) for row in connection.execute(_QUEUED, asked)]
    asked["places"] = [(place.location, place.environment) for place in places]
    return [_candidate(row) for row in connection.execute(_QUEUED_IN, asked)]


def active(connection: Connection, identity: str) -> Run | None:
    """The newest run of this identity that is not final."""
    wanted = select(*COLUMNS).where(runs.c.identity == identity, runs.c.state.not_in(FINAL))
    row = connection.execute(wanted.order_by(runs.c.created_at.desc()).limit(1)).first()
    return None if row is None else from_row(row)


def identity_and_sealed(connection: Connection, run_id: str) -> tuple[str, str]:
    """What `insert` was given beside the run; raises RunNotFound."""
    row = connection.execute(select(runs.c.identity, runs.c.sealed).where(runs.c.id == run_id)).first()
    if row is None:
        raise RunNotFound(run_id=run_id)
    return row.identity, row.sealed


def last_success(connection: Connection, run: Run) -> Run | None:
    """The newest run of the same pipeline and place that was asked for before `run` and succeeded."""
    wanted = select(*COLUMNS).where(runs.c.pipeline == run.pipeline, runs.c.state == "succeeded")
    wanted = wanted.where(runs.c.location == run.location, runs.c.environment == run.environment)
    wanted = wanted.where(runs.c.created_at < run.created_at).order_by(runs.c.created_at.desc(), runs.c.id.desc())
    row = connection.execute(wanted.limit(1)).first()
    return None if row is None else from_row(row)


def retries(connection: Connection, run_id: str, limit: int) -> list[str]:
    """Ids of the runs that retry a run, newest first."""
    wanted = select(runs.c.id).where(runs.c.retry_of == run_id).order_by(runs.c.id.desc()).limit(limit)
    return list(connection.execute(wanted).scalars())


def durations(connection: Connection, pipeline: str, limit: int, before: float | None = None) -> list[float]:
    """Seconds that the newest runs of a pipeline took, of those that succeeded, if it is set asked for `before`."""
    which = [runs.c.pipeline == pipeline, runs.c.state == "succeeded", runs.c.started_at.is_not(None)]
    if before is not None:
        which.append(runs.c.created_at < before)
    wanted = select(runs.c.finished_at - runs.c.started_at).where(*which)
    wanted = wanted.order_by(runs.c.created_at.desc(), runs.c.id.desc()).limit(limit)
    return [max(0.0, seconds) for seconds in connection.execute(wanted).scalars() if seconds is not None]


def set_progress(connection: Connection, run_id: str, progress: Progress) -> None:
    """Store a run's counters."""
    columns = {f"tasks_{name}": count for name, count in progress.to_json().items()}
    connection.execute(_UPDATE, {"of_run": run_id, **columns})


def set_code(connection: Connection, run_id: str, code: Mapping[str, Any]) -> None:
    """Store which code the newest attempt runs: the run's fields `code_*` by name."""
    connection.execute(_UPDATE, {"of_run": run_id, **code})


def from_row(row: Row[Any]) -> Run:
    """The run in a row of `COLUMNS`."""
    values = dict(row._mapping)
    values["trigger"] = Trigger(values.pop("trigger_kind"), values.pop("trigger_by"))
    values["progress"] = Progress(**{name: values.pop(f"tasks_{name}") for name in _COUNTERS})
    values["error"] = RunError.from_json(values["error"]) if values["error"] else None
    values["pools"] = tuple(values["pools"])
    return Run(**values)


def _to_row(run: Run) -> dict[str, Any]:
    row = {column.name: getattr(run, column.name) for column in COLUMNS if hasattr(run, column.name)}
    return {
        **row,
        "trigger_kind": run.trigger.kind,
        "trigger_by": run.trigger.by,
        "pools": list(run.pools),
        "error": run.error.to_json() if run.error else None,
        **{f"tasks_{name}": count for name, count in run.progress.to_json().items()},
    }


def _candidate(row: Any) -> Candidate:
    place = Place(row.location, row.environment)
    return Candidate(row.id, row.pipeline, row.priority, row.created_at, tuple(row.pools), place)


def _actor(trigger: Trigger) -> str:
    return f"{trigger.kind} {trigger.by}".strip()
