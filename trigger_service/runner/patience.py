"""A limit for users' code that is asked something in a process that has more to do than to wait for it.

In the main thread only, as signals are. Code that hides what is raised in it can only be ended by another process.
"""

from __future__ import annotations

import contextlib
import signal
import time
from types import FrameType
from typing import Callable, Iterator, Optional, Set, TypeVar

#: Seconds in which a default has to be read.
DEFAULT_S = 2.0
Answer = TypeVar("Answer")


class NoAnswer(BaseException):
    """its code gave no answer within {seconds:g} s"""

    def __init__(self, seconds: float) -> None:
        super().__init__((type(self).__doc__ or "").format(seconds=seconds))


@contextlib.contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Raise NoAnswer wherever the code of the block is after so many seconds, once; an alarm set before still rings."""

    def give_up(_signal: int, _frame: Optional[FrameType]) -> None:
        raise NoAnswer(seconds)

    start, (left, interval) = time.monotonic(), signal.getitimer(signal.ITIMER_REAL)
    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, min(seconds, left or seconds))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(0.001, left - (time.monotonic() - start)), interval)


class Patience:
    """Puts many questions, each with a limit. A class that gave no answer is not asked again: a thousand wait once."""

    def __init__(self, seconds: float = DEFAULT_S) -> None:
        self._seconds = seconds
        self._silent: Set[type] = set()

    def ask(self, asked: type, question: Callable[[], Answer]) -> Answer:
        """The answer of code of the class `asked`; raises what that raises, or NoAnswer."""
        if asked in self._silent:
            raise NoAnswer(self._seconds)
        try:
            with patience(self._seconds):
                return question()
        except NoAnswer:
            self._silent.add(asked)
            raise
