"""Pipes between an object and programs that read or write a file descriptor."""

import hashlib
import os
import select
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

_BLOCK = 1 << 18


class _Pipe(ABC):
    """A pipe whose one end programs have, as `descriptor`, and the other a thread, until they are done."""

    def __init__(self, ours: int, theirs: int) -> None:
        self._ours, self.descriptor = ours, theirs
        self._ended, self._end = os.pipe()
        #: What the thread has raised; programs that write are told by a broken pipe, those that read see an end.
        self.failure: Exception | None = None
        self._thread = threading.Thread(target=self._work, name="s3-pipe", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """The programs are done: take what is left, or give no more. Raises what the thread has raised."""
        os.close(self._end)
        os.close(self.descriptor)
        self._thread.join()
        os.close(self._ended)
        if self.failure is not None:
            raise self.failure

    def _work(self) -> None:
        try:
            self._move()
        except Exception as error:
            self.failure = error
        finally:
            os.close(self._ours)

    @abstractmethod
    def _move(self) -> None:
        """All that comes or goes."""

    def _next_of(self, event: int) -> dict[int, int]:
        """What there is to be done, by descriptor: ours, or the end."""
        poll = select.poll()
        poll.register(self._ours, event)
        poll.register(self._ended, select.POLLIN)
        return dict(poll.poll())


class PipeIn(_Pipe):
    """What programs write to `descriptor` is given to `take`, by a thread."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take
        self._hash = hashlib.sha256()
        self._size = 0
        super().__init__(*os.pipe())

    def digest(self) -> tuple[int, str]:
        """Size and sha256 of all that was taken."""
        return self._size, self._hash.hexdigest()

    def _move(self) -> None:
        while block := self._next():
            self._take(block)
            self._hash.update(block)
            self._size += len(block)

    def _next(self) -> bytes:
        """The next bytes; none at the end: all are done, though a process forked meanwhile holds the pipe open too."""
        return os.read(self._ours, _BLOCK) if self._next_of(select.POLLIN).get(self._ours) else b""


class PipeOut(_Pipe):
    """A descriptor from which programs read what `source` gives, which a thread fills in."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        theirs, ours = os.pipe()
        os.set_blocking(ours, False)
        super().__init__(ours, theirs)

    def _move(self) -> None:
        with suppress(BrokenPipeError):  # whoever reads has had enough
            while block := self._source.read(_BLOCK):
                view = memoryview(block)
                while view:
                    if self._ended in self._next_of(select.POLLOUT):
                        return
                    view = view[os.write(self._ours, view) :]
