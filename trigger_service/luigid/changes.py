"""Who waits for which task, and what has changed since: the memory behind `POST /wait`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

#: Seconds for which changes are gathered before those who wait for any change are woken.
GATHER_S = 0.05
#: Number of tasks whose last change is remembered.
REMEMBERED = 50_000


class Changes:
    """A version that grows with every change, the version of each task's last change, and those who wait.

    Versions start at the time of the start in microseconds, so that they also grow over restarts: whoever asks with a
    version of an earlier luigid is answered at once.
    """

    def __init__(self, now: float) -> None:
        self.version = int(now * 1_000_000)
        #: Changes up to this version may have been forgotten.
        self._floor = self.version
        #: Version of the last change by task id, oldest first.
        self._changed: dict[str, int] = {}
        self._waiters: dict[str, set[asyncio.Future[None]]] = {}
        self._waiters_for_any: set[asyncio.Future[None]] = set()
        self._flush: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """How many places in the books are taken by those who wait; 0 when nobody does."""
        return len(self._waiters_for_any) + sum(len(futures) for futures in self._waiters.values())

    def record(self, task_id: str | None) -> None:
        """Something happened to a task, or (None) to something that only those who wait for any change care for."""
        self.version += 1
        if task_id is not None:
            self._remember(task_id)
            _wake(self._waiters.pop(task_id, set()))
        if self._waiters_for_any and self._flush is None:
            self._flush = asyncio.get_running_loop().call_later(GATHER_S, self._wake_any)

    async def wait(self, tasks: Sequence[str], version: int, timeout_s: float) -> int:
        """The version as soon as one of `tasks` (none: anything) has changed after `version`, or at the timeout."""
        if self._has_news(tasks, version):
            return self.version
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        for task_id in tasks:
            self._waiters.setdefault(task_id, set()).add(future)
        if not tasks:
            self._waiters_for_any.add(future)
        try:
            await asyncio.wait((future,), timeout=timeout_s)
        finally:
            self._leave(tasks, future)
        return self.version

    def wake_all(self) -> None:
        """Let everybody go, because luigid ends."""
        for futures in self._waiters.values():
            _wake(futures)
        self._wake_any()

    def _has_news(self, tasks: Sequence[str], version: int) -> bool:
        if version < self._floor or version > self.version:
            return True
        if not tasks:
            return version < self.version
        return any(self._changed.get(task_id, 0) > version for task_id in tasks)

    def _remember(self, task_id: str) -> None:
        self._changed.pop(task_id, None)
        self._changed[task_id] = self.version
        if len(self._changed) > REMEMBERED:
            self._floor = self._changed.pop(next(iter(self._changed)))

    def _leave(self, tasks: Sequence[str], future: asyncio.Future[None]) -> None:
        self._waiters_for_any.discard(future)
        for task_id in tasks:
            futures = self._waiters.get(task_id)
            if futures is not None:
                futures.discard(future)
                if not futures:
                    del self._waiters[task_id]

    def _wake_any(self) -> None:
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None
        _wake(self._waiters_for_any)


def _wake(futures: set[asyncio.Future[None]]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)
