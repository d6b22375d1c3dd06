"""Settles attempts whose child died without a word, and tidies up after all that have ended."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from trigger_service.domain import stopping
from trigger_service.domain.errors import TriggerError
from trigger_service.domain.failpoints import fail_point
from trigger_service.domain.run import Attempt, RunError
from trigger_service.domain.spec import ExitReport, Handle, RunFolder, attempt_folder
from trigger_service.launchers.base import Launcher
from trigger_service.store import attempts
from trigger_service.store.engine import Database

log = logging.getLogger(__name__)

#: Seconds that a child may take to leave after it has written its last word.
LINGER_S = 15.0

Key = tuple[str, int]


class CentralScheduler(Protocol):
    """What is needed of luigid: `service.central.Central` is it."""

    def free(self, run_id: str, attempt: int) -> object:
        """Take the tasks of an ended attempt's workers from them; raises SchedulerUnavailable."""


class Undertaker:
    """Does what may block, in a few threads of its own, and rings when it is done. Its owner is one thread."""

    def __init__(
        self,
        *,
        home: Path,
        database: Database,
        launcher: Launcher,
        central: CentralScheduler,
        ring: Callable[[str], None],
    ) -> None:
        self._home = home
        self._database = database
        self._launcher = launcher
        self._central = central
        self._ring = ring
        self._pool = ThreadPoolExecutor(4, "undertaker")
        self._settling: dict[Key, Future[ExitReport | None]] = {}
        self._freeing: dict[Key, Future[bool]] = {}

    def settle(self, run_id: str, attempt: int, handle: Handle | None) -> None:
        """Begin to find out how an attempt ended whose child is gone. `verdict` has the answer after a ring."""
        key = (run_id, attempt)
        if key not in self._settling:
            folder = attempt_folder(self._home, run_id, attempt)
            self._settling[key] = self._pool.submit(self._settle, run_id, folder, handle)

    def verdict(self, run_id: str, attempt: int) -> ExitReport | None:
        """What `settle` found out, once; None while it is not done, or where it has to be tried again."""
        future = self._settling.get((run_id, attempt))
        if future is None or not future.done():
            return None
        del self._settling[run_id, attempt]
        return future.result()

    def tend(self) -> list[str]:
        """Go on with all ended attempts as far as they can; gives the ids of runs whose log has become whole."""
        with self._database.read() as connection:
            ended = attempts.unburied(connection)
        gone = self._gone(ended)
        buried = [attempt for attempt in gone if self._is_freed(attempt) and self._is_pumped(attempt)]
        if buried:
            fail_point("before the attempt is buried")
            with self._database.write() as connection:
                for attempt in buried:
                    attempts.bury(connection, attempt.run_id, attempt.number)
            for attempt in buried:
                del self._freeing[attempt.run_id, attempt.number]
        return [attempt.run_id for attempt in buried]

    def close(self) -> None:
        """Wait for what is being done; what has not begun is left to the next start."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _settle(self, run_id: str, folder: RunFolder, handle: Handle | None) -> ExitReport | None:
        try:
            return self._launcher.settle(handle, folder)
        except OSError as error:
            # the outcome is known even where the folder has no room to say so
            reason = error.strerror or str(error)
            return ExitReport("lost", error=RunError("AttemptLost", f"the child is gone; {reason}"))
        except TriggerError as error:
            log.warning("cannot settle yet: %s", error, extra={"action": "settle_delayed", "run_id": run_id})
            return None
        finally:
            self._ring(run_id)

    def _gone(self, ended: Sequence[Attempt]) -> list[Attempt]:
        """Those whose child is gone. One that lingers after its last word is made to leave."""
        known = [(attempt, Handle.from_json(attempt.handle)) for attempt in ended if attempt.handle is not None]
        alive = self._launcher.poll([handle for _, handle in known])
        lingering: set[Key] = set()
        for (attempt, handle), lives in zip(known, alive, strict=True):
            if lives:
                lingering.add((attempt.run_id, attempt.number))
                late = time.time() - (attempt.ended_at or 0.0) - LINGER_S
                if late > 0:
                    self._launcher.stop(handle, stopping.force(late + 1.0, 1.0))
        return [attempt for attempt in ended if (attempt.run_id, attempt.number) not in lingering]

    def _is_freed(self, attempt: Attempt) -> bool:
        key = (attempt.run_id, attempt.number)
        future = self._freeing.get(key)
        if future is None or (future.done() and not future.result()):
            self._freeing[key] = self._pool.submit(self._free, *key)
            return False
        return future.done()

    def _free(self, run_id: str, attempt: int) -> bool:
        try:
            self._central.free(run_id, attempt)
        except Exception as error:
            about = {"action": "free_delayed", "run_id": run_id}
            log.warning("cannot free tasks yet: %s", error, extra=about, exc_info=not isinstance(error, TriggerError))
            return False
        self._ring(run_id)
        return True

    def _is_pumped(self, attempt: Attempt) -> bool:
        try:
            return self._launcher.tend_pump(attempt_folder(self._home, attempt.run_id, attempt.number))
        except (TriggerError, OSError) as error:
            log.warning("cannot pump yet: %s", error, extra={"action": "pump_delayed", "run_id": attempt.run_id})
            return False
