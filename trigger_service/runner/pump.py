"""The pump: turns the raw output in a run's spool into log lines, one process per run.

    python -m trigger_service.runner.pump RUN_FOLDER

Every record names its source and where in it the record ended. A pump that was killed is replaced by one that goes on
from there: no line is lost, none doubled. It ends when the attempt is over and all its output stands in the log.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Dict, Iterable, List, Optional

from trigger_service.domain import logs
from trigger_service.domain.failpoints import fail_point
from trigger_service.domain.logs import LINE_LIMIT, LogLine
from trigger_service.domain.spec import RunFolder
from trigger_service.runner.alive import is_free
from trigger_service.runner.doorbell import Doorbell
from trigger_service.runner.inotify import Watch
from trigger_service.runner.mask import Mask
from trigger_service.runner.spool import ERR, OUT, RECORDS, Names

#: Bytes read from a source at a time.
CHUNK = 1 << 20
#: Bytes by which a source is recognised when it is read again.
TAIL = 64
#: Stream and level of what is printed, by the suffix of the spool file.
STREAMS = {OUT: ("stdout", "INFO"), ERR: ("stderr", "WARNING")}
#: Seconds between two looks at an attempt that is silent.
LOOK_S = 1.0


class Source:
    """One spool file, read up to `offset`; a line that has no end yet stays in the file."""

    def __init__(self, path: Path, offset: int, mask: Mask, task: Optional[str], pid: Optional[int]) -> None:
        self._path = path
        self._mask = mask
        self._task = task
        self._pid = pid
        self._offset = offset
        #: The last bytes before `offset`, to notice that the file was truncated and written anew.
        self._tail = self._read(max(0, offset - TAIL), min(offset, TAIL))

    def read(self, over: bool) -> Optional[List[bytes]]:
        """The records of the next chunk, None once nothing whole is left; `over` makes the last unended line whole."""
        chunk = self._read(self._offset - len(self._tail), len(self._tail) + CHUNK)
        if chunk.startswith(self._tail):
            chunk = chunk[len(self._tail) :]
        else:  # truncated by whoever opened its own standard output again, as `tee /dev/stderr` does
            self._offset, self._tail = 0, b""
            chunk = self._read(0, CHUNK)
        records: List[bytes] = []
        start, now = 0, time.time()
        while start < len(chunk):
            end = chunk.find(b"\n", start)
            if end < 0 and not over and len(chunk) - start < LINE_LIMIT:
                break
            stop = len(chunk) if end < 0 else end
            next_start = stop + (end >= 0)
            records += self._record(chunk[start:stop], self._offset + next_start, now)
            start = next_start
        self._offset += start
        self._tail = (self._tail + chunk[max(0, start - TAIL) : start])[-TAIL:]
        return records if start else None

    def _read(self, offset: int, size: int) -> bytes:
        with self._path.open("rb", buffering=0) as file:
            return os.pread(file.fileno(), size, offset)

    def _record(self, raw: bytes, end: int, now: float) -> List[bytes]:
        kind = self._path.suffix[1:]
        if kind == RECORDS:
            line = logs.decode(raw)
            return [] if line is None else [self._placed(line, end)]
        stream, level = STREAMS[kind]
        text = self._mask.text(raw.decode("utf-8", errors="backslashreplace").rstrip("\r"))
        return [self._placed(LogLine(now, level, stream, self._task, self._pid, text), end)]

    def _placed(self, line: LogLine, end: int) -> bytes:
        """The record, with its source and where in it the line ended."""
        return logs.encode(line)[:-2] + f',"source":{json.dumps(self._path.name)},"end":{end}}}\n'.encode()


class Pump:
    """One run's pump, from its lock to the file `pumped`."""

    def __init__(self, folder: RunFolder, mask: Mask) -> None:
        self._folder = folder
        self._mask = mask
        spec = folder.read_spec()
        self._run_id = spec.run_id
        self._doorbell = Doorbell(spec.doorbell)
        folder.spool.mkdir(exist_ok=True)
        self._watch = Watch(folder.spool, folder.path)
        self._log = os.open(folder.log_file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._ends = self._recover()
        self._sources: Dict[Path, Source] = {}
        self._names = Names(folder.spool)

    def run(self) -> None:
        """Pump until the attempt is over and its spool is empty."""
        self._pump(None, over=False)
        while not self._is_over():
            self._pump(self._watch.wait(LOOK_S), over=False)
        self._pump(None, over=True)
        shutil.rmtree(self._folder.spool)
        self._folder.pumped_file.touch()
        self._doorbell.ring(self._run_id)

    def _is_over(self) -> bool:
        """Nobody holds the attempt's lock, and it has ended: before its start nobody holds it either."""
        return self._folder.exit_file.exists() and is_free(self._folder.lock_file)

    def _pump(self, changed: Optional[set[Path]], over: bool) -> None:
        """Read what changed (None: everything) until nothing is left."""
        paths = set(self._folder.spool.iterdir()) if changed is None else changed
        news = False
        for path in sorted(paths):
            source = self._source(path)
            records = source.read(over) if source else None
            while source and records is not None:
                fail_point("pump between read and write")
                self._write(b"".join(records))
                fail_point("pump after write")
                news = True
                records = source.read(over)
        if news or self._folder.lock_file in paths:
            self._doorbell.ring(self._run_id)

    def _write(self, records: bytes) -> None:
        view = memoryview(records)
        while view:
            view = view[os.write(self._log, view) :]

    def _source(self, path: Path) -> Optional[Source]:
        if path.parent != self._folder.spool or path.suffix[1:] not in (*STREAMS, RECORDS):
            return None
        if path not in self._sources:
            self._sources[path] = Source(path, self._ends.get(path.name, 0), self._mask, *self._names.of(path.stem))
        return self._sources[path]

    def _recover(self) -> Dict[str, int]:
        """Cut off a record that a kill has torn, and find where in each source the last record ended."""
        ends: Dict[str, int] = {}
        whole = 0
        with self._folder.log_file.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                whole += len(line)
                place = json.loads(line)
                ends[place["source"]] = place["end"]
        os.ftruncate(self._log, whole)
        return ends


def run_pump(folder: Path, secrets: Iterable[str] = ()) -> int:
    """Pump the folder's output; ends at once where another pump is at it, or all is done."""
    run_folder = RunFolder(folder)
    lock = os.open(run_folder.pump_lock_file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return 0
    if not run_folder.pumped_file.exists():
        Pump(run_folder, Mask(secrets)).run()
    return 0


if __name__ == "__main__":
    sys.exit(run_pump(Path(sys.argv[1])))
