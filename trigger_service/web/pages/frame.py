"""What stands around every page: how the service is, and how much there is of everything."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from trigger_service.domain.errors import TriggerError
from trigger_service.launchers.base import BrokenModule, Catalogue
from trigger_service.web.pages.times import lasting
from trigger_service.web.services import Services

T = TypeVar("T")
#: Seconds for which what stands around a page is not looked at again.
FRESH_S = 2.0
#: A disk with less than this share of it free is a warning.
LITTLE = 0.1
#: Seconds after which a fire that was not recorded is late.
BEHIND_S = 30.0


@dataclass(frozen=True)
class Check:
    """One thing that the service needs."""

    name: str
    #: healthy | warning | failed
    state: str
    text: str


class Remembered(Generic[T]):
    """A value that is found out again when it is older than `fresh_s` seconds. Safe for any thread.

    While one thread finds it out, others go on with the one of before: what is slow to answer holds up one page only.
    """

    def __init__(self, find: Callable[[], T], fresh_s: float = FRESH_S) -> None:
        self._find = find
        self._fresh_s = fresh_s
        self._lock = Lock()
        self._found: tuple[float, T] | None = None

    def __call__(self) -> T:
        known = self._found
        if known is not None and time.monotonic() - known[0] <= self._fresh_s:
            return known[1]
        if not self._lock.acquire(blocking=known is None):
            return known[1] if known else self()
        try:
            if self._found is known:
                self._found = (time.monotonic(), self._find())
            return (self._found or (0.0, self._find()))[1]
        finally:
            self._lock.release()


class Frame:
    """What the template of the frame asks for."""

    def __init__(self, services: Services, home: Path) -> None:
        """`home`: the folder whose disk is looked at."""
        self.catalogue = Remembered(lambda: _catalogue(services))
        self.counts = Remembered(lambda: counts(services, self.catalogue()))
        self.checks = Remembered(lambda: checks(services, self.catalogue(), home, time.time()))

    @property
    def state(self) -> str:
        """That of the service: healthy, or the worst of all checks."""
        states = {check.state for check in self.checks()}
        return next((state for state in ("failed", "warning") if state in states), "healthy")

    @property
    def word(self) -> str:
        """The same as people say it."""
        wrong = sum(check.state == self.state for check in self.checks())
        if self.state == "failed":
            return "Out of order"
        return "Healthy" if self.state == "healthy" else f"{wrong} warning{'' if wrong == 1 else 's'}"


def checks(services: Services, catalogue: Catalogue, home: Path, now: float) -> list[Check]:
    """All of them, in the order in which they matter."""
    return [*_processes(services), _scheduler(services, now), _code(catalogue), _disk(home)]


def counts(services: Services, catalogue: Catalogue) -> dict[str, int]:
    """How many there are, by the entry of the menu: of runs the live ones, of backfills those that go on."""
    automation = services.automation
    return {
        "pipelines": len(catalogue.pipelines),
        "runs": services.overview.live(),
        "schedules": len(automation.timetable.listed()),
        "hooks": len(automation.sensors.listed("webhook")),
        "files": len(automation.sensors.listed("file")),
        "backfills": sum(item.state == "running" for item in automation.backfills.listed(None, 100)),
    }


def _catalogue(services: Services) -> Catalogue:
    try:
        return services.places.catalogue()
    except TriggerError as error:
        return Catalogue(broken=(BrokenModule("(all)", str(error), "", late=True),))


def _processes(services: Services) -> Iterator[Check]:
    named = {"database": "Database", "luigid": "luigid", "zygote": "Code host"}
    for name, reason in services.readiness().items():
        yield Check(named.get(name, name), "failed" if reason else "healthy", reason or "answers")
    for place, reasons in services.places_readiness().items():
        for name, reason in reasons.items():
            if reason:
                yield Check(f"{named.get(name, name)} of {place}", "failed", reason)


def _scheduler(services: Services, now: float) -> Check:
    soonest = services.overview.next_fires(1)
    if not soonest or soonest[0].due_at is None:
        return Check("Scheduler", "healthy", "nothing to fire")
    away = soonest[0].due_at - now
    if away < -BEHIND_S:
        return Check("Scheduler", "warning", f"{soonest[0].name} should have fired {lasting(-away)} ago")
    return Check("Scheduler", "healthy", f"next fire in {lasting(away)}")


def _code(catalogue: Catalogue) -> Check:
    broken = catalogue.broken
    if not broken:
        return Check("Code", "healthy", "every module imports")
    named = broken[0].module if len(broken) == 1 else f"{len(broken)} modules"
    return Check("Code", "warning", f"{named} cannot be imported")


def _disk(home: Path) -> Check:
    usage = shutil.disk_usage(home)
    full = f"{100 - 100 * usage.free // usage.total} % of {usage.total >> 30} GiB used"
    return Check("Disk", "warning" if usage.free < LITTLE * usage.total else "healthy", full)
