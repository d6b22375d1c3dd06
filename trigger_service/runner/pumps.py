"""The pumps of the base zygote: each pumps for one run at a time, and one that has done waits a while for the next run.

A fresh fork costs more than what a short run prints: its pages are copied as it touches them.
"""

from __future__ import annotations

import itertools
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict

from trigger_service.runner import linux
from trigger_service.runner.ipc import BlockingChannel, LoopChannel, Message
from trigger_service.runner.loop import Loop
from trigger_service.runner.pump import run_pump

#: How many wait for the next run, and for how long, in seconds.
KEPT, IDLE_S = 4, 10.0
#: Forks a process that does the work and ends; gives its pid.
ForkWork = Callable[[Callable[[], int]], int]


@dataclass(frozen=True)
class PumpProcess:
    """A process that takes one folder after the other."""

    channel: LoopChannel
    pid: int
    started: int


class Pumps:
    """Gives each folder to a pump that waits, or to a new one."""

    def __init__(self, loop: Loop, fork: ForkWork) -> None:
        self._loop = loop
        self._fork = fork
        #: Those that wait, the longest first; each with a number that no other wait has.
        self._idle: Dict[PumpProcess, int] = {}
        self._waits = itertools.count()

    def start(self, folder: Path) -> PumpProcess:
        """Have the folder's output pumped. Raises OSError where no process can be forked."""
        pump = self._idle.popitem()[0] if self._idle else self._make()
        self._loop.post(pump.channel, {"folder": str(folder)})
        return pump

    def _make(self) -> PumpProcess:
        ours, theirs = socket.socketpair()

        def work() -> int:
            ours.close()
            return serve(BlockingChannel(theirs))

        try:
            pid = self._fork(work)
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        pump = PumpProcess(self._loop.watch(LoopChannel(ours)), pid, linux.started_ticks(pid))
        pump.channel.on_message = lambda _: self._keep(pump)
        pump.channel.on_gone = lambda: self._forget(pump)
        return pump

    def _keep(self, pump: PumpProcess) -> None:
        """It has done; the one that has waited longest of too many ends."""
        since = next(self._waits)
        self._idle[pump] = since
        if len(self._idle) > KEPT:
            self._end(next(iter(self._idle)))
        self._loop.later(IDLE_S, lambda: self._end(pump) if self._idle.get(pump) == since else None)

    def _end(self, pump: PumpProcess) -> None:
        self._forget(pump)
        self._loop.drop(pump.channel)

    def _forget(self, pump: PumpProcess) -> None:
        self._idle.pop(pump, None)


def serve(channel: BlockingChannel) -> int:
    """The life of a pump: one folder after the other, until the base zygote lets it go or is gone itself."""
    os.setsid()
    done: Message = {"done": True}
    while (order := channel.receive()) is not None:
        run_pump(Path(order["folder"]))
        try:
            channel.send(done)
        except BrokenPipeError:
            break
    return 0
