"""The table of attempts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, func, select, update

from trigger_service.domain.run import LIVE, Attempt, AttemptState, Run
from trigger_service.store import runs as run_rows
from trigger_service.store.tables import attempts, runs

COLUMNS = [column for column in attempts.c if column.name != "buried"]
_OF = select(*COLUMNS).where(attempts.c.run_id == bindparam("run_id")).order_by(attempts.c.number)
_NEWEST = and_(attempts.c.run_id == runs.c.id, attempts.c.number == runs.c.attempt)
_LIVE = select(*COLUMNS).join(runs, _NEWEST).where(runs.c.state.in_(LIVE))
_UNBURIED = select(*COLUMNS).where(attempts.c.buried.is_(False), attempts.c.state.in_(("ended", "lost")))
_LOST = select(func.count()).where(attempts.c.run_id == bindparam("run_id"), attempts.c.state == "lost")
_INSERT = attempts.insert()
_UPDATE = update(attempts).where(attempts.c.run_id == bindparam("of_run"), attempts.c.number == bindparam("numbered"))
_START = _UPDATE.values(
    state="running", handle=func.coalesce(attempts.c.handle, bindparam("told", type_=attempts.c.handle.type))
)


def insert(connection: Connection, run_id: str, number: int, now: float) -> None:
    """Store a new attempt, in state starting."""
    row = {"run_id": run_id, "number": number, "state": "starting", "started_at": now, "reason": "", "buried": False}
    connection.execute(_INSERT, row)


def of(connection: Connection, run_id: str) -> list[Attempt]:
    """All attempts of a run, oldest first."""
    return [_from_row(row) for row in connection.execute(_OF, {"run_id": run_id})]


def live(connection: Connection) -> list[tuple[Run, Attempt]]:
    """Every live run with its newest attempt, oldest run first."""
    by_run = {row.run_id: _from_row(row) for row in connection.execute(_LIVE)}
    return [(run, by_run[run.id]) for run in run_rows.live(connection) if run.id in by_run]


def lost(connection: Connection, run_id: str) -> int:
    """How many attempts of a run have been lost."""
    return connection.execute(_LOST, {"run_id": run_id}).scalar_one()


def set_handle(connection: Connection, run_id: str, number: int, handle: Mapping[str, Any]) -> None:
    """Store how the attempt's child is found again."""
    _update(connection, run_id, number, handle=handle)


def set_running(connection: Connection, run_id: str, number: int, told: Mapping[str, Any] | None) -> None:
    """Note that the attempt's child has reported, with the handle that it has told; the launcher's own goes before."""
    connection.execute(_START, {"of_run": run_id, "numbered": number, "told": told})


def end(
    connection: Connection, run_id: str, number: int, state: AttemptState, *, now: float, reason: str, buried: bool
) -> None:
    """Note how the attempt ended; `buried` where no child was ever started for it."""
    _update(connection, run_id, number, state=state, ended_at=now, reason=reason, buried=buried)


def unburied(connection: Connection) -> list[Attempt]:
    """Ended attempts whose child, tasks or log still need somebody."""
    return [_from_row(row) for row in connection.execute(_UNBURIED)]


def unburied_of(connection: Connection, run_id: str) -> set[int]:
    """The numbers of a run's attempts that are not buried, live ones too."""
    wanted = select(attempts.c.number).where(attempts.c.run_id == run_id, attempts.c.buried.is_(False))
    return set(connection.execute(wanted).scalars())


def bury(connection: Connection, run_id: str, number: int) -> None:
    """Note that nothing is left to do for the attempt."""
    _update(connection, run_id, number, buried=True)


def _update(connection: Connection, run_id: str, number: int, **values: Any) -> None:
    connection.execute(_UPDATE, {"of_run": run_id, "numbered": number, **values})


def _from_row(row: Row[Any]) -> Attempt:
    return Attempt(**row._mapping)
