"""The catalogue of targets: which run wrote each of them, from what, and what was made of it."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from trigger_service.domain.errors import InvalidCursor, InvalidRequest, Problem, RunNotFound, TargetNotFound
from trigger_service.domain.lineage import Direction, Lineage, Node, lineage, source_of
from trigger_service.domain.operations import Away, Operation
from trigger_service.domain.run import Run
from trigger_service.domain.target_writes import TargetWrite
from trigger_service.domain.urls import shown_url
from trigger_service.store import operations, runs
from trigger_service.store.engine import Database
from trigger_service.store.target_catalogue import Records

_NEAREST = 3


@dataclass(frozen=True)
class TargetPage:
    """Some writes, and where to go on; None at the end."""

    writes: tuple[TargetWrite, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class TargetHistory:
    """What is known of a target: its newest write, what that has read, the writes before, and the newest one's run."""

    newest: TargetWrite
    inputs: tuple[Node, ...]
    earlier: tuple[TargetWrite, ...]
    #: None where the run has been deleted.
    run: Run | None
    #: The operation in whose trash an earlier content, or this one, waits; None where none does.
    trash: Operation | None = None


class TargetCatalogue:
    """Safe for any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self, text: str, pipeline: str | None, run_id: str | None, cursor: str | None, limit: int, *, prefix: str = ""
    ) -> TargetPage:
        """The newest write of each URL, or all of a run, the one told last first; raises InvalidCursor.

        `text` stands in the URL or the family of the task, `prefix` is what the URL begins with.
        """
        if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
            raise InvalidCursor(cursor=cursor)
        with self._database.read() as connection:
            before = None if cursor is None else int(cursor)
            found = Records(connection).page(text, pipeline, run_id, before, limit + 1, prefix=prefix)
        cut = found[:limit]
        shown = tuple(write for write in cut if _may_be_found(write, text, prefix))
        return TargetPage(shown, str(cut[-1].id) if len(found) > limit else None)

    def history(self, url: str, limit: int) -> TargetHistory:
        """What is known of a URL, whole or as it is shown, with up to `limit` earlier writes; raises TargetNotFound."""
        with self._database.read() as connection:
            records = Records(connection)
            url = _whole(records, url)
            newest, *earlier = records.history(url, limit + 1) or (None,)
            if newest is None:
                raise _not_found(records, url)
            records.foresee(newest.inputs)
            inputs = tuple(source_of(records, source, newest) for source in newest.inputs)
            before = tuple(write for write in earlier if write)
            return TargetHistory(newest, inputs, before, _run(connection, newest.run_id), _trash(connection, url))

    def url_of(self, write_id: int) -> str:
        """The URL that a write is of; raises TargetNotFound."""
        with self._database.read() as connection:
            found = Records(connection).of_id(write_id)
        if found is None:
            raise TargetNotFound(url=f"write {write_id}")
        return found.url

    def away(self, writes: Collection[TargetWrite]) -> dict[str, Away]:
        """Of these writes, by URL, what an operation has moved since into the trash, or deleted there."""
        with self._database.read() as connection:
            moved = operations.away(connection, {write.url for write in writes})
        newest = {write.url: write.time for write in sorted(writes, key=lambda write: write.time)}
        return {url: away for url, away in moved.items() if away.since > newest[url]}

    def count_of_run(self, run_id: str) -> int:
        """How often a run has written."""
        with self._database.read() as connection:
            return Records(connection).count_of_run(run_id)

    def written(self, run_id: str, write_id: int) -> TargetWrite:
        """A write of a run; raises TargetNotFound where it is of another one."""
        with self._database.read() as connection:
            found = Records(connection).of_id(write_id)
        if found is None or found.run_id != run_id:
            raise TargetNotFound(url=f"write {write_id}")
        return found

    def of_run(self, run_id: str) -> list[TargetWrite]:
        """All writes of a run, in the order in which they were told; raises RunNotFound."""
        with self._database.read() as connection:
            runs.get(connection, run_id)
            return Records(connection).of_run(run_id)

    def run(self, run_id: str) -> Run | None:
        """The run that a write names; None where it has been deleted."""
        with self._database.read() as connection:
            return _run(connection, run_id)

    def lineage(self, url: str, direction: Direction, depth: int, limit: int) -> Lineage:
        """What a URL, whole or as it is shown, was made from, and what of it; raises TargetNotFound."""
        with self._database.read() as connection:
            records = Records(connection)
            url = _whole(records, url)
            found = lineage(records, url, direction, depth, limit)
            if found is None:
                raise _not_found(records, url)
            return found


def _may_be_found(write: TargetWrite, text: str, prefix: str) -> bool:
    """Whether a write is found by what of it is shown: by the rest, a secret could be guessed letter by letter."""
    shown = shown_url(write.url)
    if shown == write.url:
        return True
    return shown.startswith(prefix) and any(text.lower() in told.lower() for told in (shown, write.family))


def _run(connection: Connection, run_id: str) -> Run | None:
    try:
        return runs.get(connection, run_id)
    except RunNotFound:
        return None


def _trash(connection: Connection, url: str) -> Operation | None:
    away = operations.away(connection, [url]).get(url)
    return operations.get(connection, away.operation) if away and away.state == "trashed" else None


def _whole(records: Records, url: str) -> str:
    """The URL with what is not shown of it, if it is one that is shown; of several the one that was written last."""
    return next(iter(records.shown_as(url)), url) if records.newest(url) is None else url


def whole_urls(database: Database, urls: Sequence[str]) -> tuple[str, ...]:
    """The same of targets that something is to be done with; raises InvalidRequest where several are shown alike."""
    with database.read() as connection:
        records = Records(connection)
        found = [[url] if records.newest(url) else records.shown_as(url) or [url] for url in urls]
    unclear = [url for url, whole in zip(urls, found, strict=True) if len(whole) > 1]
    if unclear:
        raise InvalidRequest([Problem("/urls", f"Several targets are shown as {url}.") for url in unclear])
    return tuple(whole[0] for whole in found)


def _not_found(records: Records, url: str) -> TargetNotFound:
    near = difflib.get_close_matches(url, records.neighbours(url), n=_NEAREST, cutoff=0.5)
    return TargetNotFound(url=shown_url(url), nearest=tuple(map(shown_url, near)))
