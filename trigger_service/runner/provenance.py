"""Which commit the code of one brood is: git is asked in a process of its own, never by the base zygote."""

from __future__ import annotations

from typing import Callable, List, Optional, Tuple

from trigger_service.runner.checkout import Checkout
from trigger_service.runner.ipc import LoopChannel, Message
from trigger_service.runner.loop import Loop

#: Seconds for which a launch waits for git, where it has to be asked anew; most have not.
PATIENCE_S = 0.5
Listener = Callable[[Checkout], None]


class Provenance:
    """The last look at the checkout, and the next one where that does not hold any more."""

    def __init__(self, loop: Loop, start: Callable[[Callable[[Message], None]], Tuple[LoopChannel, int]]) -> None:
        """`start` starts a look, whose answer goes to the callback; gives its connection and pid."""
        self._loop = loop
        self._start = start
        self._checkout: Optional[Checkout] = None
        self._listeners: List[Listener] = []
        self._under_way: Optional[Tuple[LoopChannel, int]] = None
        self._look()

    def tell(self, listener: Listener) -> None:
        """Call back with the present state of the checkout, as far as it is known in time."""
        if self._checkout is not None and self._checkout.holds():
            listener(self._checkout)
            return
        self._listeners.append(listener)
        self._loop.later(PATIENCE_S, lambda: self._give(Checkout(), [listener]))
        if self._under_way is None:
            self._look()

    def close(self) -> None:
        """End a look that is under way; who waits for it is told that nothing is known."""
        self._end()
        self._give(Checkout(), list(self._listeners))

    def _look(self) -> None:
        self._checkout = None
        self._under_way = channel, _ = self._start(self._on_answer)
        channel.on_gone = lambda: self._on_answer(Checkout().to_json())

    def _on_answer(self, message: Message) -> None:
        self._end()
        self._checkout = Checkout.from_json(message)
        self._give(self._checkout, list(self._listeners))

    def _give(self, checkout: Checkout, listeners: List[Listener]) -> None:
        for listener in listeners:
            if listener in self._listeners:
                self._listeners.remove(listener)
                listener(checkout)

    def _end(self) -> None:
        if self._under_way is not None:
            channel, pid = self._under_way
            self._under_way = None
            self._loop.drop(channel)
            self._loop.bury_session(pid)
