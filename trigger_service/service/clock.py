"""Calls what is to be looked at again and again, and at certain moments. The only file that knows APScheduler."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from trigger_service.domain.errors import TriggerError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Look:
    """Something to look at."""

    act: Callable[[], None]
    #: Seconds: the longest that it waits for what nobody announces.
    every_s: float
    wanted: threading.Event = field(default_factory=threading.Event)


class Clock:
    """Calls each look every so many seconds, never twice at once, from the start on. A look that raises is logged.

    Those seconds are elapsed time: a clock that is put back holds up no look, and one that is put forward makes up for
    none. Moments are what the clock shows.
    """

    def __init__(self) -> None:
        self._looks: dict[str, _Look] = {}
        self._threads: list[threading.Thread] = []
        self._over = False
        self._scheduler: Any = None

    def add(self, name: str, act: Callable[[], None], every_s: float) -> None:
        """Have this looked at from the start on; `every_s`: the longest that it waits for what nobody announces."""
        self._looks[name] = _Look(act, every_s)

    def start(self) -> None:
        """Start the threads."""
        self._threads = [
            threading.Thread(target=self._begin, name="clock begins", daemon=True),
            *(threading.Thread(target=self._look_on, args=[name], name=name, daemon=True) for name in self._looks),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the threads after the looks that they may be in the middle of."""
        self._over = True
        for look in self._looks.values():
            look.wanted.set()
        for thread in self._threads:
            thread.join()
        self._scheduler.shutdown()

    def call(self, name: str) -> None:
        """Look soon; at once, where no look is going on."""
        self._looks[name].wanted.set()

    def call_at(self, name: str, moment: float) -> None:
        """Look at this moment too. A later call takes the place of an earlier one."""
        if self._scheduler is not None:
            at = datetime.fromtimestamp(moment, UTC)
            wake = self._looks[name].wanted.set
            self._scheduler.add_job(wake, "date", run_date=at, id=name, replace_existing=True)

    def _begin(self) -> None:
        # imported here, in a thread, so that nobody's start waits for it
        from apscheduler.schedulers.background import BackgroundScheduler  # noqa: PLC0415

        defaults = {"coalesce": True, "misfire_grace_time": None}
        scheduler = BackgroundScheduler(job_defaults=defaults, timezone=UTC)
        scheduler.start()
        self._scheduler = scheduler

    def _look_on(self, name: str) -> None:
        look = self._looks[name]
        while not self._over:
            look.wanted.clear()
            _look_safely(name, look.act)
            if not self._over:
                look.wanted.wait(look.every_s)


def _look_safely(name: str, act: Callable[[], None]) -> None:
    try:
        act()
    except TriggerError as error:
        log.warning("%s cannot be looked at now: %s", name, error, extra={"action": "look_delayed"})
    except Exception:
        log.exception("looking at %s failed", name, extra={"action": "look_failed"})
