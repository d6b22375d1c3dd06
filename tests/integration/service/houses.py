"""A whole service on a home folder, with children that are threads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from polling import until

from trigger_service.domain.admission import Limits
from trigger_service.domain.files import Inbox
from trigger_service.domain.place import Place
from trigger_service.domain.plan import Walk
from trigger_service.domain.run import FINAL, Run, RunRequest, Trigger
from trigger_service.launchers.base import Pipeline
from trigger_service.launchers.inline import InlineHost, InlineLauncher, InlinePlanner, Script
from trigger_service.launchers.places import Places
from trigger_service.service.automation import Automation
from trigger_service.service.broadcast import Broadcast
from trigger_service.service.calendars import Calendars
from trigger_service.service.clock import Clock
from trigger_service.service.collector import Collector
from trigger_service.service.counters import Counters
from trigger_service.service.dispatcher import Dispatcher
from trigger_service.service.doorbell import Doorbell, doorbell_name
from trigger_service.service.feeder import Feeder
from trigger_service.service.handing import Handing
from trigger_service.service.insights import Insights
from trigger_service.service.pools import Pools
from trigger_service.service.schedules import Schedules
from trigger_service.service.starter import Starter
from trigger_service.service.triggers import Triggers
from trigger_service.service.turns import Turns
from trigger_service.service.vault import Vault
from trigger_service.store.schema import open_database

PARAMETERS = (
    {"name": "n", "type": "IntParameter", "visibility": "public"},
    {"name": "month", "visibility": "public", "required": False},
    {"name": "password", "visibility": "private"},
)
PIPELINES = (
    Pipeline("Work", "tasks.work", parameters=PARAMETERS),
    Pipeline("Other", "tasks.other", parameters=PARAMETERS),
    Pipeline("Load", "tasks.load", parameters=PARAMETERS),
)


class FreedTasks:
    """Stands for luigid, of which the service asks one thing only: to free what a dead worker holds."""

    def __init__(self) -> None:
        self.attempts: Counter[tuple[str, int]] = Counter()

    def free(self, run_id: str, attempt: int) -> None:
        self.attempts[run_id, attempt] += 1


class House:
    """Everything below the web, on one home folder. `restart` is what a new process would do; children live on."""

    def __init__(
        self,
        home: Path,
        script: Script,
        limits: Limits,
        complete: Callable[[Any], bool],
        inboxes: Mapping[str, Inbox] | None = None,
    ) -> None:
        self.home = home
        self.inboxes = inboxes
        self.limits = limits
        self.host = InlineHost(PIPELINES)
        self.places = Places({Place(): self.host})
        self.central = FreedTasks()
        self.launcher = InlineLauncher(script, ring=self.ring, complete=complete)
        self.doorbell: Doorbell | None = None
        self.grace_s = 0.2
        #: Values of whatever parameter for which every task is complete.
        self.complete_values: list[Any] = []

    def start(self) -> House:
        self.database = open_database(self.home / "database.sqlite3")
        self.broadcast = Broadcast()
        self.doorbell = Doorbell(doorbell_name(self.home))
        starter = Starter(
            home=self.home,
            database=self.database,
            launcher=self.launcher,
            broadcast=self.broadcast,
            doorbell=self.doorbell,
            scheduler_url=lambda _: "http://127.0.0.1:1",
        )
        self.pools = Pools(self.database, self.limits)

        def limits() -> Limits:
            return self.pools.limits

        self.dispatcher = Dispatcher(database=self.database, places=self.places, limits=limits, starter=starter)
        self.pools.on_change = self.dispatcher.wake
        self.collector = Collector(
            home=self.home,
            database=self.database,
            launcher=self.launcher,
            central=self.central,
            broadcast=self.broadcast,
            dispatcher=self.dispatcher,
            doorbell=self.doorbell,
            grace_s=self.grace_s,
        )
        self.vault = Vault(self.home / "vault.key", self.database)
        self.triggers = Triggers(
            database=self.database,
            places=self.places,
            vault=self.vault,
            limits=limits,
            broadcast=self.broadcast,
            dispatcher=self.dispatcher,
            doorbell=self.doorbell,
        )
        planner = InlinePlanner(lambda *_: Walk(()), self.complete_values)
        self.calendars = Calendars(triggers=self.triggers, planner=planner, turns=Turns())
        #: Not started: nobody looks by the clock, tests say when it is.
        self.clock = Clock()
        self.counters = Counters()
        self.automation = Automation(
            database=self.database,
            triggers=self.triggers,
            vault=self.vault,
            schedule_file=self.home / "schedules.toml",
            calendars=self.calendars,
            clock=self.clock,
            counters=self.counters,
            inboxes=self.inboxes,
        )
        self.timetable = self.automation.timetable
        self.presets = self.automation.presets
        self.sensors = self.automation.sensors
        self.handing = Handing(self.database, self.triggers, self.counters)
        self.schedules = Schedules(self.database, self.triggers, self.handing, self.counters)
        self.backfills = self.automation.backfills
        self.feeder = Feeder(self.database, self.triggers, self.handing, self.counters)
        self.insights = Insights(
            home=self.home, database=self.database, limits=limits, obstacle=self.dispatcher.obstacle
        )
        self.dispatcher.start()
        self.collector.start()
        return self

    def stop(self) -> None:
        self.handing.stop()
        self.dispatcher.stop()
        self.collector.stop()
        self.doorbell.close()
        self.doorbell = None
        self.database.close()

    def close(self) -> None:
        if self.doorbell is not None:
            self.stop()
        self.launcher.close()

    def ring(self, run_id: str) -> None:
        bell = self.doorbell
        if bell is not None:
            bell.ring(run_id)

    def submit(self, pipeline: str = "Work", **request: Any) -> Run:
        return self.triggers.submit(RunRequest(pipeline, **request), Trigger("api", "test")).run

    def run(self, run_id: str) -> Run:
        return self.insights.run(run_id)

    def until(self, run: Run, *states: str) -> Run:
        def reached() -> Run | None:
            now = self.run(run.id)
            if now.state in FINAL and now.state not in states:
                raise AssertionError(f"{now.state} ({now.reason}), and not {' or '.join(states)}")
            return now if now.state in states else None

        return until(reached, f"run {run.id} {states}")

    def end_of(self, run: Run) -> Run:
        return self.until(run, *FINAL)
