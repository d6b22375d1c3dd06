"""A stream that publishes what was written whole or not at all, wherever it goes."""

import hashlib
import io
import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

import luigi.format

from targets.errors import WriterLeftItsProcess

log = logging.getLogger(__name__)


class Sink(Protocol):
    """The place where bytes wait, invisible, until they are published or discarded, each once."""

    @property
    def raw(self) -> io.RawIOBase:
        """Takes the bytes, as a binary file opened for writing."""
        ...

    def publish(self) -> str:
        """Make what was written visible in one step; gives its version.

        Raises PublishedMeanwhile where another writer was faster, and what the storage raises: then nothing changed.
        """
        ...

    def digest(self) -> tuple[int, str]:
        """Size and sha256 of what waits, read again; asked before `publish` where bytes went past the writer."""
        ...

    def discard(self) -> None:
        """Leave nothing behind. A second call, and one after `publish`, does nothing."""
        ...

    def explain(self, error: Exception) -> Exception:
        """The error that says what a person can do about `error`; itself where it does so already."""
        ...


@dataclass(frozen=True, kw_only=True)
class Published:
    """What a write has made visible; `size` in bytes, `sha256` in hexadecimal, `rows` where something counts them."""

    version: str
    size: int
    sha256: str
    rows: int | None = None


class Measured(io.RawIOBase):
    """Passes bytes on to `raw`, and counts and hashes them on the way."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw
        self._hash = hashlib.sha256()
        self._straight = True
        self._size = 0

    def digest(self) -> tuple[int, str] | None:
        """Size and checksum of all; None where bytes were written elsewhere than at the end, or past this object."""
        return (self._size, self._hash.hexdigest()) if self._straight else None

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._raw.seekable()

    def write(self, data: Any) -> int | None:
        written = self._raw.write(data)
        if written:
            self._hash.update(memoryview(data).cast("B")[:written])
            self._size += written
        return written

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        before = self._raw.tell()
        after = self._raw.seek(offset, whence)
        self._straight = self._straight and before == after
        return after

    def tell(self) -> int:
        return self._raw.tell()

    def truncate(self, size: int | None = None) -> int:
        self._straight = False
        return self._raw.truncate(size)

    def fileno(self) -> int:
        self._straight = False  # compressing formats hand it to a program
        return self._raw.fileno()

    def close(self) -> None:
        self._raw.close()
        super().close()


class AtomicWriter:
    """What a target's `open("w")` gives: the format's own stream, with an end that knows how it came about.

    It publishes on `close()` or at the end of its `with` block; nothing after an exception, after `abort()`, or when it
    is dropped unclosed. `published` is called with what it made visible.
    """

    def __init__(
        self,
        name: str,
        make_sink: Callable[[], Sink],
        format: luigi.format.Format,
        published: Callable[[Published], object],
    ) -> None:
        self._done = True  # until there is something to clean up
        self._name = name
        self._opener = os.getpid()
        self._failure: Exception | None = None
        self._around = sys.exception()  # being handled already when we were opened: no reason to abort
        self._published = published
        #: Set by who counts them: how many rows were written.
        self.rows: int | None = None
        self._sink = make_sink()
        self._done = False
        self._measured = Measured(self._sink.raw)
        self._stream = format.pipe_writer(io.BufferedWriter(self._measured, 1 << 16))

    def write(self, data: Any) -> Any:
        """Write text or bytes, as the format takes them. Raises what the sink explains, and again on close()."""
        try:
            return self._stream.write(data)
        except Exception as error:
            explanation = self._sink.explain(error)
            if not isinstance(error, TypeError | ValueError):  # the caller's own mistake is no failed write
                self._failure = explanation
            if explanation is error:
                raise
            raise explanation from error

    def close(self) -> None:
        """Publish, unless an exception is on its way or a write has failed; a second call does nothing."""
        if self._done:
            return
        if os.getpid() != self._opener:
            raise WriterLeftItsProcess(path=self._name, opener=self._opener, closer=os.getpid())
        if self._failure is not None:
            self.abort()
            raise self._failure
        if sys.exception() not in (None, self._around):
            log.warning("%s is not published: it was closed because of %r", self._name, sys.exception())
            self.abort()
            return
        self._publish()

    def abort(self) -> None:
        """Publish nothing and leave nothing behind; a second call does nothing."""
        if self._done or os.getpid() != self._opener:
            return
        self._done = True
        self._around = None
        with suppress(Exception):
            self._stream.close()
        self._sink.discard()

    def _publish(self) -> None:
        try:
            self._stream.close()
            size, sha256 = self._measured.digest() or self._sink.digest()
            version = self._sink.publish()
        except BaseException as error:
            self.abort()
            explanation = self._sink.explain(error) if isinstance(error, Exception) else error
            if explanation is error:
                raise
            raise explanation from error
        self._done = True
        self._around = None
        published = self._published
        del self._published  # and with it the target: a temporary one goes with the last that knows it
        published(Published(version=version, size=size, sha256=sha256, rows=self.rows))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def __del__(self) -> None:
        with suppress(Exception):
            self.abort()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._stream, name)
