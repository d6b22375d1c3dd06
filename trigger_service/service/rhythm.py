"""When the collector looks: soon after a silence, seldom enough under load, at an end always at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager


class Rhythm:
    """Decides at each ring which runs to look at now. For one thread; times are of the monotonic clock, in seconds."""

    #: Between two looks at everything.
    EVERY_S = 1.0
    #: From the first ring after a silence to the look: what has just started has the processors to itself, and what it
    #: reports at its start is taken in together.
    SETTLE_S = 0.025
    #: Between two looks at runs that ring all the time, at least.
    REST_S = 0.05
    #: A look that took long is followed by a rest of so many times its length.
    REST_FACTOR = 4.0
    #: While runs that have rung are kept waiting, so that a storm of rings costs little.
    BREATH_S = 0.005

    def __init__(self, has_exit: Callable[[str], bool]) -> None:
        """`has_exit` tells, at the cost of one look at a folder, whether a live run's child has written its end."""
        self._has_exit = has_exit
        self._waiting: set[str] = set()
        self._not_before = 0.0
        self._next_full = 0.0
        self._full = False

    def pause(self) -> float:
        """How long to wait for a ring."""
        if self._waiting:
            return 0.0
        return max(0.0, self._next_full - time.monotonic())

    def due(self, rung: set[str], live: Collection[str]) -> set[str] | None:
        """The runs to look at now; None for everything, the empty set for not yet."""
        now = time.monotonic()
        if rung and not self._waiting:
            self._not_before = max(self._not_before, now + self.SETTLE_S)
        self._waiting |= rung
        if now >= self._next_full:
            self._next_full = now + self.EVERY_S
            self._waiting.clear()
            return None
        if now >= self._not_before:
            due = self._waiting | {run_id for run_id in live if self._has_exit(run_id)} if self._waiting else set()
        else:
            due = {run_id for run_id in self._waiting if self._has_exit(run_id)}
        self._waiting -= due
        return due

    def next_step(self, at: float | None) -> None:
        """Look at everything at the time `at` (seconds since the epoch) if that comes before the next full look."""
        if at is not None:
            self._next_full = min(self._next_full, time.monotonic() + max(self.REST_S, at - time.time()))

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Around a look: rest afterwards in proportion to what it cost."""
        started = time.monotonic()
        try:
            yield
        finally:
            now = time.monotonic()
            self._not_before = now + max(self.REST_S, self.REST_FACTOR * (now - started))
