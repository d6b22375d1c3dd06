"""Keeps as much of the past as is wanted: deletes the runs that are too old, too many, or take too much room."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from trigger_service.domain.retention import EndedRun, Keep, Pruning, Stock, Why, surplus
from trigger_service.service.folders import Folders
from trigger_service.service.removal import LARGE, REST_S, Removal
from trigger_service.store import retention, target_writes
from trigger_service.store.engine import Database

#: Runs that are deleted in one transaction.
_RUNS = 20


class Retention:
    """For one thread; another process may do the same at the same time."""

    def __init__(
        self, home: Path, database: Database, keep: Keep, rest: Callable[[float], object] = time.sleep
    ) -> None:
        """`rest` waits so many seconds; it may raise where the process is to end."""
        self._database = database
        self._keep = keep
        self._rest = rest
        self._folders = Folders(home, rest)
        self._removal = Removal(home, database, self._folders, rest)

    def preview(self, now: float) -> Pruning:
        """What `prune` would do now."""
        sizes, stock = self._measured()
        return self._told(list(self._surplus(sizes, stock, now)), stock, sizes)

    def prune(self, now: float) -> Pruning:
        """Delete what is not kept, in small transactions, and give the room back to the disk."""
        self._removal.finish(now)
        sizes, stock = self._measured()
        before = retention.size(self._database.path)
        gone: list[tuple[EndedRun, Why]] = []
        for batch in _batches(self._surplus(sizes, stock, now)):
            removed = self._removal.remove([run for run, _ in batch], now)
            gone += [(run, why) for run, why in batch if run.id in removed]
            self._rest(REST_S)
        self._forget_targets()
        if gone:
            self._give_back()
        told = self._told(gone, stock, sizes)
        return replace(told, folders=told.folders - told.folders_freed, database_freed=max(0, before - told.database))

    def _measured(self) -> tuple[dict[str, int], Stock]:
        with self._database.read() as connection:
            growing = retention.unfinished(connection)
            counts = retention.counts(connection)
        sizes = self._folders.sizes(growing)
        return sizes, Stock(counts, sum(sizes.values()) + retention.size(self._database.path))

    def _surplus(self, sizes: Mapping[str, int], stock: Stock, now: float) -> Iterator[tuple[EndedRun, Why]]:
        return surplus(retention.ended(self._database, now), stock, self._keep, sizes, now)

    def _forget_targets(self) -> None:
        more = True
        while more:
            with self._database.write() as connection:
                more = target_writes.forget(connection)
            if more:
                self._rest(REST_S)

    def _give_back(self) -> None:
        more = True
        while more:
            with self._database.write() as connection:
                more = retention.give_back(connection)
            self._rest(REST_S)
        self._database.checkpoint()

    def _told(self, going: Sequence[tuple[EndedRun, Why]], stock: Stock, sizes: Mapping[str, int]) -> Pruning:
        return Pruning(
            runs=Counter(why for _, why in going),
            kept=sum(stock.by_pipeline.values()) - len(going),
            folders_freed=sum(sizes.get(run.id, 0) for run, _ in going),
            folders=sum(sizes.values()),
            database=retention.size(self._database.path),
            finished_at=time.time(),
        )


def _batches(going: Iterator[tuple[EndedRun, Why]]) -> Iterator[list[tuple[EndedRun, Why]]]:
    """The runs in groups that can be deleted in one transaction each."""
    batch: list[tuple[EndedRun, Why]] = []
    for run, why in going:
        batch.append((run, why))
        if len(batch) == _RUNS or sum(min(found.tasks, LARGE) for found, _ in batch) >= LARGE:
            yield batch
            batch = []
    if batch:
        yield batch
