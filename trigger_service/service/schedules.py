"""Fires the schedules: a fire is on record before anything else happens. The only file that knows APScheduler."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from trigger_service.domain.errors import AlreadyActive, TriggerError, Unavailable
from trigger_service.domain.failpoints import fail_point
from trigger_service.domain.queries import Idempotency
from trigger_service.domain.run import Trigger
from trigger_service.domain.schedule import decide, jitter
from trigger_service.domain.scheduled import Fire, Schedule
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
#: Whose Idempotency-Keys the fires are.
_CREDENTIAL = "schedule"


class Schedules:
    """A thread that looks whenever a fire is due. Any number of processes may do so with one database."""

    def __init__(self, database: Database, triggers: Triggers) -> None:
        self._database = database
        self._triggers = triggers
        self._scheduler: Any = None
        self._beginning = threading.Thread(target=self._begin, name="schedules begin", daemon=True)

    def start(self) -> None:
        """Start the thread; what was due meanwhile is looked at at once."""
        self._beginning.start()

    def stop(self) -> None:
        """End the thread after the look that it may be in the middle of."""
        self._beginning.join()
        self._scheduler.shutdown()

    def wake(self) -> None:
        """Say that another fire may be the next: a schedule was saved, paused or removed."""
        with self._database.read() as connection:
            due_at = table.next_due_at(connection)
        if self._scheduler is not None and due_at is not None and due_at - time.time() < EVERY_S:
            at = datetime.fromtimestamp(due_at, UTC)
            self._scheduler.add_job(self._look, "date", run_date=at, id="due", replace_existing=True)

    def _begin(self) -> None:
        # imported here, in a thread, so that nobody's start waits for it
        from apscheduler.executors.pool import ThreadPoolExecutor  # noqa: PLC0415
        from apscheduler.schedulers.background import BackgroundScheduler  # noqa: PLC0415

        executors = {"default": ThreadPoolExecutor(1)}
        defaults = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        scheduler = BackgroundScheduler(executors=executors, job_defaults=defaults, timezone=UTC)
        now = datetime.now(UTC)
        scheduler.add_job(self._look, "interval", seconds=EVERY_S, id="look", next_run_time=now)
        scheduler.start()
        self._scheduler = scheduler

    def look(self, now: float) -> None:
        """Record all fires that are due, and start what waits to be started."""
        while self._record(now):
            pass
        with self._database.read() as connection:
            waiting = table.pending(connection)
        newest = {fire.schedule: fire.fire_time for fire in waiting}
        for fire in waiting:
            self._serve(fire, newest[fire.schedule])

    def _look(self) -> None:
        try:
            self.look(time.time())
            self.wake()
        except TriggerError as error:
            log.warning("schedules cannot be looked at now: %s", error, extra={"action": "schedules_delayed"})
        except Exception:
            log.exception("looking at schedules failed", extra={"action": "schedules_failed"})

    def _record(self, now: float) -> bool:
        """Record the fires of some schedules that are due; whether there may be more of them."""
        with self._database.write() as connection:
            due = table.due(connection, now, _BATCH)
            for schedule in due:
                recorded, after = _fires(schedule, now)
                table.record(connection, recorded)
                table.advance(connection, schedule.name, after.next_fire, after.due_at)
        fail_point("between recorded fires and their runs")
        return len(due) == _BATCH

    def _serve(self, fire: Fire, newest: int) -> None:
        """Start the run of a fire, unless it has to wait or is not to be; `newest` is the last that waits with it."""
        with self._database.read() as connection:
            schedule = table.get(connection, fire.schedule)
            live = table.live_runs(connection, fire.schedule)
        if schedule is None:
            return
        if schedule.timing.overlap == "replace" and fire.fire_time < newest:
            settled = replace(fire, state="skipped", reason="a later fire of this schedule has taken its place")
        else:
            settled = self._overlapping(fire, schedule, live) or self._started(fire, schedule)
        if settled != fire:
            with self._database.write() as connection:
                table.settle(connection, settled)

    def _overlapping(self, fire: Fire, schedule: Schedule, live: list[str]) -> Fire | None:
        """What becomes of a fire while runs of its schedule live; None where they do not matter."""
        overlap = schedule.timing.overlap
        if not live or overlap == "allow":
            return None
        if overlap == "skip":
            return replace(fire, state="skipped", reason=f"run {live[0]} of this schedule had not ended")
        if overlap == "replace":
            for run_id in live:
                self._cancel(run_id, schedule.name)
        return replace(fire, reason=f"waits for the end of run {live[0]} of this schedule")

    def _cancel(self, run_id: str, name: str) -> None:
        try:
            self._triggers.cancel(run_id, f"schedule {name}")
        except TriggerError as error:  # which has ended meanwhile
            log.info("not cancelled: %s", error, extra={"action": "replace", "run_id": run_id})

    def _started(self, fire: Fire, schedule: Schedule) -> Fire:
        """The fire with its run, or with the reason why there is none."""
        key = Idempotency(_CREDENTIAL, f"{fire.schedule} {fire.fire_time}", "")
        at = datetime.fromtimestamp(fire.fire_time, ZoneInfo(schedule.timing.timezone))
        try:
            request = rendered(schedule.name, schedule.request, at)
            submission = self._triggers.submit(request, Trigger("schedule", schedule.name), key)
        except Unavailable as error:
            return replace(fire, reason=str(error))
        except AlreadyActive as error:
            return replace(fire, state="skipped", reason=str(error))
        except TriggerError as error:
            log.warning("a fire was refused: %s", error, extra={"action": "fire_refused"})
            return replace(fire, state="failed", reason=str(error))
        return replace(fire, state="started", reason="", run_id=submission.run.id)


def _fires(schedule: Schedule, now: float) -> tuple[list[Fire], Schedule]:
    """What becomes of the fires of a schedule that are due, and the schedule with the next one."""
    assert schedule.next_fire is not None, "a schedule that is due has a next fire"
    timing = schedule.timing
    times = []
    for fire_time in Occurrences(timing).due(schedule.next_fire - 1, now):
        if fire_time + jitter(schedule.name, fire_time, timing.jitter_s) > now:
            break
        times.append(fire_time)
    decision = decide(times, now, timing)
    missed = [
        Fire(schedule.name, each.fire_time, "missed", each.reason, recorded_at=now, count=each.count)
        for each in decision.missed
    ]
    fired = [Fire(schedule.name, fire_time, "pending", recorded_at=now) for fire_time in decision.fire]
    return [*missed, *fired], next_of(schedule, times[-1] if times else schedule.next_fire - 1)
