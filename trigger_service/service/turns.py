"""Turns of clients: what occupies a process and a thread for seconds is made for each client one at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from trigger_service.domain.errors import Busy

#: Plans and calendars that are made at a time.
AT_ONCE = 4


@dataclass(frozen=True)
class Asker:
    """Who waits for what is made."""

    client: str
    #: Says when nobody waits for it any more.
    gone: Callable[[], bool]


class Turns:
    """Whose plan or calendar is being made. Safe for any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        #: By client: set when what is made for it is to be ended.
        self._ended: dict[str, threading.Event] = {}

    def __len__(self) -> int:
        """How many are being made."""
        with self._changed:
            return len(self._ended)

    @contextmanager
    def taken(self, client: str) -> Iterator[threading.Event]:
        """The turn of a client; gives what is set when it is to be ended. Raises Busy."""
        ended = threading.Event()
        with self._changed:
            if client in self._ended:
                raise Busy(
                    reason="A plan or calendar of yours is being made; wait for it, or end it (DELETE /api/v1/plans)."
                )
            if len(self._ended) >= AT_ONCE:
                raise Busy(reason=f"{AT_ONCE} plans or calendars are being made, which are the most at a time.")
            self._ended[client] = ended
        try:
            yield ended
        finally:
            with self._changed:
                del self._ended[client]
                self._changed.notify_all()

    def end(self, client: str, wait_s: float = 0.0) -> None:
        """End what is being made for a client, if there is anything, and wait at most so many seconds until it has."""
        with self._changed:
            ended = self._ended.get(client)
            if ended is not None:
                ended.set()
                self._changed.wait_for(lambda: self._ended.get(client) is not ended, wait_s)
