"""Backfills: made, changed, cancelled, retried and shown. Their runs are started by `service/feeder.py`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from trigger_service.domain.audit import Change
from trigger_service.domain.backfills import (
    UNDONE,
    Backfill,
    Order,
    Overview,
    Part,
    PartState,
    Wish,
    expected_end,
)
from trigger_service.domain.calendars import Calendar
from trigger_service.domain.errors import BackfillNotFound, BackfillOver, InvalidRequest
from trigger_service.domain.ids import uuid7
from trigger_service.domain.queries import Idempotency
from trigger_service.domain.run import RunRequest
from trigger_service.service import checks
from trigger_service.service.calendars import Calendars, Wanted
from trigger_service.service.counters import Counters
from trigger_service.service.triggers import Triggers
from trigger_service.service.turns import Asker
from trigger_service.store import audit, runs
from trigger_service.store import backfills as table
from trigger_service.store import idempotency as keys
from trigger_service.store.engine import Database

#: How many of the newest runs are its history.
RUNS_OF_HISTORY = 50


@dataclass(frozen=True)
class Made:
    """What became of a request: its backfill, which is older than the request if it was `replayed`."""

    overview: Overview
    #: The same Idempotency-Key and body were accepted before.
    replayed: bool = False


@dataclass(frozen=True)
class Pace:
    """In which order, and how many at a time."""

    order: Order = "oldest"
    parallel: int = 1


class Backfills:
    """All backfills. Safe for any thread, and for any number of processes with one database."""

    def __init__(self, database: Database, triggers: Triggers, calendars: Calendars, counters: Counters) -> None:
        self._database = database
        self._counters = counters
        self._triggers = triggers
        self._calendars = calendars
        #: Called after each change: there may be runs to start, or to cancel.
        self.on_change: Callable[[], None] = lambda: None

    def make(
        self,
        request: RunRequest,
        wanted: Wanted,
        pace: Pace,
        *,
        actor: str,
        asker: Asker,
        idempotency: Idempotency | None = None,
    ) -> Made:
        """Ask the targets for a calendar, and begin with what is not complete in it.

        Raises what `Calendars.make` raises, IdempotencyMismatch; InvalidRequest also for private values, which are not
        kept.
        """
        with self._database.read() as connection:
            first = _first(connection, idempotency)
        if first is not None:
            return Made(self.get(first), replayed=True)
        given = self._triggers.pipeline(request).parameters
        private = checks.private_problems(given, request.parameters, "backfills")
        if private:
            raise InvalidRequest(private)
        calendar = self._calendars.make(request, wanted, asker)
        now = time.time()
        made = Backfill(
            id=uuid7(now, os.urandom(10)),
            request=request,
            parameter=wanted.parameter,
            order=pace.order,
            parallel=pace.parallel,
            wish="running",
            actor=actor,
            created_at=now,
            updated_at=now,
        )
        with self._database.write() as connection:
            first = _first(connection, idempotency)
            if first is not None:  # the same request has come twice at once
                return Made(_overviews(connection, [_found(connection, first)])[0], replayed=True)
            table.insert(connection, made, _parts(made.id, calendar))
            if idempotency is not None:
                keys.BACKFILLS.remember(connection, idempotency, made.id, now)
            after = {**made.told(), "values": dict(calendar.counts())}
            audit.record(connection, Change(actor, "backfill made", _subject(made.id), None, after), now)
        self.on_change()
        return Made(self.get(made.id))

    def change(self, backfill_id: str, paused: bool | None, parallel: int | None, actor: str) -> Overview:
        """Pause or resume, and set how many of its runs may be live: now; None leaves either as it is.

        Raises BackfillNotFound, BackfillOver for one that is cancelled.
        """
        with self._changing(backfill_id) as (connection, old, now):
            if old.wish == "cancelled":
                raise BackfillOver(backfill_id=backfill_id, state="cancelled", verb="changed")
            wish: Wish = old.wish if paused is None else "paused" if paused else "running"
            made = old.evolve(wish=wish, parallel=old.parallel if parallel is None else parallel, updated_at=now)
            if made.changeable() != old.changeable():
                _store(connection, old, made, "backfill changed", actor)
        self.on_change()
        return self.get(backfill_id)

    def cancel(self, backfill_id: str, actor: str) -> Overview:
        """Start nothing more of it, and have its live runs cancelled. One that is cancelled stays so.

        Raises BackfillNotFound, BackfillOver for one that is finished.
        """
        with self._changing(backfill_id) as (connection, old, now):
            overview = Overview(old, table.counts(connection, [backfill_id])[backfill_id])
            if overview.state == "finished":
                raise BackfillOver(backfill_id=backfill_id, state="finished", verb="cancelled")
            cancelled = 0
            if old.wish != "cancelled":
                cancelled = table.cancel_waiting(connection, backfill_id)
                _store(connection, old, old.evolve(wish="cancelled", updated_at=now), "backfill cancelled", actor)
        self._counters.add_parts({"cancelled": cancelled})
        self.on_change()
        return self.get(backfill_id)

    def retry(self, backfill_id: str, actor: str) -> Overview:
        """Begin again with the parts that failed, were skipped or cancelled, and with no others.

        Raises BackfillNotFound, BackfillOver where there are none.
        """
        with self._changing(backfill_id) as (connection, old, now):
            ended = table.settle(connection)
            number = table.retry(connection, backfill_id)
            if not number:
                raise BackfillOver(backfill_id=backfill_id, state=f"without {', '.join(UNDONE)} parts", verb="retried")
            made = old.evolve(wish="running", updated_at=now)
            table.change(connection, made)
            after = {**made.changeable(), "parts": number}
            subject = _subject(backfill_id)
            audit.record(connection, Change(actor, "backfill retried", subject, old.changeable(), after), now)
        self._counters.add_parts(ended)
        self.on_change()
        return self.get(backfill_id)

    def get(self, backfill_id: str) -> Overview:
        """One of them, and how far it is; raises BackfillNotFound."""
        with self._database.read() as connection:
            return _overviews(connection, [_found(connection, backfill_id)])[0]

    def listed(self, before: str | None, limit: int) -> list[Overview]:
        """Up to `limit` of them, newest first, before the one of an id."""
        with self._database.read() as connection:
            return _overviews(connection, table.listed(connection, before, limit))

    def parts(self, backfill_id: str, states: Collection[PartState], after: int, limit: int) -> list[Part]:
        """Up to `limit` parts in the order of their values, after a position; raises BackfillNotFound."""
        with self._database.read() as connection:
            _found(connection, backfill_id)
            return table.page(connection, backfill_id, states, after, limit)

    def values(self, backfill_id: str) -> list[Any]:
        """The values of all parts, in their order; none where there is no such backfill."""
        with self._database.read() as connection:
            return table.values(connection, backfill_id)

    @contextmanager
    def _changing(self, backfill_id: str) -> Iterator[tuple[Connection, Backfill, float]]:
        with self._database.write() as connection:
            yield connection, _found(connection, backfill_id), time.time()


def _first(connection: Connection, idempotency: Idempotency | None) -> str | None:
    """The id of what the same request has made before; raises IdempotencyMismatch."""
    return None if idempotency is None else keys.BACKFILLS.first(connection, idempotency, time.time())


def _found(connection: Connection, backfill_id: str) -> Backfill:
    found = table.get(connection, backfill_id)
    if found is None:
        raise BackfillNotFound(backfill_id=backfill_id)
    return found


def _store(connection: Connection, old: Backfill, made: Backfill, action: str, actor: str) -> None:
    table.change(connection, made)
    change = Change(actor, action, _subject(made.id), old.changeable(), made.changeable())
    audit.record(connection, change, made.updated_at)


def _parts(backfill_id: str, calendar: Calendar) -> list[Part]:
    """What is complete is a part as well; what could not be asked is tried."""
    return [
        Part(backfill_id, position, item.value, "complete")
        if item.status == "complete"
        else Part(backfill_id, position, item.value, "waiting", item.reason if item.status == "unknown" else "")
        for position, item in enumerate(calendar.items)
    ]


def _overviews(connection: Connection, found: Sequence[Backfill]) -> list[Overview]:
    counts = table.counts(connection, [backfill.id for backfill in found])
    made = [Overview(backfill, counts[backfill.id]) for backfill in found]
    return [_expecting(connection, overview) if overview.state == "running" else overview for overview in made]


def _expecting(connection: Connection, overview: Overview) -> Overview:
    """With its expected end, from its own runs, or those of its pipeline before it has any."""
    backfill, now = overview.backfill, time.time()
    took = table.durations(connection, backfill.id, RUNS_OF_HISTORY)
    took = took or runs.durations(connection, backfill.request.pipeline, RUNS_OF_HISTORY)
    since = table.live_since(connection, backfill.id)
    return replace(overview, expected_end=expected_end(now, overview.counts["waiting"], since, backfill.parallel, took))


def _subject(backfill_id: str) -> str:
    """What the record of changes calls it."""
    return f"backfill {backfill_id}"
