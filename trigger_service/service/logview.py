"""The log of a run by line numbers: windows of it, forwards and backwards, through a filter."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from trigger_service.domain.logs import LEVELS, LogLine, decode
from trigger_service.service.logindex import Mark
from trigger_service.service.logreader import Sieve, passing


@dataclass(frozen=True)
class Row:
    """A line and its number. The first line of a run has the number 1; those of its attempts follow each other."""

    number: int
    attempt: int
    line: LogLine


@dataclass(frozen=True)
class Window:
    """Lines `first` to `last` of a log were looked at, and those of them that passed. Without any, `last` < `first`."""

    first: int
    last: int
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Stretch:
    """A part of an attempt's file, between two marks; `before` lines of the run stand before the file."""

    attempt: int
    path: Path
    start: Mark
    end: Mark
    before: int

    @property
    def first(self) -> int:
        """The number of its first line."""
        return self.before + self.start.lines + 1

    @property
    def last(self) -> int:
        """The number of its last line."""
        return self.before + self.end.lines

    def rows(self, through: Sieve, after: int = 0) -> Iterator[Row]:
        """Its lines after that number that pass."""
        skipped = max(0, after + 1 - self.first)
        piece = self._read(through)
        left = piece.split(b"\n", skipped)[-1] if skipped else piece
        number, counted = self.first + skipped, 0
        for begin, _, line in passing(left, through):
            number += left.count(b"\n", counted, begin)
            counted = begin
            yield Row(number, self.attempt, line)

    def rows_back(self, through: Sieve, before: int) -> Iterator[Row]:
        """Those before that number, from the last one on."""
        if through.needles:
            yield from (row for row in reversed(list(self.rows(through))) if row.number < before)
            return
        records = self._read(through).split(b"\n")[:-1][: max(0, before - self.first)]
        for back, record in enumerate(reversed(records), start=1):
            line = decode(record)
            if line is not None and through.accepts(line):
                yield Row(self.first + len(records) - back, self.attempt, line)

    def _read(self, through: Sieve) -> bytes:
        """Its bytes; none where no line has the level that the filter asks for, or where the file is gone."""
        if through.least and self.start.levels[through.least :] == self.end.levels[through.least :]:
            return b""
        with suppress(FileNotFoundError), self.path.open("rb") as file:
            file.seek(self.start.offset)
            return file.read(self.end.offset - self.start.offset)
        return b""


class LogView:
    """The log of a run as it was at one moment."""

    def __init__(self, files: Sequence[tuple[Path, Sequence[Mark]]]) -> None:
        """The log file of each attempt, oldest first, and its marks."""
        self._files = files

    @cached_property
    def total(self) -> int:
        """Lines that there are."""
        return sum(marks[-1].lines for _, marks in self._files)

    def at_least(self, level: str) -> int:
        """Lines of a level or one that is worse."""
        return sum(sum(marks[-1].levels[LEVELS.index(level) :]) for _, marks in self._files)

    def after(self, number: int, through: Sieve, limit: int, until: float = float("inf")) -> Window:
        """Up to `limit` lines after that number; less where that takes longer than `until` (of `time.monotonic`)."""
        found: list[Row] = []
        looked = number = min(number, self.total)
        for stretch in self._stretches[self._place(number + 1) :]:
            for row in stretch.rows(through, number):
                found.append(row)
                if len(found) == limit:
                    return Window(number + 1, row.number, tuple(found))
            looked = stretch.last
            if time.monotonic() > until:
                break
        return Window(number + 1, looked, tuple(found))

    def before(self, number: int, through: Sieve, limit: int, until: float = float("inf")) -> Window:
        """The same for those before that number."""
        found: list[Row] = []
        looked = end = min(number, self.total + 1)
        for stretch in reversed(self._stretches[: self._place(end - 1) + 1]):
            for row in stretch.rows_back(through, end):
                found.append(row)
                if len(found) == limit:
                    return Window(row.number, end - 1, tuple(reversed(found)))
            looked = stretch.first
            if time.monotonic() > until:
                break
        return Window(looked, end - 1, tuple(reversed(found)))

    def around(self, number: int, through: Sieve, limit: int, until: float = float("inf")) -> Window:
        """Lines around that number: a third of them before it."""
        later = self.after(number - 1, through, limit - limit // 3, until)
        earlier = self.before(number, through, limit - len(later.rows), until)
        if len(later.rows) + len(earlier.rows) < limit and later.last < self.total:
            later = self.after(number - 1, through, limit - len(earlier.rows), until)
        return Window(earlier.first, later.last, earlier.rows + later.rows)

    def picked(self, numbers: Sequence[int], through: Sieve) -> tuple[Row, ...]:
        """The lines with these numbers, in order, that pass; only what they stand in is read."""
        wanted = frozenset(numbers)
        places = sorted({self._place(number) for number in wanted})
        rows = (row for place in places for row in self._stretches[place].rows(through))
        return tuple(row for row in rows if row.number in wanted)

    def first(self, through: Sieve, until: float = float("inf")) -> int | None:
        """The number of the first line that passes."""
        rows = self.after(0, through, 1, until).rows
        return rows[0].number if rows else None

    @cached_property
    def _stretches(self) -> list[Stretch]:
        made, before = [], 0
        for attempt, (path, marks) in enumerate(self._files, start=1):
            made += [Stretch(attempt, path, start, end, before) for start, end in pairwise(marks)]
            before += marks[-1].lines
        return made

    def _place(self, number: int) -> int:
        """The stretch in which a line is, or would be."""
        key: Callable[[Stretch], int] = lambda stretch: stretch.first  # noqa: E731 (typed)
        return max(0, bisect_right(self._stretches, number, key=key) - 1)
