"""Keeps count of who asks how often, in memory."""

from __future__ import annotations

import threading
import time

from trigger_service.domain.throttling import Rate


class Throttle:
    """One bucket for each key, all of one rate. Safe for any thread.

    So many keys are kept at most; then those whose bucket is full are dropped, which changes nothing for them, and if
    that is not enough, the older half of all.
    """

    MOST = 10_000

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._lock = threading.Lock()
        #: When each bucket will be full, in seconds of the monotonic clock.
        self._full_at: dict[str, float] = {}

    def wait_s(self, key: str) -> float:
        """Seconds until there is another one for `key`; 0 for now."""
        return self._rate.wait_s(self._full_at.get(key, 0.0), time.monotonic())

    def take(self, key: str) -> float:
        """Take one for `key` if there is one, and give 0; otherwise the seconds until there is."""
        with self._lock:
            now = time.monotonic()
            full_at = self._full_at.get(key, 0.0)
            wait_s = self._rate.wait_s(full_at, now)
            if wait_s <= 0:
                self._full_at[key] = self._rate.taken(full_at, now)
                if len(self._full_at) > self.MOST:
                    self._drop(now)
            return wait_s

    def _drop(self, now: float) -> None:
        kept = [(key, full_at) for key, full_at in self._full_at.items() if full_at > now]
        self._full_at = dict(kept if len(kept) <= self.MOST // 2 else kept[len(kept) // 2 :])
