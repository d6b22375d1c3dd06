"""A bound on requests that hold a thread for long: streams, and waits for a run."""

from __future__ import annotations

import threading


class Slots:
    """A number of places, taken and given back by any thread."""

    def __init__(self, limit: int) -> None:
        self._lock = threading.Lock()
        self._limit = limit
        self._free = limit

    @property
    def taken(self) -> int:
        """How many places are taken."""
        return self._limit - self._free

    def take(self) -> bool:
        """Whether there was a free place; it is taken then, and has to be given back."""
        with self._lock:
            if self._free <= 0:
                return False
            self._free -= 1
            return True

    def give_back(self) -> None:
        """Free a place that was taken."""
        with self._lock:
            self._free += 1


class LongRequests:
    """The places of streams and of waits, and the word that all of them have to end because the service stops."""

    def __init__(self, streams: int, waits: int) -> None:
        self.streams = Slots(streams)
        self.waits = Slots(waits)
        self.closing = threading.Event()
