"""Reads what children append to their event files, from where it was last ingested."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trigger_service.domain.events import EventBatch, RunEvent, read_batch
from trigger_service.domain.spec import RunFolder
from trigger_service.store import ingest
from trigger_service.store.engine import Database

#: Bytes that are read of one file at a time; more only where a single line is longer.
CHUNK = 4 << 20


@dataclass(frozen=True)
class Reading:
    """What one look at an attempt's folder gave."""

    batches: tuple[EventBatch, ...] = ()
    #: Whether every file was read to its end.
    whole: bool = True

    def events(self) -> Iterator[RunEvent]:
        """All events, file by file."""
        for batch in self.batches:
            for _, event in batch.events:
                yield event


class EventReader:
    """Remembers the offsets of live attempts; they are the stored ones, so that a new reader goes on in the same place.

    For one thread.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._offsets: dict[tuple[str, int], dict[int, int]] = {}

    def read(self, run_id: str, attempt: int, folder: RunFolder) -> Reading:
        """Everything new. Not remembered as read until `advance`."""
        offsets = self._known(run_id, attempt)
        batches = []
        whole = True
        for writer in _in_causal_order(folder):
            start = offsets.get(writer, 0)
            chunk, at_end = _read(folder, writer, start)
            whole = whole and at_end
            batch = read_batch(chunk, start, attempt, writer)
            if batch.next_offset > start:
                batches.append(batch)
        return Reading(tuple(batches), whole)

    def advance(self, run_id: str, attempt: int, reading: Reading) -> None:
        """Go on after this reading next time: it has been ingested."""
        known = self._known(run_id, attempt)
        known.update((batch.writer, batch.next_offset) for batch in reading.batches)

    def forget(self, run_id: str, attempt: int) -> None:
        """Drop what is remembered of an attempt: it has ended, or it is not sure what was stored."""
        self._offsets.pop((run_id, attempt), None)

    def _known(self, run_id: str, attempt: int) -> dict[int, int]:
        known = self._offsets.get((run_id, attempt))
        if known is None:
            with self._database.read() as connection:
                known = ingest.read_offsets(connection, run_id, attempt)
            self._offsets[run_id, attempt] = known
        return known


def _in_causal_order(folder: RunFolder) -> Iterator[int]:
    """Writer 0 tells how task processes ended, so it is read before them: then theirs that came before is there too."""
    yield 0
    yield from (writer for writer in folder.writers() if writer != 0)


def _read(folder: RunFolder, writer: int, start: int) -> tuple[bytes, bool]:
    """Bytes from `start`, at least one whole line if there is one, and whether that was all."""
    try:
        with folder.events_file(writer).open("rb") as file:
            file.seek(start)
            chunk = file.read(CHUNK)
            while b"\n" not in chunk and (more := file.read(CHUNK)):
                chunk += more
            return chunk, not file.read(1)
    except FileNotFoundError:
        return b"", True
