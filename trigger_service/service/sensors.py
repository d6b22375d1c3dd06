"""Sensors: saved, paused, removed and shown; and their deliveries, each of which becomes a run once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection

from trigger_service.domain.audit import Change
from trigger_service.domain.errors import PipelineBroken, SensorNotFound, Unavailable
from trigger_service.domain.filters import Verdict
from trigger_service.domain.run import RunRequest, Trigger
from trigger_service.domain.sensors import Delivery, Sensor, SensorKind
from trigger_service.service.handing import Handing, Outcome
from trigger_service.service.sensor_checks import SensorChecks
from trigger_service.store import audit, endings
from trigger_service.store import sensors as table
from trigger_service.store.engine import Database

log = logging.getLogger(__name__)

#: Seconds between two looks at what waits.
EVERY_S = 1.0
#: Deliveries of a sensor that are started in one look, for the end of which the service waits when it stops.
_BATCH = 100


@dataclass(frozen=True)
class Delivered:
    """What has become of a delivery."""

    delivery: Delivery
    #: It was on record before: nothing was done again.
    replayed: bool = False
    #: Why no run was started, where that is an error.
    error: Exception | None = field(default=None, compare=False)


def _unsealed(_old: Sensor | None) -> str:
    """What most sensors have of secrets: none."""
    return ""


class Sensors:
    """All sensors. Safe for any thread, and for any number of processes with one database."""

    def __init__(self, database: Database, handing: Handing, checks: SensorChecks) -> None:
        self._database = database
        self._handing = handing
        self._checks = checks
        #: Called after each change of a sensor.
        self.on_change: Callable[[], None] = lambda: None
        #: Called when deliveries were recorded that wait.
        self.on_pending: Callable[[], None] = lambda: None

    def save(self, sensor: Sensor, actor: str, seal: Callable[[Sensor | None], str] = _unsealed) -> Sensor:
        """Make a sensor, or put it in the place of the one of its name, and whether it is paused stays.

        `seal` gives its sealed secrets, and is given the sensor of before.
        Raises InvalidRequest with everything that is wrong with it, and what a run of it would be refused with.
        """
        now = time.time()
        self._checks.check(sensor)
        with self._database.write() as connection:
            self._checks.check_cycles(sensor, table.listed(connection, "pipeline"))
            old = table.get(connection, sensor.name)
            made = sensor.evolve(created_at=old.created_at if old else now, updated_at=now, sealed=seal(old))
            if old is not None:
                made = made.evolve(paused=old.paused)
                if _begins_anew(old, made):
                    table.forget(connection, sensor.name)
            table.save(connection, made.evolve(since=endings.newest(connection)))
            action = "sensor changed" if old else "sensor made"
            audit.record(connection, _change(actor, action, old, made), now)
        self.on_change()
        return made

    def pause(self, name: str, paused: bool, actor: str) -> Sensor:
        """Pause or resume a sensor. Raises SensorNotFound."""
        with self._changing(name) as (connection, old, now):
            if old.paused == paused:
                return old
            made = old.evolve(paused=paused, since=endings.newest(connection), updated_at=now)
            table.save(connection, made)
            done = "sensor paused" if paused else "sensor resumed"
            change = Change(actor, done, f"sensor {name}", {"paused": old.paused}, {"paused": paused})
            audit.record(connection, change, now)
        self.on_change()
        return made

    def remove(self, name: str, actor: str) -> None:
        """Remove a sensor and the record of its deliveries; its runs stay. Raises SensorNotFound."""
        with self._changing(name) as (connection, old, now):
            table.remove(connection, name)
            audit.record(connection, _change(actor, "sensor removed", old, None), now)
        self.on_change()

    def get(self, name: str) -> Sensor:
        """One of them; raises SensorNotFound."""
        with self._database.read() as connection:
            found = table.get(connection, name)
        if found is None:
            raise SensorNotFound(name=name)
        return found

    def listed(self, kind: SensorKind | None = None) -> list[Sensor]:
        """All of them, or those of a kind, by name."""
        with self._database.read() as connection:
            return table.listed(connection, kind)

    def deliveries(self, name: str, before: int | None, limit: int) -> list[Delivery]:
        """What became of a sensor's deliveries, newest first; raises SensorNotFound."""
        self.get(name)
        with self._database.read() as connection:
            return table.history(connection, name, before, limit)

    def newest(self, kind: SensorKind) -> dict[str, Delivery]:
        """The newest delivery of each sensor of a kind that has had one."""
        with self._database.read() as connection:
            return table.newest(connection, kind)

    def tried(self, name: str, document: Any) -> tuple[Verdict, RunRequest | None]:
        """What a document would lead to: whether it passes the filter, and the request; nothing is started.

        Raises SensorNotFound, and what a run would be refused with.
        """
        sensor = self.get(name)
        verdict = sensor.judge(document)
        if not verdict.passes:
            return verdict, None
        request = sensor.request_for(document)
        self._checks.judge(request)
        return verdict, request

    def deliver(self, sensor: Sensor, key: str, document: Any) -> Delivered:
        """Take a delivery: its run, or why there is none, is on record when this returns.

        A key starts one run, whatever it is delivered with afterwards. One that has started none is looked at anew: the
        mapping, or the pipeline, may have been mended. Raises SensorNotFound where it was removed meanwhile,
        StoreUnavailable.
        """
        with self._database.read() as connection:
            before = table.delivery(connection, sensor.name, key)
        if before is not None and before.state in ("pending", "started"):
            return Delivered(before, replayed=True)
        if before is None:
            made = Delivery(sensor.name, key, "pending", document=document, recorded_at=time.time())
            outcome = self._served(sensor, made, _recording(made))
        else:
            made = replace(before, document=document)
            outcome = self._served(sensor, made, _settling(made))
        if outcome is None:
            with self._database.read() as connection:
                first = table.delivery(connection, sensor.name, key)
            assert first is not None, "whoever was first has recorded it"
            return Delivered(first, replayed=True)
        return Delivered(_with(made, outcome), error=outcome.error)

    def wake(self) -> None:
        """Say that deliveries were recorded that wait."""
        self.on_pending()

    def look(self) -> None:
        """Start what waits to be started; what one sensor has to wait for holds up no other."""
        with self._database.read() as connection:
            waiting = table.waiting(connection)
        self._handing.each(self._serve_in_turn, waiting)

    def _serve_in_turn(self, sensor: Sensor) -> None:
        """Serve some deliveries of one sensor, oldest first, until nobody can be asked."""
        with self._database.read() as connection:
            waiting = table.pending(connection, sensor.name, _BATCH)
        for made in waiting:
            outcome = self._served(sensor, made, _settling(made))
            if outcome is not None and outcome.state == "pending":
                return
        if len(waiting) == _BATCH:
            self.on_pending()

    def _served(self, sensor: Sensor, made: Delivery, settle: Callable[[Connection, Outcome], bool]) -> Outcome | None:
        """What becomes of a delivery; None where somebody else has settled it."""

        def asked() -> RunRequest | Outcome:
            if sensor.paused:
                return Outcome("skipped", "the sensor is paused")
            verdict = sensor.judge(made.document)
            if not verdict.passes:
                return Outcome("skipped", f"the filter refuses it: {verdict.reason}")
            return sensor.request_for(made.document)

        # what has happened does not happen again by itself, as a schedule fires again: it waits for mended code
        return self._handing.hand_in(asked, Trigger(sensor.kind, sensor.name), settle, (Unavailable, PipelineBroken))

    @contextmanager
    def _changing(self, name: str) -> Iterator[tuple[Connection, Sensor, float]]:
        with self._database.write() as connection:
            old = table.get(connection, name)
            if old is None:
                raise SensorNotFound(name=name)
            yield connection, old, time.time()


def record(connection: Connection, sensor: str, key: str, document: Mapping[str, Any], now: float) -> bool:
    """Store a delivery that waits for its run, in a transaction of somebody's own; False where it is on record."""
    return table.record(connection, Delivery(sensor, key, "pending", document=document, recorded_at=now))


def _begins_anew(old: Sensor, made: Sensor) -> bool:
    """Whether what a sensor has seen is of no use any more. Files are known again however they are looked for."""
    return old.kind != made.kind or (made.kind != "file" and old.source != made.source)


def _recording(made: Delivery) -> Callable[[Connection, Outcome], bool]:
    """Stores a delivery with what has become of it."""
    return lambda connection, outcome: table.record(connection, _with(made, outcome))


def _settling(made: Delivery) -> Callable[[Connection, Outcome], bool]:
    """Stores what has become of a delivery that is on record, and as it was."""

    def settle(connection: Connection, outcome: Outcome) -> bool:
        is_news = (outcome.state, outcome.reason) != (made.state, made.reason)
        return not is_news or table.settle(connection, _with(made, outcome), was=made.state)

    return settle


def _with(made: Delivery, outcome: Outcome) -> Delivery:
    return replace(made, state=outcome.state, reason=outcome.reason, run_id=outcome.run_id)


def _change(actor: str, action: str, old: Sensor | None, made: Sensor | None) -> Change:
    named = made or old
    assert named is not None, "a change is one of something"
    before, after = (None if each is None else each.told() for each in (old, made))
    return Change(actor, action, f"sensor {named.name}", before, after)
