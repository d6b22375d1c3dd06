"""Tells waiting threads that there is news of a run: only that, never what."""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice, takewhile

#: Runs whose newest version is remembered; of older ones it is known only that nothing changed lately.
REMEMBERED = 10_000


class Broadcast:
    """A version for each run, and for all together, that grows with every piece of news. Safe for any thread.

    To miss nothing: take the version, read the state, then wait for a newer version.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest = 0
        self._versions: OrderedDict[str, int] = OrderedDict()
        self._waiters: defaultdict[str | None, set[threading.Event]] = defaultdict(set)

    def notify(self, run_id: str) -> None:
        """Wake everybody who waits for this run, or for any."""
        with self._lock:
            self._newest += 1
            self._versions[run_id] = self._newest
            self._versions.move_to_end(run_id)
            if len(self._versions) > REMEMBERED:
                self._versions.popitem(last=False)
            woken = [*self._waiters.get(run_id, ()), *self._waiters.get(None, ())]
        for waiter in woken:
            waiter.set()

    def version(self, run_id: str | None = None) -> int:
        """The present version of a run; of all runs for None."""
        with self._lock:
            return self._version(run_id)

    def since(self, version: int, most: int) -> tuple[int, tuple[str, ...] | None]:
        """The present version, and the runs with news since `version`, newest first; None for more than `most`.

        `most` is less than REMEMBERED.
        """
        with self._lock:
            news = takewhile(lambda run_id: self._versions[run_id] > version, reversed(self._versions))
            found = tuple(islice(news, most + 1))
            return self._newest, found if len(found) <= most else None

    def wait(self, run_id: str | None, version: int, timeout: float) -> int:
        """Wait up to `timeout` seconds for a version after `version`; gives the version at the end, newer or not."""
        with self._waiter(run_id) as news:
            if self.version(run_id) <= version:
                news.wait(timeout)
        return self.version(run_id)

    def _version(self, run_id: str | None) -> int:
        return self._newest if run_id is None else self._versions.get(run_id, 0)

    @contextmanager
    def _waiter(self, run_id: str | None) -> Iterator[threading.Event]:
        news = threading.Event()
        with self._lock:
            self._waiters[run_id].add(news)
        try:
            yield news
        finally:
            with self._lock:
                self._waiters[run_id].discard(news)
                if not self._waiters[run_id]:
                    del self._waiters[run_id]
