"""The spares of one nursery: processes that have everything imported and wait for their one order."""

from __future__ import annotations

import contextlib
import socket
from collections import deque
from dataclasses import dataclass
from typing import Callable, Deque, List, Optional

from trigger_service.runner.ipc import LoopChannel, Message
from trigger_service.runner.loop import Loop

#: Seconds after a launch before the next spare is forked, so that the fork does not slow down what was launched.
REFILL_DELAY_S = 0.05
#: Reason, and key of the answer, for those who asked a brood that has been retired meanwhile.
RETIRED = "retired"


@dataclass(frozen=True)
class Spare:
    """A process that waits for its one order."""

    channel: LoopChannel
    pid: int
    started: int


#: Gets a spare, or None and the reason why there is none.
Taker = Callable[[Optional[Spare], str], None]


class Spares:
    """Keeps so many ready, and gives each to one taker."""

    def __init__(self, loop: Loop, wanted: int, order: Callable[[], None]) -> None:
        """`wanted` is how many to have ready; `order` asks the nursery for one more."""
        self._loop = loop
        self._wanted = wanted
        self._order = order
        self._waiting: Deque[Spare] = deque()
        self._takers: Deque[Taker] = deque()
        self._coming = 0
        self._open = False
        self._closed = False

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def open(self) -> None:
        """Begin: the nursery is ready to fork."""
        self._open = True
        self._refill()

    def close(self) -> None:
        """Let all go that wait, and tell those who wait for one that none will come."""
        self._open, self._closed = False, True
        for spare in self._waiting:
            self._loop.drop(spare.channel)
        self._waiting.clear()
        for taker in self._drain_takers():
            taker(None, RETIRED)

    def take(self, taker: Taker) -> None:
        """Give a spare now, or as soon as there is one."""
        if self._waiting:
            taker(self._waiting.popleft(), "")
            self._loop.later(REFILL_DELAY_S, self._refill)
        elif self._closed:
            taker(None, RETIRED)
        else:
            self._takers.append(taker)
            self._refill()

    def expect(self, connection: socket.socket) -> None:
        """One has been forked, and will say hello on this connection."""
        channel = self._loop.watch(LoopChannel(connection))

        def on_hello(message: Message) -> None:
            self._coming -= 1
            spare = Spare(channel, message["pid"], message["started"])
            self._loop.forget_former(spare.pid)
            channel.on_gone = lambda: self._forget(spare)
            if self._closed:
                self._loop.drop(channel)
            elif self._takers:
                self._takers.popleft()(spare, "")
            else:
                self._waiting.append(spare)

        def on_stillborn() -> None:
            self._coming -= 1
            self._refill()

        channel.on_message, channel.on_gone = on_hello, on_stillborn

    def give_none(self, reason: str) -> None:
        """The nursery could not fork."""
        self._coming -= 1
        for taker in self._drain_takers():
            taker(None, f"no process can be forked: {reason}")

    def _refill(self) -> None:
        if self._open:
            for _ in range(self._wanted + len(self._takers) - len(self._waiting) - self._coming):
                self._coming += 1
                self._order()

    def _forget(self, spare: Spare) -> None:
        with contextlib.suppress(ValueError):
            self._waiting.remove(spare)
        self._loop.later(REFILL_DELAY_S, self._refill)

    def _drain_takers(self) -> List[Taker]:
        takers = list(self._takers)
        self._takers.clear()
        return takers
