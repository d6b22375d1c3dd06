"""One look at an inbox for the sensors that name it: what it finds is on record before anything is made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol

from sqlalchemy import Connection

from trigger_service.domain.failpoints import fail_point
from trigger_service.domain.files import Batch, Batches, FileSource, Found, Inbox, KnownFile, noticed
from trigger_service.service.expressions import named_groups
from trigger_service.store import files as table
from trigger_service.store import sensors
from trigger_service.store.engine import Database
from trigger_service.store.files import Progress

#: Files that are dealt with in one transaction.
CHUNK = 500
#: Files that are remembered to need nothing, so that nobody is asked about them at each look.
REMEMBERED = 200_000


class Place(Protocol):
    """What an inbox lists: a folder, or an S3 prefix."""

    #: What the last listing could not look at, one line each.
    faults: Sequence[str]

    def files(self, after: str) -> Iterator[Found]:
        """What lies in it; an S3 prefix gives what follows a path, by path. Raises Unavailable."""


@dataclass(frozen=True)
class Watching:
    """A sensor that looks at an inbox; one that is made anew is another one."""

    name: str
    source: FileSource
    created_at: float


class LooksElsewhere(Exception):
    """A sensor was changed or removed during a look, which is to begin again."""


@dataclass
class _Looking:
    """A sensor during a look."""

    sensor: Watching
    groups: Callable[[str], dict[str, str] | None]
    stored: Progress | None
    progress: Progress
    #: Files that waited before the look, without those that it has seen.
    unseen: set[str]


class Scan:
    """Looks at one inbox. For one thread; other processes may do the same at the same time."""

    def __init__(self, database: Database, inbox: Inbox, place: Place, pending: Callable[[], None]) -> None:
        """`pending` is called when deliveries were recorded, which wait for their runs."""
        self._database = database
        self._pending = pending
        #: What needs nothing as long as the same sensors watch: hashes of paths and versions.
        self._done: set[int] = set()
        self._done_for: Sequence[Watching] = ()
        self._inbox = inbox
        self._place = place

    def look(self, watching: Sequence[Watching], now: float) -> float | None:
        """Take what has settled; when to look again for what has not, None where nothing waits.

        Raises Unavailable where the inbox cannot be listed, or the database not be used; LooksElsewhere.
        """
        looking = [self._begin(each) for each in watching]
        ordered = all(each.sensor.source.ordered for each in looking)
        after = min((each.progress.cursor for each in looking), default="") if ordered else ""
        if watching != self._done_for or ordered:
            self._done, self._done_for = set(), watching
        last = after
        for chunk in _chunks(self._place.files(after)):
            last = chunk[-1].path
            open_ones = [file for file in chunk if hash((file.path, file.version)) not in self._done]
            waiting = {path for each in looking for path in self._record(each, open_ones, now)}
            if len(self._done) < REMEMBERED:
                self._done |= {hash((file.path, file.version)) for file in open_ones if file.path not in waiting}
        ends = [self._end(each, last, now) for each in looking]
        return min((end for end in ends if end is not None), default=None)

    def _begin(self, sensor: Watching) -> _Looking:
        """Where a sensor stands; it starts anew where it looks at another place, or for other names."""
        pattern = sensor.source.pattern
        with self._database.read() as connection:
            stored = table.progress(connection, sensor.name)
            unseen = table.waiting(connection, sensor.name)
        progress = stored
        if progress is None or progress.url != self._inbox.url:
            progress = Progress(self._inbox.url, pattern)
            unseen = set()
            with self._writing(sensor) as connection:
                table.clear(connection, sensor.name)
                table.save_progress(connection, sensor.name, progress)
        elif progress.pattern != pattern:
            progress = replace(progress, pattern=pattern, cursor="")
        return _Looking(sensor, named_groups(pattern), stored, progress, unseen)

    @contextmanager
    def _writing(self, sensor: Watching) -> Iterator[Connection]:
        """A transaction for a sensor that is still as it was when the look began; raises LooksElsewhere."""
        with self._database.write() as connection:
            found = sensors.get(connection, sensor.name)
            if found is None or (found.source, found.created_at) != (sensor.source, sensor.created_at):
                raise LooksElsewhere
            yield connection

    def _record(self, looking: _Looking, chunk: Sequence[Found], now: float) -> set[str]:
        """Put on record what is new or has changed among some files; the paths of those that wait now."""
        mine = [file for file in chunk if looking.groups(file.path) is not None]
        looking.unseen.difference_update(file.path for file in mine)
        if not mine:
            return set()
        with self._database.read() as connection:
            known = table.known(connection, looking.sensor.name, [file.path for file in mine])
        changed = looking.sensor.source.changed
        rows = [row for file in mine if (row := noticed(file, known.get(file.path), changed, now)) is not None]
        if not looking.progress.whole and not looking.sensor.source.existing:
            rows = [replace(row, state="existing") for row in rows]
        if rows:
            with self._writing(looking.sensor) as connection:
                table.put(connection, looking.sensor.name, rows)
            fail_point("after arrived files are recorded")
        is_now = {**known, **{row.path: row for row in rows}}
        return {path for path, row in is_now.items() if row.state == "new"}

    def _end(self, looking: _Looking, last: str, now: float) -> float | None:
        """After a whole listing: forget what has gone, take what has settled; when something else will have."""
        if looking.unseen:
            with self._writing(looking.sensor) as connection:
                table.forget(connection, looking.sensor.name, looking.unseen)
        settle_s = looking.sensor.source.settled_after(self._inbox.kind)
        batches = Batches(looking.sensor.source.batch_s, settle_s)
        for some in _bunches(self._closed(looking, batches, now)):
            self._take(looking.sensor, some, now)
        with self._database.read() as connection:
            changed_at = table.next_change(connection, looking.sensor.name, now - settle_s)
        self._advance(looking, last)
        ends = [batches.next_end(now), None if changed_at is None else changed_at + settle_s]
        return min((end for end in ends if end is not None), default=None)

    def _closed(self, looking: _Looking, batches: Batches, now: float) -> Iterator[Batch]:
        """The batches of all that has settled, as far as nothing can be added to them."""
        after: KnownFile | None = None
        while True:
            with self._database.read() as connection:
                found = table.settled(connection, looking.sensor.name, now - batches.settle_s, after, CHUNK)
            for file in found:
                groups = looking.groups(file.path) or {}
                whole = batches.add(file, groups) if looking.sensor.source.batch_s else Batch(groups, (file,))
                if whole is not None:
                    yield whole
            if len(found) < CHUNK:
                break
            after = found[-1]
        yield from batches.closed(now)

    def _take(self, sensor: Watching, batches: Sequence[Batch], now: float) -> None:
        """Make deliveries of batches, and mark their files as taken; one that another process takes is left to it."""
        with self._writing(sensor) as connection:
            paths = [file.path for batch in batches for file in batch.files]
            known = table.known(connection, sensor.name, paths)
            whole = [batch for batch in batches if all(known.get(file.path) == file for file in batch.files)]
            table.take(connection, sensor.name, [file for batch in whole for file in batch.files])
            if whole:
                documents = {batch.key(self._inbox): batch.document(self._inbox) for batch in whole}
                sensors.record_all(connection, sensor.name, documents, now)
            fail_point("before taken files are committed")
        fail_point("between taken files and their runs")
        self._pending()

    def _advance(self, looking: _Looking, last: str) -> None:
        """Store how far everything was dealt with."""
        made = replace(looking.progress, whole=True)
        with self._database.read() as connection:
            first = table.first_waiting(connection, looking.sensor.name)
            done = last if first is None else table.last_before(connection, looking.sensor.name, first)
        if looking.sensor.source.ordered:
            made = replace(made, cursor=max(made.cursor, done or ""))
        if made != looking.stored:
            with self._writing(looking.sensor) as connection:
                table.save_progress(connection, looking.sensor.name, made)


def _chunks(found: Iterable[Found]) -> Iterator[list[Found]]:
    files = iter(found)
    while chunk := list(islice(files, CHUNK)):
        yield chunk


def _bunches(batches: Iterable[Batch]) -> Iterator[list[Batch]]:
    """Batches that can be taken in one transaction."""
    bunch: list[Batch] = []
    files = 0
    for batch in batches:
        bunch.append(batch)
        files += len(batch.files)
        if files >= CHUNK:
            yield bunch
            bunch, files = [], 0
    if bunch:
        yield bunch
