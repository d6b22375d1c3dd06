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
from trigger_service.domain.queries import RunFilter
from trigger_service.launchers.base import BrokenModule, Catalogue
from trigger_service.web.services import Services

T = TypeVar("T")
#: Seconds for which what stands around a page is not looked at again.
FRESH_S = 2.0
#: A disk with less than this share of it free is a warning.
LITTLE = 0.1


@dataclass(frozen=True)
class Check:
    """One thing that the service needs."""

    name: str
    #: healthy | warning | failed
    state: str
    text: str


class Remembered(Generic[T]):
    """A value that is found out again when it is older than `fresh_s` seconds. Safe for any thread."""

    def __init__(self, find: Callable[[], T], fresh_s: float = FRESH_S) -> None:
        self._find = find
        self._fresh_s = fresh_s
        self._lock = Lock()
        self._found: tuple[float, T] | None = None

    def __call__(self) -> T:
        with self._lock:
            if self._found is None or time.monotonic() - self._found[0] > self._fresh_s:
                self._found = (time.monotonic(), self._find())
            return self._found[1]


class Frame:
    """What the template of the frame asks for."""

    def __init__(self, services: Services, home: Path) -> None:
        """`home`: the folder whose disk is looked at."""
        self.counts = Remembered(lambda: counts(services))
        self.checks = Remembered(lambda: checks(services, home))

    @property
    def state(self) -> str:
        """That of the service: healthy, or the worst of all checks."""
        states = {check.state for check in self.checks()}
        return next((state for state in ("failed", "warning") if state in states), "healthy")


def checks(services: Services, home: Path) -> list[Check]:
    """All of them, in the order in which they matter."""
    return [*_processes(services), _code(services), _disk(home)]


def counts(services: Services) -> dict[str, int]:
    """How many there are, by the entry of the menu: of runs the live ones, of backfills those that go on."""
    automation = services.automation
    live = RunFilter(states=("starting", "running", "cancelling"))
    return {
        "pipelines": len(_catalogue(services).pipelines),
        "runs": len(services.insights.runs(live, limit=100).runs),
        "schedules": len(automation.timetable.listed()),
        "hooks": len(automation.sensors.listed("webhook")),
        "files": len(automation.sensors.listed("file")),
        "backfills": sum(item.state == "running" for item in automation.backfills.listed(None, 100)),
    }


def _catalogue(services: Services) -> Catalogue:
    try:
        return services.places.catalogue()
    except TriggerError as error:
        return Catalogue(broken=(BrokenModule("(all)", str(error), ""),))


def _processes(services: Services) -> Iterator[Check]:
    named = {"database": "Database", "luigid": "luigid", "zygote": "Code host"}
    for name, reason in services.readiness().items():
        yield Check(named.get(name, name), "failed" if reason else "healthy", reason or "answers")
    for place, reasons in services.places_readiness().items():
        for name, reason in reasons.items():
            if reason:
                yield Check(f"{named.get(name, name)} of {place}", "failed", reason)


def _code(services: Services) -> Check:
    broken = _catalogue(services).broken
    if not broken:
        return Check("Code", "healthy", "every module imports")
    return Check("Code", "warning", ", ".join(item.module for item in broken) + " cannot be imported")


def _disk(home: Path) -> Check:
    usage = shutil.disk_usage(home)
    full = f"{100 - 100 * usage.free // usage.total} % of {usage.total >> 30} GiB used"
    return Check("Disk", "warning" if usage.free < LITTLE * usage.total else "healthy", full)
