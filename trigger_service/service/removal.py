"""Removes runs, rows and folders, so that neither is ever left without the other, whatever is killed meanwhile.

What is about to go is written down (`removal` in the home folder, held with flock by whoever removes). Then the rows
go, and after them the folders: a run that is listed has its output. Whoever comes next finishes what a killed process
has begun.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from trigger_service.domain.failpoints import fail_point
from trigger_service.domain.ids import is_run_id
from trigger_service.domain.retention import EndedRun
from trigger_service.service.folders import Folders
from trigger_service.store import retention
from trigger_service.store.engine import Database

#: A run with more tasks has too many rows for one transaction.
LARGE = 200
#: Seconds between two transactions, for those who wait to write.
REST_S = 0.02


class Removal:
    """Safe for any number of processes: one removes at a time."""

    def __init__(self, home: Path, database: Database, folders: Folders, rest: Callable[[float], object]) -> None:
        """`rest` waits so many seconds; it may raise where the process is to end."""
        self._file = home / "removal"
        self._database = database
        self._folders = folders
        self._rest = rest

    def finish(self, now: float) -> None:
        """Finish what a killed process has begun."""
        with self._held() as (descriptor, begun):
            if begun:
                self._remove(descriptor, begun, now)

    def remove(self, batch: Collection[EndedRun], now: float) -> set[str]:
        """Remove these runs, as far as nobody needs them any more; gives the ids of those that are gone."""
        with self._held() as (descriptor, begun):
            ids = {run.id for run in batch}
            _write(descriptor, ids | begun)
            fail_point("before the rows of old runs are deleted")
            for run in batch:
                if run.tasks > LARGE:
                    self._thin(run.id, now)
            return self._remove(descriptor, ids | begun, now) & ids

    def _thin(self, run_id: str, now: float) -> None:
        """Take most rows from a run that has too many for one transaction."""
        more = True
        while more:
            with self._database.write() as connection:
                more = retention.thin(connection, run_id, now)
            fail_point("in the middle of a large old run")
            self._rest(REST_S)

    def _remove(self, descriptor: int, ids: set[str], now: float) -> set[str]:
        with self._database.write() as connection:
            retention.remove(connection, ids, now)
        fail_point("between the rows and the folders of old runs")
        with self._database.read() as connection:
            gone = ids - retention.existing(connection, ids)
        _write(descriptor, {run_id for run_id in gone if not self._folders.remove(run_id)})
        return gone

    @contextmanager
    def _held(self) -> Iterator[tuple[int, set[str]]]:
        """The file, held, and what stands in it."""
        descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor, _read(descriptor)
        finally:
            os.close(descriptor)


def _read(descriptor: int) -> set[str]:
    """The ids that are written down; none where the writer was killed before it had begun to delete."""
    content = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
    try:
        return {run_id for run_id in json.loads(content) if is_run_id(run_id)}
    except ValueError:
        return set()


def _write(descriptor: int, ids: Collection[str]) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(sorted(ids)).encode(), 0)
    os.fsync(descriptor)
