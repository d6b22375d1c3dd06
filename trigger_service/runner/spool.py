"""Raw output on its way to the log: append-only files, one pair per task execution, that the pump reads.

Files rather than pipes: a file cannot block C code that prints while it holds the GIL, keeps what was printed whatever
is killed, and can be read again by a new pump from where the last log record ended. They are in memory (`spool` in the
run folder is a link to a folder on a tmpfs), because what a task prints may hold private values. A file cannot block
its writer either: Python code that prints is held up here where the pump cannot follow, so that memory is bounded.

    <pid>.names       one JSON object per line: which task the files `<pid>-<n>.*` belong to
    <pid>-<n>.out     what was written to standard output, as it was written
    <pid>-<n>.err     the same of standard error
    <pid>-<n>.log     finished records of a logging handler, as `domain.logs` encodes them
    private           one JSON array per line: the name of a private parameter and the texts that give its value away
    .run              a link to the run folder
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple

from trigger_service.domain.spec import RunFolder
from trigger_service.runner import linux
from trigger_service.runner.alive import is_free
from trigger_service.runner.mask import Mask
from trigger_service.runner.stream import append_whole

_BLOCK = 512
OUT, ERR, RECORDS = "out", "err", "log"
NAMES, PRIVATE, RUN = "names", "private", ".run"
#: A file system in memory on every Linux; Luigi's own queues between processes need it, too.
MEMORY = Path("/dev/shm")  # noqa: S108 (a folder of its own, with a random name, is made in it)
PREFIX = "luigi-trigger-"
#: Bytes that must be free there; with less, output goes to the run folder.
ROOM = 16 << 20
#: Bytes of output that a run may have in memory: the most; where less is free, as much as that; the least in any case.
MOST, LEAST = 64 << 20, 4 << 20
#: Bytes up to which a file is not counted: so much of it stays when all is in the log and its room is given back.
REST = 8 << 10
#: Bytes that a process writes between two looks at how much there is, and seconds between two looks while it waits.
STRIDE, PAUSE_S = 1 << 20, 0.02
#: Seconds after which a folder that belongs to no run is one that was left behind, and not one being made.
YOUNG_S = 60.0
#: Seconds after which nobody will come for output that no process writes or reads.
ABANDONED_S = 7 * 86400.0


def make_spool(spool: Path) -> bool:
    """See to it that there is a folder at `spool`, in memory if that can be.

    Gives whether one has gone with the memory of the machine when it was restarted.
    """
    lost = spool.is_symlink() and not spool.exists()
    if lost:
        spool.unlink(missing_ok=True)
    elif spool.exists():
        return False
    memory = _folder_in_memory(spool)
    try:
        spool.mkdir() if memory is None else spool.symlink_to(memory)
    except FileExistsError:  # the child and the pump may come at the same time
        if memory is not None:
            shutil.rmtree(memory)
    return lost


def remove_spool(spool: Path) -> None:
    """Remove the folder, wherever it is."""
    if spool.is_symlink():
        memory = spool.readlink()
        spool.unlink()  # first, since a link to nothing says that the machine was restarted
        shutil.rmtree(memory)
    else:
        shutil.rmtree(spool)


def remove_orphans(now: float, memory: Path = MEMORY) -> None:
    """Remove this user's spools in memory whose run folder was deleted, has another one, or was abandoned long ago."""
    for folder in memory.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            about = folder.lstat()
            is_ours = about.st_uid == os.getuid() and now - about.st_ctime > YOUNG_S
            if is_ours and (not _is_in_use(folder) or _is_abandoned(folder, now)):
                shutil.rmtree(folder)


def _folder_in_memory(spool: Path) -> Optional[Path]:
    try:
        about = os.statvfs(MEMORY)
        if about.f_bavail * about.f_frsize < ROOM or not linux.is_in_memory(MEMORY):
            return None
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=MEMORY))  # mode 0700
        (folder / RUN).symlink_to(spool.parent.absolute())
    except OSError:
        return None
    return folder


def _is_in_use(folder: Path) -> bool:
    run = folder / RUN
    spool = run.readlink() / "spool" if run.is_symlink() else run
    return spool.is_symlink() and spool.readlink() == folder


def _is_abandoned(folder: Path, now: float) -> bool:
    """Whether neither child nor pump is at it, and for so long that no service will start one for this home."""
    run = RunFolder((folder / RUN).readlink())
    changed = max(path.lstat().st_mtime for path in (folder, *folder.iterdir()))
    return now - changed > ABANDONED_S and is_free(run.lock_file) and is_free(run.pump_lock_file)


def taken(folder: Path) -> int:
    """Bytes of memory that the output in a spool takes."""
    with os.scandir(folder) as entries:
        sizes = [entry.stat(follow_symlinks=False).st_blocks * _BLOCK for entry in entries]
    return sum(size for size in sizes if size > REST)


class Pair(NamedTuple):
    """Descriptors (close-on-exec) of the files that take the standard output and error, and how these are called."""

    name: str
    out: int
    err: int

    def sizes(self) -> Dict[str, int]:
        """By file, how many bytes are in it."""
        return {
            f"{self.name}.{OUT}": os.fstat(self.out).st_size,
            f"{self.name}.{ERR}": os.fstat(self.err).st_size,
        }

    def close(self) -> None:
        """Give the descriptors back."""
        os.close(self.out)
        os.close(self.err)


class Spool:
    """Makes the spool files of one process; `after_fork` in each process forked from it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0
        self._written = 0
        self._is_bounded = False
        self._names = self._open(f"{os.getpid()}.{NAMES}")

    def after_fork(self) -> None:
        """Begin a register of names for this process."""
        os.close(self._names)
        self._names = self._open(f"{os.getpid()}.{NAMES}")

    def open_pair(self, task: Optional[str]) -> Pair:
        """A new one for a task; None for what belongs to none."""
        name = self._next_name()
        line = json.dumps({"file": name, "task": task, "pid": os.getpid()}).encode() + b"\n"
        os.write(self._names, line)
        out = self._open(f"{name}.{OUT}")
        try:
            return Pair(name, out, self._open(f"{name}.{ERR}"))
        except OSError:
            os.close(out)
            raise

    def open_records(self) -> int:
        """A descriptor for finished log records of this process."""
        return self._open(f"{self._next_name()}.{RECORDS}")

    def in_memory(self) -> bool:
        """Whether nothing of it is on a disk."""
        return linux.is_in_memory(self._folder)

    def publish(self, values: Mapping[str, Iterable[str]]) -> None:
        """Tell the pump texts to hide, by parameter; it begins to write the log at the first call."""
        lines = [json.dumps([name, list(texts)]) for name, texts in values.items()] or ["[]"]
        descriptor = self._open(PRIVATE)
        try:
            append_whole(descriptor, "\n".join([*lines, ""]).encode())
        finally:
            os.close(descriptor)
        self._is_bounded = self.in_memory()

    def count(self, size: int) -> None:
        """To be told before this process writes `size` bytes; holds it up at times until the pump has followed."""
        self._written += size
        if self._written >= STRIDE:
            self._written = 0
            self.wait_for_room()

    def wait_for_room(self) -> None:
        """Wait while too much of the run's output is in memory; before the pump has begun nothing is too much."""
        while self._is_bounded and self._is_too_full():
            time.sleep(PAUSE_S)

    def _is_too_full(self) -> bool:
        try:
            about = os.statvfs(self._folder)
            allowed = max(LEAST, min(MOST, about.f_bavail * about.f_frsize))
            if (about.f_blocks - about.f_bfree) * about.f_frsize <= allowed:
                return False  # all that there is of all runs: the usual case, and quick
            return taken(self._folder) > allowed
        except FileNotFoundError:  # the attempt is over, and this process has cut itself loose from it
            return False

    def _next_name(self) -> str:
        self._made += 1
        return f"{os.getpid()}-{self._made}"

    def _open(self, name: str) -> int:
        return os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


class Private:
    """Reads which texts are to be hidden, and no line twice."""

    def __init__(self, folder: Path) -> None:
        self.mask = Mask()
        self._path = folder / PRIVATE
        self._offset = 0

    def read(self) -> bool:
        """Have `mask` learn what is new; whether the child has told anything yet."""
        chunk = _read_on(self._path, self._offset)
        for line in chunk.splitlines():
            entry: List[Any] = json.loads(line)
            if entry:
                self.mask.learn(entry[0], entry[1])
        self._offset += len(chunk)
        return self._offset > 0


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
        whole = _read_on(register, self._offsets.get(register, 0))
        self._offsets[register] = self._offsets.get(register, 0) + len(whole)
        for line in whole.splitlines():
            entry = json.loads(line)
            self._known[entry["file"]] = entry["task"], entry["pid"]


def _read_on(register: Path, offset: int) -> bytes:
    """The whole lines of a file from `offset` on; nothing where there is none."""
    try:
        with register.open("rb", buffering=0) as file:
            file.seek(offset)
            chunk = file.read()
    except FileNotFoundError:
        return b""
    return chunk[: chunk.rfind(b"\n") + 1]
