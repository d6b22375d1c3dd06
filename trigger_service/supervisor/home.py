"""The home folder: one `up` at a time holds it, and a small file in it says where the service is."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from trigger_service.domain.errors import CannotStart, InvalidSpec
from trigger_service.domain.place import SERVICE_FILE, Place
from trigger_service.domain.spec import RunFolder, write_whole
from trigger_service.runner.alive import is_free

#: Seconds that the children of a killed `up` may need to be gone.
_PATIENCE_S = 5.0
#: A log file that is larger at a start is put aside, so that there are at most two of them. Bytes.
_LOG_LIMIT = 16 << 20


@contextmanager
def held_home(home: Path) -> Iterator[int]:
    """Hold the home folder, making it where there is none; gives the descriptor of the lock.

    The service inherits the descriptor, so that a free lock means that no service works on this home any more, even
    where its supervisor was killed. Raises CannotStart with the holder's pid, and where the folder cannot be made.
    """
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        (home / "logs").mkdir(exist_ok=True)
        (home / "runs").mkdir(exist_ok=True)
        descriptor = os.open(home / "home.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unusable(home, error) from error
    try:
        _take(descriptor, home)
        yield descriptor
    finally:
        os.close(descriptor)


def made_place(home: Path, place: Place) -> Path:
    """The folder of a place, made where there is none; raises CannotStart."""
    folder = place.folder(home)
    try:
        (folder / "logs").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(folder, error) from error
    return folder


def retired_places(home: Path, configured: Collection[Place]) -> tuple[Place, ...]:
    """Places of a former start that are configured no more, as far as runs of theirs are alive."""
    folders = (home / "places").glob("*/*")
    gone = {Place(folder.parent.name, folder.name) for folder in folders} - set(configured)
    return tuple(sorted(gone & set(_places_of_the_living(home)))) if gone else ()


def _places_of_the_living(home: Path) -> Iterator[Place]:
    for lock in (home / "runs").glob("*/*/alive.lock"):
        folder = RunFolder(lock.parent)
        if not folder.exit_file.exists() and not is_free(lock):
            with suppress(InvalidSpec):
                yield folder.read_spec().place


def _take(descriptor: int, home: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode().strip()
            if _lives(holder) or time.monotonic() > deadline:
                reason = f"the home folder {home} is held by another `luigi-trigger up` (pid {holder}); end that one"
                raise CannotStart(reason=f"{reason}, or set another [trigger_service] home") from None
            time.sleep(0.05)
        else:
            break
    try:
        os.pwrite(descriptor, f"{os.getpid():<10}\n".encode(), 0)
    except OSError as error:
        raise _unusable(home, error) from error


def _unusable(home: Path, error: OSError) -> CannotStart:
    return CannotStart(reason=f"the home folder {home} cannot be used: {error.strerror}")


def _lives(pid: str) -> bool:
    return pid.isdigit() and Path(f"/proc/{pid}").exists()


@contextmanager
def announced(home: Path, url: str) -> Iterator[None]:
    """Say in `service.json` where the service is, for as long as it is there."""
    file = home / SERVICE_FILE
    try:
        write_whole(file, json.dumps({"url": url, "pid": os.getpid()}).encode())
    except OSError as error:
        raise CannotStart(reason=f"{file} cannot be written: {error.strerror}") from error
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def last_port(file: Path) -> int:
    """The port in the `url` of a file that a killed process has left behind; 0 where there is none."""
    try:
        return urlsplit(json.loads(file.read_bytes())["url"]).port or 0
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def log_file(home: Path, name: str) -> Path:
    """The file that takes the output of the process `name`; a large one from before is put aside."""
    file = home / "logs" / f"{name}.log"
    if file.exists() and file.stat().st_size > _LOG_LIMIT:
        file.replace(file.with_suffix(".log.1"))
    return file
