"""A place beside the final path where a file is written before it is published, and the sweeping of abandoned ones.

A staging folder holds a lock file that its writer keeps locked (flock) until the file is published or discarded. The
kernel frees that lock when the last process that holds it is gone, however it went, so a free lock means an abandoned
folder. Nothing depends on process ids, which different containers use twice.
"""

import errno
import fcntl
import os
import secrets
import shutil
import socket
import time
from contextlib import suppress
from pathlib import Path

from targets.errors import NothingWritten, PublishedMeanwhile

PREFIX = ".luigi-tmp-"
LOCK = ".lock"
#: Seconds after which a folder of another boot or host, or without a lock, counts as abandoned.
FOREIGN_AGE_S = 24 * 3600
NO_DIRECTORY_FSYNC = (errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EBADF)


class Staging:
    """A locked, hidden folder beside `final`. Write to `path`, then `publish()` or `discard()`, each once.

    Making one creates the parents of `final` durably and sweeps what killed writers left in the same folder.
    """

    def __init__(self, final: Path) -> None:
        self.final = Path(os.path.abspath(final))  # noqa: PTH100 - resolve() would follow a symbolic link
        self._before = version_of(self.final)
        make_folder(self.final.parent)
        sweep(self.final.parent, now=time.time())
        self.folder, lock = _locked_folder(self.final.parent)
        self._lock: int | None = lock
        self.path = self.folder / self.final.name

    def publish(self) -> None:
        """Put `path` in place of `final`, atomically and durably: data first, then the name.

        Raises NothingWritten where `path` does not exist, PublishedMeanwhile where `final` is not what it was when this
        object was made, OSError where the disk refuses; `final` is then untouched.
        """
        try:
            if not self.path.exists():
                raise NothingWritten(path=self.final)
            fsync_tree(self.path)
            self._put_in_place()
            fsync_folder(self.final.parent)
        finally:
            self.discard()

    def _put_in_place(self) -> None:
        """Whoever writes the same file meanwhile meets a name that is taken, or waits for the lock of the old file."""
        try:
            if self.path.is_dir():
                self.path.replace(self.final)  # only in place of nothing, or of an empty folder
            elif self._before is None:
                os.link(self.path, self.final)
            else:
                self._replace_what_was_there()
        except FileExistsError:
            raise PublishedMeanwhile(url=self.final) from None

    def _replace_what_was_there(self) -> None:
        try:
            old = os.open(self.final, os.O_RDONLY)
        except FileNotFoundError:
            raise PublishedMeanwhile(url=self.final) from None
        try:
            with suppress(OSError):  # no flock on this file system: two at the same instant both replace it
                fcntl.flock(old, fcntl.LOCK_EX)
            if version_of(self.final) != self._before:
                raise PublishedMeanwhile(url=self.final)
            self.path.replace(self.final)
        finally:
            os.close(old)

    def discard(self) -> None:
        """Remove the folder with all that is in it and free the lock. A second call does nothing."""
        if self._lock is None:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock)
        self._lock = None


def version_of(path: Path) -> str | None:
    """What tells a file from another one that takes its place: None where there is none."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return f"{found.st_mtime_ns:x}-{found.st_size:x}-{found.st_ino:x}"


def sweep(parent: Path, now: float) -> list[Path]:
    """Remove the staging folders in `parent` whose writer is certainly gone; `now` in seconds since the epoch.

    Returns the folders removed. A live writer's folder is never touched: its lock is held.
    """
    with os.scandir(parent) as entries:
        found = [Path(entry.path) for entry in entries if entry.name.startswith(PREFIX)]
    return [folder for folder in found if _sweep_one(folder, now)]


def fsync_tree(path: Path) -> None:
    """Flush a file, or a folder with everything below it, to the disk. Raises OSError where the disk refuses."""
    if not path.is_dir():
        _fsync(path)
        return
    for folder, _, files in os.walk(path):
        for name in files:
            _fsync(Path(folder, name))
        fsync_folder(Path(folder))


def fsync_folder(path: Path) -> None:
    """Flush a folder's entries to the disk, where its file system can do that."""
    try:
        _fsync(path)
    except OSError as error:
        if error.errno not in NO_DIRECTORY_FSYNC:
            raise


def make_folder(path: Path) -> None:
    """Create `path` and its parents, durably: a file in a folder whose own entry is lost would be lost with it."""
    missing = []
    while not path.is_dir():
        missing.append(path)
        path = path.parent
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        fsync_folder(folder.parent)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _locked_folder(parent: Path) -> tuple[Path, int]:
    while True:
        folder = parent / f"{PREFIX}{_boot()}-{os.getpid()}-{secrets.token_hex(6)}"
        folder.mkdir()
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(lock), (folder / LOCK).stat()):
                return folder, lock
        except (BlockingIOError, FileNotFoundError):
            pass  # a sweeper was between our creating and our locking: it takes this folder, we take another
        except OSError:
            return folder, lock  # no flock on this file system: sweepers go by age alone
        os.close(lock)


def _sweep_one(folder: Path, now: float) -> bool:
    try:
        old = now - folder.stat().st_mtime > FOREIGN_AGE_S
    except FileNotFoundError:
        return False
    try:
        lock = os.open(folder / LOCK, os.O_RDWR)
    except FileNotFoundError:
        return old and _remove(folder)  # being made, being removed, or made by something else
    try:
        return _abandoned(folder, lock, old) and _remove(folder)
    finally:
        os.close(lock)


def _abandoned(folder: Path, lock: int, old: bool) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return old
    return old or folder.name.startswith(f"{PREFIX}{_boot()}-")


def _remove(folder: Path) -> bool:
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def _boot() -> str:
    """Eight characters that name this boot of this machine: flock is sure to be seen within it."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
    except OSError:
        return socket.gethostname().encode().hex()[:8]
