"""Calls what is to be looked at again and again, and at certain moments. The only file that knows APScheduler."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from trigger_service.domain.errors import TriggerError

log = logging.getLogger(__name__)


class Clock:
    """Calls each look every so many seconds, never twice at once, from the start on. A look that raises is logged.

    Those seconds are elapsed time: a clock that is put back holds up no look, and one that is put forward makes up for
    none. Moments are what the clock shows.
    """

    def __init__(self, looks: Mapping[str, tuple[Callable[[], None], float]]) -> None:
        """`looks` by name, each with its seconds: the longest that it waits for what nobody announces."""
        self._looks = looks
        self._wanted = {name: threading.Event() for name in looks}
        self._over = False
        self._scheduler: Any = None
        again = (threading.Thread(target=self._look_on, args=[name], name=name, daemon=True) for name in looks)
        self._threads = [threading.Thread(target=self._begin, name="clock begins", daemon=True), *again]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the threads after the looks that they may be in the middle of."""
        self._over = True
        for wanted in self._wanted.values():
            wanted.set()
        for thread in self._threads:
            thread.join()
        self._scheduler.shutdown()

    def call(self, name: str) -> None:
        """Look soon; at once, where no look is going on."""
        self._wanted[name].set()

    def call_at(self, name: str, moment: float) -> None:
        """Look at this moment too. A later call takes the place of an earlier one."""
        if self._scheduler is not None:
            at = datetime.fromtimestamp(moment, UTC)
            self._scheduler.add_job(self._wanted[name].set, "date", run_date=at, id=name, replace_existing=True)

    def _begin(self) -> None:
        # imported here, in a thread, so that nobody's start waits for it
        from apscheduler.schedulers.background import BackgroundScheduler  # noqa: PLC0415

        defaults = {"coalesce": True, "misfire_grace_time": None}
        scheduler = BackgroundScheduler(job_defaults=defaults, timezone=UTC)
        scheduler.start()
        self._scheduler = scheduler

    def _look_on(self, name: str) -> None:
        wanted = self._wanted[name]
        while not self._over:
            wanted.clear()
            self._look(name)
            if not self._over:
                wanted.wait(self._looks[name][1])

    def _look(self, name: str) -> None:
        try:
            self._looks[name][0]()
        except TriggerError as error:
            log.warning("%s cannot be looked at now: %s", name, error, extra={"action": "look_delayed"})
        except Exception:
            log.exception("looking at %s failed", name, extra={"action": "look_failed"})
