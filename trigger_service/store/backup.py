"""A copy of the database file, made while it is written to, that is a whole database by itself."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from trigger_service.domain.errors import BackupFailed
from trigger_service.store.durability import sync


def backup(source: Path, target: Path) -> int:
    """Copy the database at `source` to the new file `target`, as of one moment; gives its size in bytes.

    Nobody waits for it, and it appears whole or not at all: written beside, checked (integrity and references), synced,
    then renamed. Only its owner can read it. Raises BackupFailed, also for a target that exists.
    """
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        if target.exists():
            raise BackupFailed(target=target, reason="it exists already; name a new file")
        if not target.parent.is_dir():  # which may be a disk that is not mounted
            raise BackupFailed(target=target, reason=f"there is no folder {target.parent.absolute()}; make it first")
        beside.touch(mode=0o600, exist_ok=False)
        try:
            _copy(source, beside)
            sync(beside)
            os.link(beside, target)  # unlike a rename, this replaces nothing
        finally:
            beside.unlink(missing_ok=True)
        sync(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise BackupFailed(target=target, reason=str(error)) from error
    return target.stat().st_size


def _copy(source: Path, target: Path) -> None:
    """In one step: a copy in several begins anew whenever somebody writes, and never ends beside a busy service."""
    from_uri = f"{source.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(from_uri, uri=True)) as there, closing(sqlite3.connect(target)) as here:
        there.backup(here)
        here.execute("PRAGMA journal_mode=DELETE").fetchall()  # one file, with none beside it
        faults = [row[0] for row in here.execute("PRAGMA integrity_check") if row[0] != "ok"]
        faults += [f"a row of {row[0]} names what is not there" for row in here.execute("PRAGMA foreign_key_check")]
    if faults:
        raise sqlite3.DatabaseError(f"the copy is not sound: {'; '.join(faults[:3])}")
