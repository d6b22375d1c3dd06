"""A local file that is published whole or not at all, and survives a power cut once it is published.

Stock `luigi.LocalTarget` publishes a half-written file when `close()` is called while an exception is on its way
(`try: ... finally: f.close()`), does not flush to the disk, and leaves its temporary files behind when it is killed.
"""

import errno
import io
import logging
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import luigi
import luigi.format

from targets.errors import StorageFull, TargetError, WriterLeftItsProcess
from targets.staging import Staging

log = logging.getLogger(__name__)
FULL = (errno.ENOSPC, errno.EDQUOT)


class AtomicLocalTarget(luigi.LocalTarget):
    """A drop-in for `luigi.LocalTarget`: same arguments, formats and methods."""

    def open(self, mode: str = "r") -> Any:
        """Open for reading (`r`) or writing (`w`); bytes need `format=luigi.format.Nop`, as in stock Luigi.

        A writer publishes on `close()` or at the end of its `with` block. It publishes nothing after an exception,
        after `abort()`, or when it is dropped unclosed. Raises StorageFull when the disk is full.
        """
        if mode.replace("b", "").replace("t", "") == "w":
            return AtomicWriter(Path(self.path), self.format)
        return super().open(mode)

    @contextmanager
    def temporary_path(self) -> Iterator[str]:
        """Give a path for another program to write a file or a folder to; published at the end of the block.

        The path ends with the target's own name. An existing file is replaced. Nothing is published after an exception.
        """
        with explained(self.path):
            staging = Staging(Path(self.path))
        try:
            yield str(staging.path)
        except OSError as error:
            staging.discard()
            raise explain(error, self.path) from error
        except BaseException:
            staging.discard()
            raise
        with explained(self.path):
            staging.publish()

    def copy(self, new_path: str, raise_if_exists: bool = False) -> None:
        """Copy to `new_path`, atomically. Raises RuntimeError if it exists and `raise_if_exists` is set."""
        if raise_if_exists and Path(new_path).exists():
            raise RuntimeError(f"Destination exists: {new_path}")
        with AtomicLocalTarget(new_path).temporary_path() as temporary:
            shutil.copy(self.path, temporary)


class AtomicWriter:
    """What `AtomicLocalTarget.open("w")` gives: the format's own stream, with an end that knows how it came about."""

    def __init__(self, path: Path, format: luigi.format.Format) -> None:
        self._done = True  # until there is something to clean up
        self._path = path
        self._opener = os.getpid()
        self._failure: BaseException | None = None
        self._around = sys.exception()  # being handled already when we were opened: no reason to abort
        with explained(path):
            self._staging = Staging(path)
            self._done = False
            self._stream = format.pipe_writer(io.BufferedWriter(io.FileIO(self._staging.path, "w")))

    def write(self, data: Any) -> Any:
        """Write text or bytes, as the format takes them. Raises StorageFull on a full disk, and again on close()."""
        try:
            return self._stream.write(data)
        except OSError as error:
            self._failure = explain(error, self._path)
            raise self._failure from error

    def close(self) -> None:
        """Publish, unless an exception is on its way or a write has failed; a second call does nothing."""
        if self._done:
            return
        if os.getpid() != self._opener:
            raise WriterLeftItsProcess(path=self._path, opener=self._opener, closer=os.getpid())
        if self._failure is not None:
            self.abort()
            raise self._failure
        if sys.exception() not in (None, self._around):
            log.warning("%s is not published: it was closed because of %r", self._path, sys.exception())
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
        self._staging.discard()

    def _publish(self) -> None:
        try:
            with explained(self._path):
                self._stream.close()
                self._staging.publish()
        except BaseException:
            self.abort()
            raise
        self._done = True
        self._around = None

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


def explain(error: OSError, path: str | Path) -> Exception:
    """Give the error that says what a person can do about `error`; most errors say so themselves."""
    if error.errno not in FULL:
        return error
    folder = next(parent for parent in Path(path).absolute().parents if parent.exists())
    return StorageFull(path=path, free_mib=shutil.disk_usage(folder).free >> 20)


@contextmanager
def explained(path: str | Path) -> Iterator[None]:
    """Raise what `explain` gives for an OSError inside the block."""
    try:
        yield
    except TargetError:
        raise
    except OSError as error:
        explanation = explain(error, path)
        if explanation is error:
            raise
        raise explanation from error
