"""Writes down what is to be told: of runs that have ended, of schedules that are late, of runs that take too long."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from trigger_service.domain.errors import RunNotFound
from trigger_service.domain.failpoints import fail_point
from trigger_service.domain.ids import uuid7
from trigger_service.domain.notices import Event, Message, Notice, Rule, folding, is_long
from trigger_service.domain.plan import Span
from trigger_service.domain.run import Run
from trigger_service.service.counters import Counters
from trigger_service.service.expectation import span
from trigger_service.store import endings, runs
from trigger_service.store import notices as table
from trigger_service.store.endings import Ending
from trigger_service.store.engine import Database

#: How this follower of the endings is called.
_CURSOR = "notifications"
#: Endings that are read at a time, and how many may be behind without a note how far it has come.
_BATCH = 200
_BEHIND = 1000
#: Runs of a pipeline that make its history.
_HISTORY = 50
#: Seconds between messages that are written down together: a failure is to be sent before the recovery from it.
_APART_S = 0.001

Told = tuple[Rule, Notice]


class Notifier:
    """For one thread; any number of processes may do so with one database, and each thing is told once."""

    def __init__(self, database: Database, counters: Counters) -> None:
        self._database = database
        self._counters = counters
        #: The last ending that was looked at; what is stored may be behind where nobody was to be told of anything.
        self._position: int | None = None
        self._stored = 0

    def follow(self, now: float) -> bool:
        """Write down what some endings have to say; whether there may be more of them."""
        with self._database.read() as connection:
            position = self._begun(connection)
            found = endings.after(connection, position, _BATCH) if position is not None else []
            rules = [rule for rule in table.listed(connection) if not rule.paused] if found else []
            told = [pair for ending in found for pair in _of_ending(connection, rules, ending)]
        if position is None:
            self._begin()
            return True
        if not found:
            return False
        newest = found[-1].id
        if told or newest - self._stored > _BEHIND:
            self._record(told, now, upto=newest)
        self._position = newest
        return len(found) == _BATCH

    def watch(self, now: float) -> None:
        """Write down which schedules are late and which runs take too long."""
        with self._database.read() as connection:
            rules = [rule for rule in table.listed(connection) if not rule.paused]
            told = [*_late(connection, rules, now), *_long(connection, rules, now)]
            told = [(rule, notice) for rule, notice in told if not table.is_told(connection, rule.name, notice.key)]
        if told:
            self._record(told, now)

    def _begun(self, connection: Connection) -> int | None:
        """Where to go on; None where nobody has begun yet."""
        if self._position is None:
            self._position = endings.position(connection, _CURSOR)
            self._stored = self._position or 0
        return self._position

    def _begin(self) -> None:
        """Begin with what ends from now on."""
        with self._database.write() as connection:
            if endings.position(connection, _CURSOR) is None:
                endings.begin(connection, _CURSOR)

    def _record(self, told: Sequence[Told], now: float, upto: int | None = None) -> None:
        """Store messages, and how far they go, in one transaction."""
        folded = 0
        with self._database.write() as connection:
            kept = {rule.name for rule in table.listed(connection)}
            for number, (rule, notice) in enumerate(told):
                if rule.name in kept and not table.is_told(connection, rule.name, notice.key):
                    folded += _add(connection, rule, notice, now + number * _APART_S)
            for name in {rule.name for rule, _ in told}:
                table.prune(connection, name)
            if upto is not None and upto > (endings.position(connection, _CURSOR) or 0):
                endings.advance(connection, _CURSOR, upto)
            fail_point("before messages are committed")
        self._counters.add_messages("folded", folded)
        fail_point("after messages are recorded")
        if upto is not None:
            self._stored = upto


def _add(connection: Connection, rule: Rule, notice: Notice, now: float) -> bool:
    """Store a message; whether it is told together with others of its kind."""
    message = Message(uuid7(now, os.urandom(10)), rule.name, notice, notice.key, created_at=now, due_at=now)
    newest = table.newest(connection, rule.name, notice.fold, now)
    decision = folding(newest, rule.fold_s, now)
    into = decision.into
    if newest is not None and into is not None:
        table.stand_for(connection, into, notice.evolve(more=newest.notice.more + 1))
    elif decision.at is not None:
        into = uuid7(now, os.urandom(10))
        stands = message.evolve(id=into, key=f"more {into}", notice=notice.evolve(more=1), due_at=decision.at)
        table.add(connection, stands.evolve(next_try_at=decision.at))
    if into is None:
        table.add(connection, message.evolve(next_try_at=now))
    else:
        table.add(connection, message.evolve(state="folded", folded_into=into, ended_at=now))
    return into is not None


def _of_ending(connection: Connection, rules: Sequence[Rule], ending: Ending) -> Iterable[Told]:
    """What each rule has to say of the end of a run; nothing of what ended before the rule was as it is."""
    concerned = [rule for rule in rules if ending.id > rule.since]
    if not concerned or ending.state not in ("failed", "succeeded"):
        return
    try:
        run = runs.get(connection, ending.run_id)
    except RunNotFound:  # deleted meanwhile
        return
    event: Event = "failed" if ending.state == "failed" else "recovered"
    covering = [rule for rule in concerned if rule.covers(event, run.pipeline, run.labels)]
    if not covering or (event == "recovered" and table.ended_before(connection, run) != "failed"):
        return
    notice = Notice.of_run(event, run, ending.time)
    yield from ((rule, notice) for rule in covering)


def _late(connection: Connection, rules: Sequence[Rule], now: float) -> Iterable[Told]:
    """Of each schedule the newest fire that should have its success by now, where that has not come."""
    for rule in rules:
        if "late" not in rule.events:
            continue
        for late in table.late(connection, now - rule.late_s):
            at = (late.fire_time or 0) + rule.late_s
            if at > rule.updated_at and rule.covers("late", late.pipeline, late.labels):
                yield rule, late.evolve(time=at)


def _long(connection: Connection, rules: Sequence[Rule], now: float) -> Iterable[Told]:
    watching = [rule for rule in rules if "long" in rule.events]
    histories: dict[str, Span | None] = {}
    for run in runs.live(connection) if watching else ():
        for rule in watching:
            if rule.covers("long", run.pipeline, run.labels):
                if run.pipeline not in histories:
                    histories[run.pipeline] = span(runs.durations(connection, run.pipeline, _HISTORY))
                if _takes_long(run, histories[run.pipeline], rule, now):
                    yield rule, Notice.of_run("long", run, now)


def _takes_long(run: Run, usual: Span | None, rule: Rule, now: float) -> bool:
    return run.started_at is not None and is_long(now - run.started_at, usual, rule.longer_than)
