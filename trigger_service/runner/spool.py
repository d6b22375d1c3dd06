"""Raw output on its way to the log: append-only files, one pair per task execution, that the pump reads.

Files rather than pipes: a file cannot block C code that prints while it holds the GIL, keeps what was printed whatever
is killed, and can be read again by a new pump from where the last log record ended. The first line of a file is a
header (JSON: task, stream, pid); the rest are the bytes as they were written.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Tuple

STREAMS = {"out": "stdout", "err": "stderr"}
RECORDS = "log"


@dataclass(frozen=True)
class Header:
    """Whose output a spool file holds."""

    task: Optional[str]
    #: `stdout`, `stderr`, or `log` for a file of finished records from a logging handler.
    stream: str
    pid: int

    def encode(self) -> bytes:
        """The first line of the file."""
        return json.dumps({"task": self.task, "stream": self.stream, "pid": self.pid}).encode() + b"\n"

    @classmethod
    def decode(cls, line: bytes) -> Header:
        """Read the first line of a file; of one that was truncated from outside nothing is known but its output."""
        try:
            value = json.loads(line)
            return cls(value["task"], value["stream"], value["pid"])
        except (ValueError, KeyError, TypeError):
            return cls(None, "stdout", 0)


class Spool:
    """Makes the spool files of one process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0

    def open_pair(self, task: Optional[str]) -> Tuple[int, int]:
        """Descriptors (close-on-exec) for the standard output and error of a task; None for what belongs to none."""
        self._made += 1
        out = self._open("out", Header(task, "stdout", os.getpid()))
        try:
            return out, self._open("err", Header(task, "stderr", os.getpid()))
        except OSError:
            os.close(out)
            raise

    def open_records(self) -> int:
        """A descriptor for finished log records of this process."""
        self._made += 1
        return self._open(RECORDS, Header(None, RECORDS, os.getpid()))

    def _open(self, kind: str, header: Header) -> int:
        path = self._folder / f"{os.getpid()}-{self._made}.{kind}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, header.encode())
        except OSError:
            os.close(descriptor)
            raise
        return descriptor
