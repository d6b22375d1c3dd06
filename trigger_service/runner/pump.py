"""The pump: turns the raw output in a run's spool into log lines, one process per run.

    python -m trigger_service.runner.pump RUN_FOLDER

Every record names its source and where in it the record ended. A pump that was killed is replaced by one that goes on
from there: no line is lost, none doubled. It ends when the attempt is over and all its output stands in the log.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import math
import os
import sys
import time
from pathlib import Path
from typing import Callable, Dict, List, Mapping, Optional, Set

from trigger_service.domain import logs
from trigger_service.domain.failpoints import fail_point
from trigger_service.domain.logs import LINE_LIMIT, LogLine
from trigger_service.domain.spec import RunFolder
from trigger_service.runner import linux
from trigger_service.runner.alive import is_free
from trigger_service.runner.doorbell import Doorbell
from trigger_service.runner.inotify import Watch
from trigger_service.runner.spool import ERR, OUT, RECORDS, Names, Private, make_spool, remove_spool

#: Bytes read from a source at a time.
CHUNK = 1 << 20
#: Bytes by which a source is recognised when it is read again.
TAIL = 64
#: Stream and level of what is printed, by the suffix of the spool file.
STREAMS = {OUT: ("stdout", "INFO"), ERR: ("stderr", "WARNING")}
#: Seconds between two looks at an attempt that is silent.
LOOK_S = 1.0
#: Bytes of log before the room of what they were made of is given back; sooner, when there is nothing else to do.
GIVE_BACK = 1 << 20
_PAGE = 4096
#: What is said, under this name, where the memory that output was in is gone.
OURS = "luigi-trigger"
LOST = "What was printed shortly before is lost: the machine was restarted since, or the service was down for a week."


#: Gives the records of raw output that was written before one of a handler: by file up to how many bytes, and when
#: at the latest.
Earlier = Callable[[Mapping[str, int], float], List[bytes]]


class Source:
    """One spool file, read up to `offset`; a line that has no end yet stays in the file."""

    def __init__(
        self,
        path: Path,
        offset: int,
        private: Private,
        task: Optional[str],
        pid: Optional[int],
        *,
        earlier: Earlier = lambda *_: [],
    ) -> None:
        self._path = path
        self._kind = path.suffix[1:]
        self._earlier = earlier
        self._private = private
        self._task = task
        self._pid = pid
        self.offset = offset
        #: The last bytes before `offset`, to notice that the file was truncated and written anew.
        self._tail = self._read(max(0, offset - TAIL), min(offset, TAIL))
        self._given_back = 0

    @property
    def is_raw(self) -> bool:
        """Whether it holds what was printed, and no finished records."""
        return self._kind != RECORDS

    def size(self) -> int:
        """Bytes in the file."""
        return self._path.stat().st_size

    def read(self, over: bool, until: Optional[int] = None, by: float = math.inf) -> Optional[List[bytes]]:
        """The records of the next chunk, None once nothing whole is left; `over` makes the last unended line whole.

        Of what is raw, only so much as was there when the file had `until` bytes, which was written `by` then.
        """
        ahead = self._private.mask.longest
        size = CHUNK + ahead
        chunk = self._read(self.offset - len(self._tail), len(self._tail) + size)
        if chunk.startswith(self._tail):
            chunk = chunk[len(self._tail) :]
        else:  # truncated by whoever opened its own standard output again, as `tee /dev/stderr` does
            self.offset, self._tail = 0, b""
            chunk = self._read(0, size)
        self._private.read()  # a value is told before it can be printed, so it is known by now
        if self._private.mask.longest > ahead:
            return self.read(over, until, by)
        if until is not None:
            chunk = chunk[: max(0, until - self.offset)]
        whole = over and len(chunk) < size
        records: List[bytes] = []
        start, now = 0, min(time.time(), by)
        while start < len(chunk):
            end = chunk.find(b"\n", start)
            if end < 0 and not whole and len(chunk) - start < LINE_LIMIT + ahead:
                break
            stop = len(chunk) if end < 0 else end
            if stop - start > LINE_LIMIT:
                stop = start + self._private.mask.safe_cut(chunk[start:stop], LINE_LIMIT)
            next_start = stop + (stop == end)
            records += self._record(chunk[start:stop], self.offset + next_start, now)
            start = next_start
        self.offset += start
        self._tail = (self._tail + chunk[max(0, start - TAIL) : start])[-TAIL:]
        return records if start else None

    def give_back(self) -> None:
        """Free the room of what is in the log."""
        done = self.offset - TAIL
        if done - self._given_back >= _PAGE:
            linux.give_back(self._path, done)
            self._given_back = done

    def _read(self, offset: int, size: int) -> bytes:
        with self._path.open("rb", buffering=0) as file:
            return os.pread(file.fileno(), size, offset)

    def _record(self, raw: bytes, end: int, now: float) -> List[bytes]:
        if not self.is_raw:
            decoded = logs.decode_with_place(raw)
            if decoded is None:
                return []
            line, after = decoded
            return [*self._earlier(after, line.time), _placed(line, self._path.name, end)]
        stream, level = STREAMS[self._kind]
        text = self._private.mask.text(raw.decode("utf-8", errors="backslashreplace").rstrip("\r"))
        return [_placed(LogLine(now, level, stream, self._task, self._pid, text), self._path.name, end)]


class Pump:
    """One run's pump, from its lock to the file `pumped`."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        spec = folder.read_spec()
        self._run_id = spec.run_id
        self._doorbell = Doorbell(spec.doorbell)
        lost = make_spool(folder.spool)
        self._watch = Watch(folder.spool, folder.path)
        self._log = os.open(folder.log_file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._ends = self._recover()
        self._sources: Dict[Path, Source] = {}
        self._names = Names(folder.spool)
        self._private = Private(folder.spool)
        self._told = False
        #: What has changed while the last changes were read.
        self._later: Set[Path] = set()
        #: Sources whose room can be given back, and the bytes of log that were made of them.
        self._logged: Set[Source] = set()
        self._log_bytes = 0
        if lost:
            line = LogLine(time.time(), "WARNING", OURS, None, None, LOST)
            self._write(_placed(line, OURS, 0))

    def run(self) -> None:
        """Pump until the attempt is over and its spool is empty."""
        self._pump(None, over=False)
        while not self._is_over():
            self._pump(self._later or self._watch.wait(LOOK_S), over=False)
        self._pump(None, over=True)
        remove_spool(self._folder.spool)
        self._folder.pumped_file.touch()
        self._doorbell.ring(self._run_id)

    def close(self) -> None:
        """Give all descriptors back."""
        self._watch.close()
        self._doorbell.close()
        os.close(self._log)

    def _is_over(self) -> bool:
        """Nobody holds the attempt's lock, and it has ended: before its start nobody holds it either."""
        return self._folder.exit_file.exists() and is_free(self._folder.lock_file)

    def _pump(self, changed: Optional[Set[Path]], over: bool) -> None:
        """Read what changed (None: everything) until nothing is left; nothing before it is known what to hide."""
        if not self._told:
            self._told = self._private.read()
            if not self._told and not over:
                return
            changed = None
        paths = set(self._folder.spool.iterdir()) if changed is None else changed
        raw = {source: None if over else source.size() for source in self._of(paths) if source.is_raw}
        # a record that was written before raw output of this size has its news by now, and is read before it
        later = self._watch.wait(0)
        later = set(self._folder.spool.iterdir()) if later is None else later
        records = [source for source in self._of(paths | later) if not source.is_raw]
        self._later = {path for path in later if path.suffix[1:] != RECORDS}
        news = [self._drain(source, over, None) for source in records]
        news += [self._drain(source, over, until) for source, until in raw.items()]
        if any(news) or self._folder.lock_file in paths:
            self._doorbell.ring(self._run_id)
        else:
            self._give_back()

    def _drain(self, source: Source, over: bool, until: Optional[int]) -> bool:
        """Write what a source has to the log; whether there was anything."""
        news = False
        while (records := source.read(over, until)) is not None:
            fail_point("pump between read and write")
            self._write(b"".join(records))
            fail_point("pump after write")
            self._logged.add(source)
            if self._log_bytes >= GIVE_BACK:
                self._give_back()
            news = True
        return news

    def _earlier(self, after: Mapping[str, int], moment: float) -> List[bytes]:
        """The records of raw output that was written before one of a handler, and is not in the log yet."""
        found: List[bytes] = []
        for name, size in after.items():
            source = self._source(self._folder.spool / name)
            while source and source.offset < size and (records := source.read(False, size, moment)) is not None:
                found += records
                self._logged.add(source)
        return found

    def _give_back(self) -> None:
        for source in self._logged:
            source.give_back()
        self._logged.clear()
        self._log_bytes = 0

    def _write(self, records: bytes) -> None:
        self._log_bytes += len(records)
        view = memoryview(records)
        while view:
            view = view[os.write(self._log, view) :]

    def _of(self, paths: Set[Path]) -> List[Source]:
        return [source for path in sorted(paths) if (source := self._source(path))]

    def _source(self, path: Path) -> Optional[Source]:
        if path.parent != self._folder.spool or path.suffix[1:] not in (*STREAMS, RECORDS):
            return None
        if path not in self._sources:
            end, names = self._ends.get(path.name, 0), self._names.of(path.stem)
            self._sources[path] = Source(path, end, self._private, *names, earlier=self._earlier)
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


def _placed(line: LogLine, source: str, end: int) -> bytes:
    """The record, with its source and where in it the line ended."""
    return logs.encode(line)[:-2] + f',"source":{json.dumps(source)},"end":{end}}}\n'.encode()


def run_pump(folder: Path) -> int:
    """Pump the folder's output; ends at once where another pump is at it, or all is done."""
    run_folder = RunFolder(folder)
    with os.fdopen(os.open(run_folder.pump_lock_file, os.O_RDWR | os.O_CREAT, 0o600), "rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 0
        if not run_folder.pumped_file.exists():
            with contextlib.closing(Pump(run_folder)) as pump:
                pump.run()
    return 0


if __name__ == "__main__":
    sys.exit(run_pump(Path(sys.argv[1])))
