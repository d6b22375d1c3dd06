"""Connects a process's standard streams and loggers to the spool, each line under the task that it belongs to."""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import sys
from dataclasses import replace
from typing import Any, Iterator, Optional

from trigger_service.domain import logs
from trigger_service.domain.logs import LogLine
from trigger_service.runner.loggers import RecordHandler, configure_as_the_project_does, take_loggers
from trigger_service.runner.privacy import Privacy
from trigger_service.runner.spool import Pair, Spool
from trigger_service.runner.stream import append_whole

#: Characters of text in one record: escaped (at most six bytes each) they still fit into one line of the spool.
TEXT_LIMIT = logs.LINE_LIMIT // 8
_LINE_BUFFERED = 1


class Output:
    """The standard streams of this process. `install` once; then `of(task)` around each task."""

    def __init__(self, spool: Spool, privacy: Privacy) -> None:
        self._spool = spool
        self._privacy = privacy
        #: The shown id of the task whose code runs now, None between tasks.
        self.task: Optional[str] = None
        self._base = self._pair = spool.open_pair(None)
        self._records = spool.open_records()
        self._libc = ctypes.CDLL(None)
        self._handler = RecordHandler(self.record, lambda: self.task)

    def install(self) -> None:
        """Take over descriptors 0, 1 and 2, `sys.stdout` and `sys.stderr`, and the loggers."""
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        self._connect(self._base)
        sys.stdin = open(0, closefd=False)  # noqa: SIM115 (lives as long as the process)
        sys.stdout = _text_stream(1, self._spool)
        sys.stderr = _text_stream(2, self._spool)
        self._buffer_c_streams_by_line()
        take_loggers(self._handler)

    def configure_loggers(self) -> None:
        """Once the project's modules are imported: log as it wants to, and all of it to the spool as well."""
        configure_as_the_project_does()
        take_loggers(self._handler)

    def after_fork(self) -> None:
        """In a forked process: files of its own, so that each is written by one process alone."""
        self._base.close()
        os.close(self._records)
        self._spool.after_fork()
        self._base = self._spool.open_pair(None)
        self._records = self._spool.open_records()
        self._connect(self._base)

    @contextlib.contextmanager
    def of(self, task: str) -> Iterator[None]:
        """All output in this block belongs to `task`, also that of processes started in it and left behind."""
        task = self._privacy.shown(task)
        self._spool.wait_for_room()  # programs that the last task has started were not held up
        pair = self._spool.open_pair(task)
        before, self.task = self.task, task
        self._flush()
        self._connect(pair)
        try:
            yield
        finally:
            self._flush()
            self._connect(self._base)
            self.task = before
            pair.close()

    def record(self, line: LogLine) -> None:
        """Append a finished log record; a text that is too long for one goes on in further ones.

        It says what was printed before, so that the log has both in the order in which they were written.
        """
        after = self._pair.sizes()
        mask = self._privacy.mask
        text, line = mask.text(line.text), replace(line, stream=mask.text(line.stream))
        for at in range(0, len(text) or 1, TEXT_LIMIT):
            part = logs.encode(replace(line, text=text[at : at + TEXT_LIMIT]), after)
            self._spool.count(len(part))
            append_whole(self._records, part)

    def _connect(self, pair: Pair) -> None:
        os.dup2(pair.out, 1)
        os.dup2(pair.err, 2)
        self._pair = pair

    def _flush(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.flush()
        self._libc.fflush(None)

    def _buffer_c_streams_by_line(self) -> None:
        with contextlib.suppress(ValueError, AttributeError):
            for name in ("stdout", "stderr"):
                self._libc.setvbuf(ctypes.c_void_p.in_dll(self._libc, name), None, _LINE_BUFFERED, ctypes.c_size_t(0))


class _Raw(io.FileIO):
    """A standard stream whose writer is held up where the pump cannot follow."""

    def __init__(self, descriptor: int, spool: Spool) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._spool = spool

    def write(self, content: Any) -> int:
        self._spool.count(len(content))
        return super().write(content)


def _text_stream(descriptor: int, spool: Spool) -> io.TextIOWrapper:
    """Flushes at each line; binary writes go straight through, so that nothing printed waits in a buffer."""
    buffered = io.BufferedWriter(_Raw(descriptor, spool), buffer_size=1)
    return io.TextIOWrapper(buffered, encoding="utf-8", errors="backslashreplace", line_buffering=True)
