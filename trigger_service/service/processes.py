"""What the processes of live runs take of this machine, as /proc has it. Only reads; nothing is signalled."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from trigger_service.domain.run import Run
from trigger_service.domain.spec import Handle
from trigger_service.store import attempts, executions
from trigger_service.store.engine import Database

#: Seconds for which a look is good enough, and after which one is too old to reckon CPU from.
_FRESH_S, _OLD_S = 2.0, 60.0
#: Processes of which the memory is asked for exactly, which takes a while each; of others what is theirs and shared.
_ASKED = 100
_PROC = Path("/proc")


@dataclass(frozen=True)
class RunProcesses:
    """The processes of one attempt."""

    run: Run
    #: Of the child that leads them.
    pid: int
    #: When the attempt was started, in seconds since the epoch.
    since: float
    #: How many there are, the child among them.
    count: int
    #: Percent of one core, since the last look or, at the first, since each was started.
    cpu: float
    #: Bytes.
    memory: int
    #: Families of the tasks that run now.
    doing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Machine:
    """What this machine has, and how much of it is taken."""

    name: str
    cores: int
    #: Of the last minute.
    load: float
    #: Bytes; 0 where the system does not tell.
    memory: int
    memory_free: int


@dataclass(frozen=True)
class _Process:
    pid: int
    session: int
    #: Clock ticks: at which it was started after the boot, and that it has used.
    started: int
    used: int
    #: Bytes that are in memory.
    resident: int


class Processes:
    """Looks at most once in two seconds, whoever asks. Safe for any thread."""

    def __init__(self, database: Database, proc: Path = _PROC) -> None:
        self._database = database
        self._proc = proc
        self._tick = os.sysconf("SC_CLK_TCK")
        self._lock = threading.Lock()
        self._looked_at = 0.0
        self._found: list[RunProcesses] = []
        #: Ticks of CPU by pid and start, at the time of the last look.
        self._used: dict[tuple[int, int], int] = {}

    def listed(self) -> list[RunProcesses]:
        """Of each live run on this machine, the oldest first."""
        with self._lock:
            if time.monotonic() - self._looked_at > _FRESH_S:
                self._look()
            return self._found

    def machine(self) -> Machine:
        """The machine that they run on."""
        told = dict(self._memory_lines())
        load = os.getloadavg()[0]
        return Machine(
            os.uname().nodename, os.cpu_count() or 1, load, told.get("MemTotal", 0), told.get("MemAvailable", 0)
        )

    def _look(self) -> None:
        with self._database.read() as connection:
            known = [(run, attempt) for run, attempt in attempts.live(connection) if attempt.handle]
            live = [(run, attempt, Handle.from_json(attempt.handle or {})) for run, attempt in known]
            tasks = {run.id: executions.running(connection, run.id, run.attempt) for run, _, _ in live[:_ASKED]}
        now, before = time.monotonic(), self._looked_at
        passed = now - before if now - before < _OLD_S else None
        boot, uptime = self._text("sys/kernel/random/boot_id").strip(), self._uptime()
        sessions: dict[int, list[_Process]] = {}
        for process in self._all() if live else ():
            sessions.setdefault(process.session, []).append(process)
        found: list[RunProcesses] = []
        used: dict[tuple[int, int], int] = {}
        for run, attempt, handle in live:
            own = [each for each in sessions.get(handle.pid, ()) if each.started >= handle.started]
            if not own or handle.boot_id != boot:
                continue
            memory = sum(map(self._memory if len(used) < _ASKED else attrgetter("resident"), own))
            used.update({(each.pid, each.started): each.used for each in own})
            cpu = sum(self._cpu(each, passed, uptime) for each in own)
            doing = tuple(dict.fromkeys(task.family for task in tasks.get(run.id, ())))
            found.append(RunProcesses(run, handle.pid, attempt.started_at, len(own), cpu, memory, doing))
        self._found, self._used, self._looked_at = found, used, now

    def _cpu(self, process: _Process, passed: float | None, uptime: float) -> float:
        """Percent of one core: since the last look, or since it was started."""
        before = self._used.get((process.pid, process.started)) if passed else None
        if before is not None and passed:
            return 100 * max(0, process.used - before) / self._tick / passed
        lived = uptime - process.started / self._tick
        return 100 * process.used / self._tick / max(lived, 1 / self._tick)

    def _all(self) -> Iterator[_Process]:
        for name in self._names():
            text = self._text(f"{name}/stat")
            fields = text[text.rfind(")") + 2 :].split()
            if len(fields) > 21 and fields[0] not in "ZX":
                resident = int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
                used = int(fields[11]) + int(fields[12])
                yield _Process(int(name), int(fields[3]), int(fields[19]), used, resident)

    def _names(self) -> Iterable[str]:
        try:
            return [name for name in os.listdir(self._proc) if name.isdigit()]  # noqa: PTH208 (a Path each is slow)
        except OSError:  # not Linux
            return []

    def _memory(self, process: _Process) -> int:
        """Bytes in memory; what it shares with others counts in part."""
        for line in self._text(f"{process.pid}/smaps_rollup").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
        return process.resident

    def _memory_lines(self) -> Iterator[tuple[str, int]]:
        for line in self._text("meminfo").splitlines():
            name, _, rest = line.partition(":")
            yield name, int(rest.split()[0]) * 1024

    def _uptime(self) -> float:
        return float((self._text("uptime") or "0").split()[0])

    def _text(self, name: str) -> str:
        try:
            return (self._proc / name).read_text(errors="replace")
        except OSError:  # it has ended, or is another's
            return ""
