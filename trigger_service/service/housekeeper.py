"""A thread that keeps the past within its limits."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

from trigger_service.domain.errors import TriggerError
from trigger_service.domain.retention import Keep, Pruning
from trigger_service.service.retention import Retention
from trigger_service.store.engine import Database

log = logging.getLogger(__name__)

#: Seconds from the start to the first look: what starts has other things to do.
_FIRST_S = 10.0


class _Stopped(Exception):
    """The thread is to end."""


class Housekeeper:
    """Looks soon after the start, and then every `keep.every_s` seconds."""

    def __init__(self, home: Path, database: Database, keep: Keep) -> None:
        self._retention = Retention(home, database, keep, self._rest)
        #: What is kept.
        self.keep = keep
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="housekeeper", daemon=True)
        #: What the last look found and did; None before the first.
        self.last: Pruning | None = None
        #: Since the start of the service: runs that went, by reason, and the bytes that they gave back.
        self.runs: dict[str, int] = {"age": 0, "count": 0, "size": 0}
        self.freed = 0

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, after the transaction that it may be in the middle of."""
        self._stopping.set()
        self._thread.join()

    def look(self) -> None:
        """Delete what is not kept."""
        done = self._retention.prune(time.time())
        self.last = done
        for why, count in done.runs.items():
            self.runs[why] += count
        self.freed += done.folders_freed + done.database_freed
        if sum(done.runs.values()):
            log.info("old runs were deleted: %s", done.to_json(), extra={"action": "pruned"})

    def _loop(self) -> None:
        pause = min(_FIRST_S, self.keep.every_s)
        while not self._stopping.wait(pause):
            pause = self.keep.every_s
            try:
                self.look()
            except _Stopped:
                return
            except (TriggerError, OSError) as error:
                log.warning("cannot delete old runs now: %s", error, extra={"action": "prune_delayed"})
            except Exception:
                log.exception("deleting old runs failed", extra={"action": "prune_failed"})

    def _rest(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise _Stopped
