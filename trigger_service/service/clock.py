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
        self._turns = {name: threading.Lock() for name in looks}
        self._over = threading.Event()
        self._scheduler: Any = None
        again = (threading.Thread(target=self._look_on, args=[name], daemon=True) for name in looks)
        self._threads = [threading.Thread(target=self._begin, name="clock begins", daemon=True), *again]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the threads after the looks that they may be in the middle of."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._scheduler.shutdown()

    def call_at(self, name: str, moment: float) -> None:
        """Look at this moment too; one that is past means at once. A later call takes the place of an earlier one."""
        if self._scheduler is not None:
            at = datetime.fromtimestamp(moment, UTC)
            job = (self._look, "date", [name])
            self._scheduler.add_job(*job, run_date=at, id=f"{name} at", replace_existing=True, executor=name)

    def _begin(self) -> None:
        # imported here, in a thread, so that nobody's start waits for it
        from apscheduler.executors.pool import ThreadPoolExecutor  # noqa: PLC0415
        from apscheduler.schedulers.background import BackgroundScheduler  # noqa: PLC0415

        executors = {name: ThreadPoolExecutor(1) for name in self._looks}
        # a look may announce the next one, which waits for its end
        defaults = {"coalesce": True, "misfire_grace_time": None, "max_instances": 3}
        scheduler = BackgroundScheduler(executors=executors, job_defaults=defaults, timezone=UTC)
        scheduler.start()
        self._scheduler = scheduler

    def _look_on(self, name: str) -> None:
        self._look(name)
        while not self._over.wait(self._looks[name][1]):
            self._look(name)

    def _look(self, name: str) -> None:
        try:
            with self._turns[name]:
                self._looks[name][0]()
        except TriggerError as error:
            log.warning("%s cannot be looked at now: %s", name, error, extra={"action": "look_delayed"})
        except Exception:
            log.exception("looking at %s failed", name, extra={"action": "look_failed"})
