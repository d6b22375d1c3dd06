"""What is counted of runs, by the journal, so that whoever changes a state need not count; and what there is now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Integer, and_, bindparam, exists, func, select

from trigger_service.domain.run import FINAL, LIVE
from trigger_service.store.backfill_tables import parts
from trigger_service.store.notice_tables import messages
from trigger_service.store.sensor_tables import deliveries
from trigger_service.store.tables import attempts, fires, journal, runs, tasks

#: Rows of the journal that are looked at in one reading.
_PAGE = 5_000
_WAITING = ("queued", *LIVE)
_AFTER = bindparam("after", type_=Integer())
_LOST = exists().where(
    and_(attempts.c.run_id == runs.c.id, attempts.c.state == "lost", attempts.c.ended_at == journal.c.time)
)
_CHANGES = (
    select(
        journal.c.run_id,
        journal.c.time,
        journal.c.data,
        runs.c.pipeline,
        runs.c.created_at,
        runs.c.started_at,
        _LOST.label("lost"),
    )
    .join(runs, runs.c.id == journal.c.run_id)
    .where(journal.c.id > _AFTER, journal.c.id <= _AFTER + _PAGE, journal.c.kind == "state")
    .order_by(journal.c.id)
)
_NEWEST = select(func.coalesce(func.max(journal.c.id), 0))
_TASKS = select(tasks.c.status, tasks.c.finished_at - tasks.c.started_at).where(
    tasks.c.run_id == bindparam("run_id"), tasks.c.status.in_(("done", "failed"))
)
_NOW = select(runs.c.state, func.count(), func.min(runs.c.created_at))
_STANDING = _NOW.where(runs.c.state.in_(_WAITING)).group_by(runs.c.state)


_WAITING_ROWS = {
    "fires": select(func.count()).where(fires.c.state == "pending"),
    "deliveries": select(func.count()).where(deliveries.c.state == "pending"),
    "backfill_parts": select(func.count()).where(parts.c.state == "waiting"),
    "messages": select(func.count()).where(messages.c.state == "pending"),
}


@dataclass(frozen=True)
class Change:
    """A run has come to a state; times in seconds since the epoch."""

    run_id: str
    pipeline: str
    before: str | None
    state: str
    time: float
    created_at: float
    #: Of its first attempt.
    started_at: float | None
    #: Whether an attempt was lost by it.
    lost: bool

    @property
    def final(self) -> bool:
        """Whether the run has ended."""
        return self.state in FINAL


def newest(connection: Connection) -> int:
    """The id of the newest row of the journal; 0 for none."""
    return int(connection.execute(_NEWEST).scalar_one())


def changes(connection: Connection, after: int) -> tuple[list[Change], int]:
    """Changes of state after the row with the id `after`, and the id up to which that was all."""
    found = [
        Change(
            row.run_id,
            row.pipeline,
            row.data["from"],
            row.data["to"],
            row.time,
            row.created_at,
            row.started_at,
            bool(row.lost),
        )
        for row in connection.execute(_CHANGES, {"after": after})
    ]
    return found, min(after + _PAGE, max(after, newest(connection)))


def tasks_of(connection: Connection, run_id: str) -> list[tuple[str, float | None]]:
    """Status and seconds of each task that a run has executed to its end; None where one has no times."""
    return [(row[0], row[1]) for row in connection.execute(_TASKS, {"run_id": run_id})]


def waiting(connection: Connection) -> Mapping[str, int]:
    """How many fires, deliveries and parts wait for their run, and messages to be sent."""
    return {kind: int(connection.execute(wanted).scalar_one()) for kind, wanted in _WAITING_ROWS.items()}


def standing(connection: Connection) -> Mapping[str, tuple[int, float]]:
    """By state: how many runs there are that have not ended, and when the oldest of them was made."""
    counts: dict[str, Any] = {state: (count, oldest) for state, count, oldest in connection.execute(_STANDING)}
    return counts
