"""Pipes between an object and programs that read or write a file descriptor."""

import hashlib
import os
import select
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

_BLOCK = 1 << 18


class PipeIn:
    """What programs write to `descriptor` is given to `take`, by a thread."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take
        self._hash = hashlib.sha256()
        self._size = 0
        self._read, self.descriptor = os.pipe()
        self._ended, self._end = os.pipe()
        #: What `take` has raised; the programs are told by a broken pipe.
        self.failure: Exception | None = None
        self._thread = threading.Thread(target=self._empty, name="s3-pipe", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """The programs are done: take what is left. Raises what `take` has raised."""
        os.close(self._end)
        os.close(self.descriptor)
        self._thread.join()
        os.close(self._ended)
        if self.failure is not None:
            raise self.failure

    def digest(self) -> tuple[int, str]:
        """Size and sha256 of all that was taken."""
        return self._size, self._hash.hexdigest()

    def _empty(self) -> None:
        try:
            while block := self._next():
                self._take(block)
                self._hash.update(block)
                self._size += len(block)
        except Exception as error:
            self.failure = error
        finally:
            os.close(self._read)

    def _next(self) -> bytes:
        """The next bytes; none at the end: all are done, though a process forked meanwhile holds the pipe open too."""
        poll = select.poll()
        poll.register(self._read, select.POLLIN)
        poll.register(self._ended, select.POLLIN)
        waiting = dict(poll.poll())
        return os.read(self._read, _BLOCK) if waiting.get(self._read) else b""


class PipeOut:
    """A descriptor from which programs read what `source` gives, which a thread fills in."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.descriptor, self._write = os.pipe()
        self._ended, self._end = os.pipe()
        os.set_blocking(self._write, False)
        #: What the source has raised; the programs see an end.
        self.failure: Exception | None = None
        self._thread = threading.Thread(target=self._fill, name="s3-pipe", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """The programs are done, or want no more. Raises what the source has raised."""
        os.close(self._end)
        os.close(self.descriptor)
        self._thread.join()
        os.close(self._ended)
        if self.failure is not None:
            raise self.failure

    def _fill(self) -> None:
        try:
            with suppress(BrokenPipeError):  # whoever reads has had enough
                while block := self._source.read(_BLOCK):
                    view = memoryview(block)
                    while view:
                        if not self._wanted():
                            return
                        view = view[os.write(self._write, view) :]
        except Exception as error:
            self.failure = error
        finally:
            os.close(self._write)

    def _wanted(self) -> bool:
        poll = select.poll()
        poll.register(self._write, select.POLLOUT)
        poll.register(self._ended, select.POLLIN)
        return self._ended not in dict(poll.poll())
