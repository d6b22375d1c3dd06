"""Finds the processes of an attempt on this machine, and signals none but them."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from trigger_service.domain.spec import Handle, RunFolder
from trigger_service.runner.linux import ProcessStat, boot_id, process_stat, processes, started_ticks

#: Names the attempt in the environment of everything that its child started by exec.
VARIABLE = "LUIGI_TRIGGER_ATTEMPT"
#: Seconds that killing everything may take; a process in an uninterruptible wait of the kernel is left behind.
KILL_PATIENCE_S = 10.0


def child_of(handle: Handle) -> ProcessStat | None:
    """The child that a handle stands for, if it is alive: same boot, pid and start time."""
    stat = process_stat(handle.pid)
    if stat is None or not stat.alive or stat.started != handle.started or boot_id() != handle.boot_id:
        return None
    return stat


def send(processes_: Iterable[ProcessStat], number: int) -> None:
    """Signal exactly these processes; those that are gone are no error, whoever has their pid now."""
    for stat in processes_:
        with contextlib.suppress(OSError):
            descriptor = os.pidfd_open(stat.pid)
            try:
                if started_ticks(stat.pid) == stat.started:
                    signal.pidfd_send_signal(descriptor, number)
            finally:
                os.close(descriptor)


def folder_of(stat: ProcessStat) -> RunFolder | None:
    """The folder of the attempt that a process works on: it has the folder's `alive.lock` open."""
    for path in _open_files(stat.pid):
        if path.endswith("/alive.lock"):
            return RunFolder(Path(path).parent)
    return None


def holders(folder: RunFolder) -> list[ProcessStat]:
    """The processes that have the folder's lock open, the oldest first: the child and what it forked."""
    found = [stat for stat in processes() if stat.alive and _holds(stat.pid, folder)]
    return sorted(found, key=lambda stat: (stat.started, stat.pid))


def session_of(handle: Handle) -> list[ProcessStat]:
    """The processes of the child's session. While one of them lives, no other process can get the child's pid."""
    leader = process_stat(handle.pid)
    if boot_id() != handle.boot_id or (leader is not None and leader.started != handle.started):
        return []
    return [s for s in processes() if s.session == handle.pid and s.alive and s.started >= handle.started]


def kill_attempt(handle: Handle | None, folder: RunFolder | None) -> None:
    """SIGKILL, until none is left, to all processes of an attempt.

    These are the child's session, what holds the folder's lock, what carries the attempt's name in its environment,
    and the descendants of all of them.
    """
    child = child_of(handle) if handle else None
    folder = folder or (folder_of(child) if child else None)
    deadline = time.monotonic() + KILL_PATIENCE_S
    while time.monotonic() < deadline:
        members = _members(handle, folder)
        if not members:
            return
        send(members, signal.SIGKILL)
        time.sleep(0.005)


def _members(handle: Handle | None, folder: RunFolder | None) -> list[ProcessStat]:
    everything = [stat for stat in processes() if stat.alive]
    found = {stat.pid for stat in session_of(handle)} if handle else set()
    if folder is not None:
        name = f"{VARIABLE}={folder.path.parent.name}:{folder.path.name}".encode()
        found |= {s.pid for s in everything if name in _environment(s.pid) or _holds(s.pid, folder)}
    found -= {os.getpid()}
    size = -1
    while size != len(found):
        size = len(found)
        found |= {stat.pid for stat in everything if stat.parent in found}
    return [stat for stat in everything if stat.pid in found]


def _holds(pid: int, folder: RunFolder) -> bool:
    """Whether a process has the attempt's lock open. The pump does now and then, and is no part of the attempt."""
    files = set(_open_files(pid)) if pid != os.getpid() else set()
    return str(folder.lock_file.absolute()) in files and str(folder.pump_lock_file.absolute()) not in files


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _open_files(pid: int) -> Iterator[str]:
    try:
        names = os.listdir(f"/proc/{pid}/fd")  # noqa: PTH208 (a Path for each is slow)
    except OSError:
        return
    for name in names:
        with contextlib.suppress(OSError):
            yield os.readlink(f"/proc/{pid}/fd/{name}")  # noqa: PTH115
