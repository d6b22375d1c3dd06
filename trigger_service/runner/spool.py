"""Raw output on its way to the log: append-only files, one pair per task execution, that the pump reads.

Files rather than pipes: a file cannot block C code that prints while it holds the GIL, keeps what was printed whatever
is killed, and can be read again by a new pump from where the last log record ended.

    <pid>.names       one JSON object per line: which task the files `<pid>-<n>.*` belong to
    <pid>-<n>.out     what was written to standard output, as it was written
    <pid>-<n>.err     the same of standard error
    <pid>-<n>.log     finished records of a logging handler, as `domain.logs` encodes them
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Dict, Optional, Tuple

OUT, ERR, RECORDS = "out", "err", "log"
NAMES = "names"


class Spool:
    """Makes the spool files of one process; `after_fork` in each process forked from it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0
        self._names = self._open(f"{os.getpid()}.{NAMES}")

    def after_fork(self) -> None:
        """Begin a register of names for this process."""
        os.close(self._names)
        self._names = self._open(f"{os.getpid()}.{NAMES}")

    def open_pair(self, task: Optional[str]) -> Tuple[int, int]:
        """Descriptors (close-on-exec) for the standard output and error of a task; None for what belongs to none."""
        name = self._next_name()
        line = json.dumps({"file": name, "task": task, "pid": os.getpid()}).encode() + b"\n"
        os.write(self._names, line)
        out = self._open(f"{name}.{OUT}")
        try:
            return out, self._open(f"{name}.{ERR}")
        except OSError:
            os.close(out)
            raise

    def open_records(self) -> int:
        """A descriptor for finished log records of this process."""
        return self._open(f"{self._next_name()}.{RECORDS}")

    def _next_name(self) -> str:
        self._made += 1
        return f"{os.getpid()}-{self._made}"

    def _open(self, name: str) -> int:
        return os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


class Names:
    """Reads which task a pair of spool files belongs to, and no register twice."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: Dict[str, Tuple[Optional[str], Optional[int]]] = {}
        self._offsets: Dict[Path, int] = {}

    def of(self, pair: str) -> Tuple[Optional[str], Optional[int]]:
        """Task and pid of the pair `<pid>-<n>`; nothing for one that is not registered."""
        if pair not in self._known:
            self._read_on(self._folder / f"{pair.partition('-')[0]}.{NAMES}")
        return self._known.get(pair, (None, None))

    def _read_on(self, register: Path) -> None:
        if not register.exists():
            return
        with register.open("rb") as file:
            file.seek(self._offsets.get(register, 0))
            chunk = file.read()
        whole = chunk[: chunk.rfind(b"\n") + 1]
        self._offsets[register] = self._offsets.get(register, 0) + len(whole)
        for line in whole.splitlines():
            entry = json.loads(line)
            self._known[entry["file"]] = entry["task"], entry["pid"]
