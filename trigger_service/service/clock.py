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
    """Calls each look every so many seconds, never twice at once, from the start on. A look that raises is logged."""

    def __init__(self, looks: Mapping[str, tuple[Callable[[], None], float]]) -> None:
        """`looks` by name, each with its seconds: the longest that it waits for what nobody announces."""
        self._looks = looks
        self._scheduler: Any = None
        self._beginning = threading.Thread(target=self._begin, name="clock begins", daemon=True)

    def start(self) -> None:
        """Start the threads."""
        self._beginning.start()

    def stop(self) -> None:
        """End the threads after the looks that they may be in the middle of."""
        self._beginning.join()
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
        defaults = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        scheduler = BackgroundScheduler(executors=executors, job_defaults=defaults, timezone=UTC)
        for name, (_, seconds) in self._looks.items():
            now = datetime.now(UTC)
            scheduler.add_job(self._look, "interval", [name], seconds=seconds, next_run_time=now, executor=name)
        scheduler.start()
        self._scheduler = scheduler

    def _look(self, name: str) -> None:
        try:
            self._looks[name][0]()
        except TriggerError as error:
            log.warning("%s cannot be looked at now: %s", name, error, extra={"action": "look_delayed"})
        except Exception:
            log.exception("looking at %s failed", name, extra={"action": "look_failed"})
