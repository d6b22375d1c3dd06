"""The home folder: whose it is, what disk it is on, and whether what lies in it can be used."""

from __future__ import annotations

import base64
import binascii
import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from trigger_service.cli.checks.finding import Finding
from trigger_service.store.schema import HEAD

#: Bytes: below the first a fault, below the second a warning.
_LEAST, _LITTLE = 100 << 20, 1 << 30
#: Seconds between the clock of the machine and that of the file system which are of no matter.
_SKEW_S = 2.0
#: File systems on other machines: locks and SQLite's shared memory are not to be trusted there.
_REMOTE = ("nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p", "ceph", "glusterfs", "lustre", "beegfs")
#: Bytes up to which the whole database is read.
_WHOLE = 256 << 20


def check_home(home: Path, now: float, mounts: str) -> Iterator[Finding]:
    """All of it; `now` in seconds since the epoch, `mounts` the text of /proc/mounts."""
    where = _existing(home)
    unusable = _unusable(home, where)
    if unusable:
        yield unusable
        return
    yield from _clock(where, now)
    yield from _disk(where, mounts)
    if home.is_dir():
        yield from _open_to_others(home)
        yield from _key(home / "secrets.key")
        yield from _database(home / "database.sqlite3")


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists() or path == path.parent)


def _unusable(home: Path, where: Path) -> Finding | None:
    try:
        descriptor, name = tempfile.mkstemp(prefix=".doctor", dir=where)
    except OSError as error:
        return Finding(
            "home-unwritable",
            f"The home folder cannot be written to: {error.strerror}",
            str(home if where == home else where),
            "`luigi-trigger up` keeps its database, logs and run folders there",
            "Give yourself the right to write there, or name another folder as [trigger_service] home.",
        )
    os.close(descriptor)
    Path(name).unlink()
    return None


def _clock(where: Path, now: float) -> Iterator[Finding]:
    with tempfile.NamedTemporaryFile(prefix=".doctor", dir=where) as file:
        skew = Path(file.name).stat().st_mtime - now
    if abs(skew) > _SKEW_S:
        yield Finding(
            "clock-file-system",
            f"The clock of the file system is {skew:+.0f} s from that of this machine",
            str(where),
            "changed code may go unnoticed, and the ages of files are wrong",
            "Synchronise the clocks of this machine and of the file server (NTP).",
        )


def _disk(where: Path, mounts: str) -> Iterator[Finding]:
    free = shutil.disk_usage(where).free
    if free < _LITTLE:
        yield Finding(
            "disk-space",
            f"{free >> 20} MiB are free on the disk of the home folder",
            str(where),
            "on a full disk runs are not accepted, and output of running ones is lost",
            "Make room, or move [trigger_service] home to another disk.",
            "fault" if free < _LEAST else "warning",
        )
    kind = _kind(where, mounts)
    if kind in _REMOTE:
        yield Finding(
            "home-remote",
            f"The home folder is on a network file system ({kind})",
            str(where),
            "SQLite and the locks that keep a run from starting twice do not hold there",
            "Set [trigger_service] home to a folder on a disk of this machine.",
        )


def _kind(folder: Path, mounts: str) -> str:
    """The type of the file system that a folder is on."""
    best = ("", "")
    for line in mounts.splitlines():
        _, point, kind, *_ = line.split()
        point = point.replace("\\040", " ")
        if folder.resolve().is_relative_to(point) and len(point) >= len(best[0]):
            best = (point, kind)
    return best[1]


def _open_to_others(home: Path) -> Iterator[Finding]:
    mode = stat.S_IMODE(home.stat().st_mode)
    if mode & 0o022 or (home.stat().st_uid not in (os.getuid(), 0)):
        yield Finding(
            "home-open",
            f"Others may change what is in the home folder (mode {mode:04o})",
            str(home),
            "whoever can write there can run code as you",
            f"chmod 700 {home}",
        )


def _key(file: Path) -> Iterator[Finding]:
    if not file.exists():
        return
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        yield Finding(
            "key-open",
            f"The key of private values can be read by others (mode {stat.S_IMODE(file.stat().st_mode):04o})",
            str(file),
            "with it and the database, private values of runs can be read",
            f"chmod 600 {file}",
        )
    try:
        sound = len(base64.urlsafe_b64decode(file.read_bytes().strip())) == 32
    except (binascii.Error, ValueError):
        sound = False
    if not sound:
        yield Finding(
            "key-broken",
            "The key of private values is no key",
            str(file),
            "`luigi-trigger up` refuses to start",
            "Put the right file back, or delete it: runs with private values cannot be started or retried then.",
        )


def _database(file: Path) -> Iterator[Finding]:
    if not file.exists():
        return
    mend = "Restore it from a backup, or move it away: the next `luigi-trigger up` makes an empty one."
    why = "it is the record of all runs, and `luigi-trigger up` cannot start without it"
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)) as connection:
            if file.stat().st_size <= _WHOLE:
                (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            else:
                verdict = "ok"
            rows = connection.execute("SELECT version_num FROM alembic_version").fetchall() if verdict == "ok" else []
    except sqlite3.Error as error:
        yield Finding("database-broken", f"The database cannot be read: {error}", str(file), why, mend)
        return
    if verdict != "ok":
        yield Finding("database-broken", f"The database is damaged: {verdict}", str(file), why, mend)
    for (version,) in rows:
        if version > HEAD:
            yield Finding(
                "database-too-new",
                f"The database has version {version}, this luigi-trigger knows {HEAD}",
                str(file),
                "`luigi-trigger up` refuses to start, so as not to damage it",
                "Install the newer luigi-trigger that has written it, or set another [trigger_service] home.",
            )
