"""Fires the schedules: a fire is on record before anything else happens."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from trigger_service.domain.errors import InvalidRequest, TriggerError
from trigger_service.domain.failpoints import fail_point
from trigger_service.domain.run import RunRequest, Trigger
from trigger_service.domain.schedule import decide, jitter
from trigger_service.domain.scheduled import Fire, Schedule
from trigger_service.service.counters import Counters
from trigger_service.service.handing import Handing, Outcome
from trigger_service.service.occurrences import Occurrences
from trigger_service.service.timetable import next_of, rendered
from trigger_service.service.triggers import Triggers
from trigger_service.store import schedules as table
from trigger_service.store.engine import Database

log = logging.getLogger(__name__)

#: Seconds between two looks, whatever is due: what a clock that was stepped, or a run that has ended, makes due.
EVERY_S = 1.0
#: Schedules whose fires are recorded in one transaction.
_BATCH = 200


class Schedules:
    """Looks whenever a fire is due. Any number of processes may do so with one database."""

    def __init__(self, database: Database, triggers: Triggers, handing: Handing, counters: Counters) -> None:
        self._database = database
        self._counters = counters
        self._triggers = triggers
        self._handing = handing
        #: Called with the moment of the next fire, where that is before the next look that comes anyway.
        self.on_due: Callable[[float], None] = lambda _due_at: None

    def wake(self) -> None:
        """Say that another fire may be the next: a schedule was saved, paused or removed."""
        with self._database.read() as connection:
            due_at = table.next_due_at(connection)
        if due_at is not None and due_at - time.time() < EVERY_S:
            self.on_due(due_at)

    def look_now(self) -> None:
        """Look, and come back in time for the next fire; after a failure with the next look that comes anyway."""
        self.look(time.time())
        self.wake()

    def look(self, now: float) -> None:
        """Record all fires that are due, and start what waits to be started."""
        while self._record(now):
            pass
        with self._database.read() as connection:
            waiting = table.pending(connection)
        by_schedule = sorted(waiting, key=lambda fire: fire.schedule)
        self._handing.each(
            self._serve_in_turn, [list(of) for _, of in groupby(by_schedule, lambda fire: fire.schedule)]
        )

    def _record(self, now: float) -> bool:
        """Record the fires of some schedules that are due; whether there may be more of them."""
        with self._database.read() as connection:
            due = table.due(connection, now, _BATCH)
        if not due:
            return False
        # while nothing else has to wait: after a long time without a service there are many thousands of fires
        reckoned = [(schedule, *_fires(schedule, now)) for schedule in due]
        made: list[Fire] = []
        with self._database.write() as connection:
            for schedule, recorded, after in reckoned:
                if table.advance(connection, schedule, after):
                    table.record(connection, recorded)
                    made += recorded
        for fire in made:
            if fire.state != "pending":
                self._counters.add_fires(fire.state, fire.count)
        fail_point("between recorded fires and their runs")
        return len(due) == _BATCH

    def _serve_in_turn(self, waiting: Sequence[Fire]) -> None:
        """Serve the fires of one schedule, oldest first; one that has to wait holds up those behind it."""
        for fire in waiting:
            outcome = self._serve(fire, newest=waiting[-1].fire_time)
            if outcome is not None and outcome.state == "pending":
                return

    def _serve(self, fire: Fire, newest: int) -> Outcome | None:
        """Start the run of a fire, unless it has to wait or is not to be; `newest` is the last that waits with it."""
        with self._database.read() as connection:
            schedule = table.get(connection, fire.schedule)
            live = table.live_runs(connection, fire.schedule)
        if schedule is None:
            return None
        outcome = self._overlapping(fire, schedule, live, newest)
        if outcome is not None and (outcome.state, outcome.reason) == (fire.state, fire.reason):
            return outcome
        trigger = Trigger("schedule", schedule.name)
        return self._handing.hand_in(lambda: outcome or _request(schedule, fire), trigger, _settling(fire))

    def _overlapping(self, fire: Fire, schedule: Schedule, live: Mapping[str, bool], newest: int) -> Outcome | None:
        """What becomes of a fire while runs of its schedule live; None where they do not matter.

        `live`: by id, whether the schedule has started it; one that a fire was attached to is somebody else's.
        """
        overlap = schedule.timing.overlap
        if overlap == "replace" and fire.fire_time < newest:
            return Outcome("skipped", "a later fire of this schedule has taken its place")
        if not live or overlap == "allow":
            return None
        oldest = next(iter(live))
        if overlap == "skip":
            return Outcome("skipped", f"run {oldest} of this schedule had not ended")
        if overlap == "replace":
            for run_id in (run_id for run_id, own in live.items() if own):
                self._cancel(run_id, schedule.name)
        return Outcome("pending", f"waits for the end of run {oldest} of this schedule")

    def _cancel(self, run_id: str, name: str) -> None:
        try:
            self._triggers.cancel(run_id, f"schedule {name}")
        except TriggerError as error:  # which has ended meanwhile
            log.info("not cancelled: %s", error, extra={"action": "replace", "run_id": run_id})


def _request(schedule: Schedule, fire: Fire) -> RunRequest:
    """What a fire asks for. Raises what `rendered` raises."""
    at = datetime.fromtimestamp(fire.fire_time, ZoneInfo(schedule.timing.timezone))
    return rendered(schedule.name, schedule.request, at)


def _settling(fire: Fire) -> Callable[[Connection, Outcome], bool]:
    """Stores what has become of a fire."""

    def settle(connection: Connection, outcome: Outcome) -> bool:
        settled = replace(fire, state=outcome.state, reason=outcome.reason, run_id=outcome.run_id)
        return table.settle(connection, settled)

    return settle


def _fires(schedule: Schedule, now: float) -> tuple[list[Fire], Schedule]:
    """What becomes of the fires of a schedule that are due, and the schedule with the next one.

    One whose timing cannot be read any more (its time zone is gone from the machine) fails, and fires no more until it
    is saved again: the others go on.
    """
    assert schedule.next_fire is not None, "a schedule that is due has a next fire"
    timing = schedule.timing
    try:
        occurrences = Occurrences(timing)
    except InvalidRequest as error:
        log.error("schedule %s stands still: %s", schedule.name, error, extra={"action": "schedule_unusable"})  # noqa: TRY400
        reason = f"its timing cannot be read any more, so it stands still: save it again. {error}"
        failed = Fire(schedule.name, schedule.next_fire, "failed", reason, recorded_at=now)
        return [failed], schedule.evolve(next_fire=None, due_at=None)
    last = schedule.next_fire - 1

    def due() -> Iterator[int]:
        nonlocal last
        for fire_time in occurrences.due(last, now):
            if fire_time + jitter(schedule.name, fire_time, timing.jitter_s) > now:
                return
            last = fire_time
            yield fire_time

    decision = decide(due(), now, timing)
    missed = [
        Fire(schedule.name, each.fire_time, "missed", each.reason, recorded_at=now, count=each.count)
        for each in decision.missed
    ]
    fired = [Fire(schedule.name, fire_time, "pending", recorded_at=now) for fire_time in decision.fire]
    return [*missed, *fired], next_of(schedule, last)
