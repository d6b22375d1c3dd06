"""What Linux offers beyond the standard library. Elsewhere these do nothing: warm starts are for Linux only."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Optional

_SET_PDEATHSIG = 1
_SET_CHILD_SUBREAPER = 36
_TMPFS_MAGIC = 0x01021994
_STATFS_BYTES = 512
_KEEP_SIZE_AND_PUNCH_HOLE = 0x03


@dataclass(frozen=True)
class ProcessStat:
    """What /proc/PID/stat says of a process; with `started` (clock ticks since boot) a pid is unique within a boot."""

    pid: int
    state: str
    parent: int
    session: int
    threads: int
    started: int

    @property
    def alive(self) -> bool:
        """Whether it can still do something: a zombie cannot, unless only its first thread has ended so far."""
        return self.state not in "ZX" or self.threads > 1

    def is_there(self) -> bool:
        """Whether the process is still alive now, and its pid not another's."""
        now = process_stat(self.pid)
        return now is not None and now.alive and now.started == self.started


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when the parent (thread) that forked it ends; end now if it already has."""
    _prctl(_SET_PDEATHSIG, signal.SIGKILL)
    if sys.platform == "linux" and os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def become_subreaper() -> None:
    """Adopt the orphans among the descendants of this process, so that it reaps them and knows how they ended."""
    _prctl(_SET_CHILD_SUBREAPER, 1)


def boot_id() -> str:
    """Changes with every boot; empty where the system does not tell."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def process_stat(pid: int) -> Optional[ProcessStat]:
    """The process with this pid, zombies included; None where there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes().decode(errors="replace")
    except OSError:
        return None
    fields = text[text.rindex(")") + 2 :].split()
    return ProcessStat(pid, fields[0], int(fields[1]), int(fields[3]), int(fields[17]), int(fields[19]))


def processes() -> Iterator[ProcessStat]:
    """Every process that can be seen."""
    for name in os.listdir("/proc") if sys.platform == "linux" else ():  # noqa: PTH208 (a Path for each is slow)
        stat = process_stat(int(name)) if name.isdigit() else None
        if stat is not None:
            yield stat


def descendants(pid: int) -> List[ProcessStat]:
    """The living descendants of a process: what it started, what that started, and so on."""
    everybody = [stat for stat in processes() if stat.alive]
    found: Dict[int, ProcessStat] = {}
    parents = {pid}
    while parents:
        new = {stat.pid: stat for stat in everybody if stat.parent in parents and stat.pid not in found}
        found.update(new)
        parents = set(new)
    return list(found.values())


def send(those: Iterable[ProcessStat], number: int) -> None:
    """Signal these processes, as far as they are still there."""
    for stat in those:
        if stat.is_there():
            with contextlib.suppress(ProcessLookupError):
                os.kill(stat.pid, number)


def started_ticks(pid: int) -> int:
    """When a process started, in clock ticks since boot; 0 where that is not known."""
    stat = process_stat(pid)
    return stat.started if stat else 0


def is_in_memory(path: Path) -> bool:
    """Whether a folder is on a tmpfs, so that what is written there is on no disk (unless it is swapped out)."""
    if sys.platform != "linux":
        return False
    answer = ctypes.create_string_buffer(_STATFS_BYTES)
    if ctypes.CDLL(None, use_errno=True).statfs(os.fsencode(path), answer) != 0:
        return False
    return ctypes.c_uint.from_buffer(answer).value == _TMPFS_MAGIC  # f_type, whose upper half is 0 where it has one


def give_back(path: Path, size: int) -> None:
    """Free the memory or disk that the first `size` bytes of a file take; they read as zeros, the rest keeps its place.

    Does nothing where the file system cannot do so.
    """
    if sys.platform == "linux":
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            fallocate = ctypes.CDLL(None, use_errno=True).fallocate64
            fallocate(descriptor, _KEEP_SIZE_AND_PUNCH_HOLE, ctypes.c_int64(0), ctypes.c_int64(size))
        finally:
            os.close(descriptor)


def _prctl(option: int, value: int) -> None:
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
