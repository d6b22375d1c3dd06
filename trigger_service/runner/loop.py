"""The event loop of the base zygote: connections, timers and children, in one thread, so that it may fork."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import os
import selectors
import signal
import socket
import time
from collections import OrderedDict
from typing import Any, Callable, List, Mapping, Tuple

from trigger_service.runner.ipc import LoopChannel

#: How many ended children's words are kept.
WORDS_KEPT = 10_000


class Loop:
    """Calls back when a message, a time or the end of a child comes."""

    def __init__(self) -> None:
        #: Called with the pid of each child that has been reaped; its word is known by then.
        self.on_child_end: Callable[[int], None] = lambda _: None
        self._selector = selectors.DefaultSelector()
        self._timers: List[Tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._stopping = False
        #: How ended children went, by pid.
        self.words: OrderedDict[int, str] = OrderedDict()
        self._bell, self._clapper = socket.socketpair()
        self._listeners: List[socket.socket] = []
        self._hear_signals()

    def run(self) -> None:
        """Go on until SIGTERM."""
        while not self._stopping:
            for key, events in self._selector.select(self._patience_s()):
                key.data(events)
            while self._timers and self._timers[0][0] <= time.monotonic():
                heapq.heappop(self._timers)[2]()

    def listen(self, listener: socket.socket, on_connection: Callable[[socket.socket], None]) -> None:
        """Call back with each new connection."""
        listener.setblocking(False)
        self._listeners.append(listener)
        self._selector.register(listener, selectors.EVENT_READ, lambda _: on_connection(listener.accept()[0]))

    def watch(self, channel: LoopChannel) -> LoopChannel:
        """Have the channel's `on_message` and `on_gone` called."""
        self._selector.register(channel, selectors.EVENT_READ, lambda events: self._serve(channel, events))
        return channel

    def post(self, channel: LoopChannel, message: Mapping[str, Any]) -> None:
        """Send a message, now or as soon as the other side takes it; to a closed channel it goes nowhere."""
        if channel.fileno() >= 0:
            channel.put(message)
            self._watch_writing(channel)

    def drop(self, channel: LoopChannel) -> None:
        """Close a channel without any call back."""
        if channel.fileno() >= 0:
            self._selector.unregister(channel)
            channel.close()

    def later(self, delay_s: float, action: Callable[[], None]) -> None:
        """Call back after a time in seconds."""
        heapq.heappush(self._timers, (time.monotonic() + delay_s, next(self._order), action))

    def forget_former(self, pid: int) -> None:
        """Forget how a child went that had this pid before the present one."""
        self.words.pop(pid, None)

    def bury(self, pid: int) -> str:
        """The word of a child that is ending; one that does not end by itself is killed."""
        if pid not in self.words:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                self._note(pid, os.waitpid(pid, 0)[1])
        return self.words.get(pid, "")

    def bury_session(self, pid: int) -> None:
        """Kill a child and its session: it may be busy, or have started others."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        self.bury(pid)

    def leave(self) -> None:
        """In a forked child: let go of everything here without a word to the parent's selector, which is shared."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, (socket.socket, LoopChannel)):
                key.fileobj.close()
        self._clapper.close()
        self._selector.close()

    def _hear_signals(self) -> None:
        for end in (self._bell, self._clapper):
            end.setblocking(False)
        self._selector.register(self._bell, selectors.EVENT_READ, self._on_signal)
        signal.set_wakeup_fd(self._clapper.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is for the supervisor to answer

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _on_signal(self, _: int) -> None:
        with contextlib.suppress(BlockingIOError):
            self._bell.recv(4096)
        self.reap()

    def reap(self) -> None:
        """Note how all children went that are dead by now."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                self._note(pid, status)

    def _note(self, pid: int, status: int) -> None:
        self.words[pid] = word_of(status)
        if len(self.words) > WORDS_KEPT:
            self.words.popitem(last=False)
        self.on_child_end(pid)

    def _serve(self, channel: LoopChannel, events: int) -> None:
        if channel.fileno() < 0:
            return  # closed by an earlier call back of the same round
        if events & selectors.EVENT_WRITE:
            channel.flush()
            self._watch_writing(channel)
        if not events & selectors.EVENT_READ:
            return
        messages = channel.collect()
        for message in messages or ():
            channel.on_message(message)
        if messages is None and channel.fileno() >= 0:
            self.drop(channel)
            channel.on_gone()

    def _watch_writing(self, channel: LoopChannel) -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if channel.wants_to_write else 0)
        key = self._selector.get_key(channel)
        if key.events != events:
            self._selector.modify(channel, events, key.data)

    def _patience_s(self) -> float:
        return max(0.0, self._timers[0][0] - time.monotonic()) if self._timers else 3600.0


def word_of(status: int) -> str:
    """A wait status in words."""
    if os.WIFSIGNALED(status):
        return f"killed by signal {os.WTERMSIG(status)}"
    return f"ended with exit status {os.WEXITSTATUS(status)}"
