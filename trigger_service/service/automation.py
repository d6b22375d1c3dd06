"""Everything that starts runs without being asked each time, put together: what looks, and how often."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from trigger_service.domain.files import Inbox
from trigger_service.service import feeder, schedules, sensors
from trigger_service.service import schedule_file as schedule_files
from trigger_service.service.backfills import Backfills
from trigger_service.service.calendars import Calendars
from trigger_service.service.clock import Clock
from trigger_service.service.counters import Counters
from trigger_service.service.feeder import Feeder
from trigger_service.service.handing import Handing
from trigger_service.service.hooks import Hooks
from trigger_service.service.inboxes import Inboxes
from trigger_service.service.presets import Presets
from trigger_service.service.schedule_file import ScheduleFile
from trigger_service.service.schedules import Schedules
from trigger_service.service.sensor_checks import SensorChecks
from trigger_service.service.sensors import Sensors
from trigger_service.service.timetable import Timetable
from trigger_service.service.triggers import Triggers
from trigger_service.service.upstreams import Upstreams
from trigger_service.service.vault import Vault
from trigger_service.store.engine import Database


class Automation:
    """Made with the service, started after all that it needs, and stopped before, but after the clock."""

    def __init__(
        self,
        *,
        database: Database,
        triggers: Triggers,
        vault: Vault,
        schedule_file: Path,
        calendars: Calendars,
        clock: Clock,
        counters: Counters,
        inboxes: Mapping[str, Inbox] | None = None,
    ) -> None:
        """`clock` calls what looks; `inboxes` by name: where file sensors may look."""
        checks = SensorChecks(triggers, inboxes or {})
        self._handing = Handing(database, triggers, counters)
        self.timetable = Timetable(database, triggers)
        self.presets = Presets(database, checks)
        self.sensors = Sensors(database, self._handing, checks)
        self.hooks = Hooks(database, self.sensors, checks, vault)
        self.backfills = Backfills(database, triggers, calendars, counters)
        self._schedules = Schedules(database, triggers, self._handing, counters)
        self._feeder = Feeder(database, triggers, self._handing, counters)
        self._upstreams = Upstreams(database, self.serve_sensors)
        self._schedule_file = ScheduleFile(schedule_file, self.timetable)
        self._clock = clock
        clock.add("schedule file", self._schedule_file.look, schedule_files.EVERY_S)
        clock.add("schedules", self._schedules.look_now, schedules.EVERY_S)
        clock.add("ends of runs", self._upstreams.look, sensors.EVERY_S)
        clock.add("sensors", self.sensors.look, sensors.EVERY_S)
        clock.add("backfills", self._feeder.look, feeder.EVERY_S)
        self.inboxes = Inboxes(database, self.sensors, inboxes or {})
        self._schedules.on_due = partial(self._clock.call_at, "schedules")
        self.timetable.on_change = self._schedules.wake
        self.sensors.on_pending = self.serve_sensors
        self.backfills.on_change = self._feeder.on_more = self.feed_backfills
        self.sensors.on_change = self.inboxes.wake

    def start(self) -> None:
        """Start to look into the inboxes; the clock looks at all else."""
        self.inboxes.start()

    def stop(self) -> None:
        """End that, and what is handed in."""
        self.inboxes.stop()
        self._handing.stop()

    def follow_ends(self) -> None:
        """Say that a run has ended."""
        self._clock.call("ends of runs")
        self.feed_backfills()

    def feed_backfills(self) -> None:
        """Say that a backfill may go on."""
        self._clock.call("backfills")

    def serve_sensors(self) -> None:
        """Say that a delivery waits."""
        self._clock.call("sensors")
