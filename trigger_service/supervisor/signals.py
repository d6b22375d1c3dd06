"""Signals as something to wait for, together with a file: no work is done in a handler."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_NUMBERS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


@dataclass(frozen=True)
class Signals:
    """The signals that have arrived."""

    _arrived: int

    def wait(self, timeout: float | None, beside: int | None = None) -> tuple[set[int], bool]:
        """The numbers of the signals since the last call, and whether the descriptor `beside` has something to read.

        Waits up to `timeout` seconds for either.
        """
        ready, _, _ = select.select([self._arrived, *([] if beside is None else [beside])], [], [], timeout)
        numbers = set(os.read(self._arrived, 4096)) if self._arrived in ready else set()
        return numbers, beside in ready


@contextmanager
def gathered_signals() -> Iterator[Signals]:
    """Gather SIGTERM, SIGINT, SIGHUP and SIGCHLD instead of obeying them."""
    arrived, told = os.pipe()
    os.set_blocking(told, False)
    before = {number: signal.signal(number, lambda *_: None) for number in _NUMBERS}
    woken = signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    try:
        yield Signals(arrived)
    finally:
        signal.set_wakeup_fd(woken)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(arrived)
        os.close(told)
