"""Who is who among the processes of one `luigi-trigger up`, seen from outside: by /proc alone."""

import contextlib
import os
import signal
from dataclasses import dataclass, field
from pathlib import Path

ROLES = (
    "supervisor",
    "master",
    "service",
    "luigid",
    "base zygote",
    "nursery",
    "spare",
    "child",
    "task process",
    "pump",
)


@dataclass(frozen=True)
class Process:
    """One process of a stage."""

    pid: int
    parent: int = field(compare=False)
    #: Clock ticks since boot.
    started: int
    command: str
    #: Lock files of run folders that it has open: (folder, name of the file).
    locks: tuple[tuple[str, str], ...] = field(default=(), compare=False)


def processes(marker: str) -> list[Process]:
    """All live processes with `marker` in their environment or command, oldest first."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                found.append(_look(entry, marker.encode()))
    return sorted((process for process in found if process is not None), key=lambda process: process.started)


def by_role(marker: str) -> dict[str, list[Process]]:
    """The processes of a stage by role; what has none of these roles is under `other`."""
    everybody = processes(marker)
    roles: dict[str, list[Process]] = {role: [] for role in (*ROLES, "other")}
    known: dict[int, str] = {}
    holders = {process.pid for process in everybody if _holds(process, "alive.lock")}
    for process in everybody:
        parent = known.get(process.parent, "")
        siblings = {nursery.parent for nursery in roles["nursery"]}
        role = _role(process, parent, process.parent in holders, process.parent in siblings)
        known[process.pid] = role
        roles[role].append(process)
    return roles


def kill(process: Process) -> bool:
    """SIGKILL exactly this process; False where it was gone."""
    return send(process, signal.SIGKILL)


def send(process: Process, number: int) -> bool:
    """Signal exactly this process; False where it was gone."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return False
    try:
        if started(process.pid) != process.started:
            return False
        signal.pidfd_send_signal(descriptor, number)
    except ProcessLookupError:
        return False
    else:
        return True
    finally:
        os.close(descriptor)


def started(pid: int) -> int:
    """When a process started, in clock ticks since boot; 0 for one that is gone."""
    try:
        return int(_stat(Path(f"/proc/{pid}"))[19])
    except OSError:
        return 0


def _role(process: Process, parent: str, parent_holds: bool, has_nursery: bool) -> str:
    modules = {
        "trigger_service.supervisor": "supervisor",
        "trigger_service.serving": "service" if parent == "master" else "master",
        "trigger_service.luigid": "luigid",
    }
    for module, role in modules.items():
        if f" {module} " in f"{process.command} ":
            return role
    if _holds(process, "alive.lock"):
        return "task process" if parent_holds else "child"
    if _holds(process, "pump.lock"):
        return "pump"
    if " trigger_service.runner.zygote " in process.command:
        if parent != "base zygote":
            return "base zygote" if parent == "supervisor" else "other"
        return "spare" if has_nursery else "nursery"
    return "other"


def _holds(process: Process, name: str) -> bool:
    return any(lock == name for _, lock in process.locks)


def _look(entry: Path, marker: bytes) -> Process | None:
    environment, command = (entry / "environ").read_bytes(), (entry / "cmdline").read_bytes()
    if marker not in environment and marker not in command:
        return None
    stat = _stat(entry)
    if stat[0] in "ZX":
        return None
    words = command.decode(errors="replace").replace("\0", " ")
    return Process(int(entry.name), int(stat[1]), int(stat[19]), words, tuple(_locks(entry)))


def _stat(entry: Path) -> list[str]:
    text = (entry / "stat").read_text()
    return text[text.rindex(")") + 2 :].split()


def _locks(entry: Path) -> list[tuple[str, str]]:
    found = []
    with contextlib.suppress(OSError):
        for descriptor in (entry / "fd").iterdir():
            with contextlib.suppress(OSError):
                file = descriptor.readlink()
                if file.name in ("alive.lock", "pump.lock"):
                    found.append((str(file.parent), file.name))
    return found
