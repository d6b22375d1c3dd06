"""An attempt's log file, page by page or whole: filtered while it is read, a piece at a time."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from trigger_service.domain.events import whole_lines
from trigger_service.domain.logs import LEVELS, LogLine, decode
from trigger_service.domain.queries import LogFilter
from trigger_service.service.expressions import any_of, compiled
from trigger_service.service.literals import needed_text

#: Bytes read at a time.
PIECE = 1 << 20
#: Bytes that one page may look at: a filter that nothing passes gives an empty page after these, and a cursor.
BUDGET = 128 << 20
#: The same for a filter for which every record has to be parsed.
PARSED_BUDGET = 8 << 20
#: Tasks that are looked for before a record is parsed; of more, that would take longer than to parse it.
FEW = 8
#: Pieces from the end on in which the last lines are looked for, few at first.
_TAILS = (1, 8)


@dataclass(frozen=True)
class Slice:
    """Lines of one file, the byte after the last that was looked at, and whether the file (as of now) ends there."""

    lines: tuple[LogLine, ...]
    offset: int
    at_end: bool


@dataclass(frozen=True)
class Sieve:
    """A filter, prepared: most records are dropped before they are parsed."""

    #: Patterns that a record must have, each one. What is likely to be rare comes first.
    needles: tuple[Any, ...]
    accepts: Callable[[LogLine], bool]
    #: The place of the least level in LEVELS.
    least: int = 0


def sieve(wanted: LogFilter, task_ids: Collection[str]) -> Sieve:
    """Prepare a filter; `task_ids` are the tasks that `wanted.task` stands for. Raises ValueError for a bad `regex`."""
    needles: list[Any] = []
    text = (wanted.text or "").casefold()
    if text and text.isascii():
        needles.append(any_of([_escaped(text)]))
    if wanted.task and len(task_ids) <= FEW:
        needles.append(any_of([_escaped(task_id) for task_id in task_ids]))
    least = LEVELS.index(wanted.level) if wanted.level else 0
    levels = LEVELS[least:]
    if len(levels) < len(LEVELS):
        needles.append(any_of([f'"level":"{level}"'.encode() for level in levels]))
    if wanted.stream:
        needles.append(any_of([_escaped(wanted.stream)]))
    matches = compiled(wanted.regex) if wanted.regex else None
    if literal := needed_text(wanted.regex or ""):
        needles.append(any_of([_escaped(literal)]))

    def accepts(line: LogLine) -> bool:
        return (
            (not wanted.level or line.level in levels)
            and (not wanted.stream or line.stream == wanted.stream)
            and (not wanted.task or line.task in task_ids)
            and (not text or text in line.text.casefold())
            and (matches is None or matches(line.text))
        )

    return Sieve(tuple(needles), accepts, least)


def read(path: Path, offset: int, limit: int, through: Sieve) -> Slice:
    """Up to `limit` lines from byte `offset` on. Raises FileNotFoundError."""
    lines: list[LogLine] = []
    position = offset
    budget = BUDGET if through.needles else PARSED_BUDGET
    with path.open("rb") as file:
        while position - offset < budget:
            piece = whole_piece(file, position)
            if not piece:
                return Slice(tuple(lines), position, True)
            for _, end, line in passing(piece, through):
                lines.append(line)
                if len(lines) == limit:
                    return Slice(tuple(lines), position + end, False)
            position += len(piece)
    return Slice(tuple(lines), position, False)


def tail(path: Path, count: int, through: Sieve) -> tuple[LogLine, ...]:
    """The last lines, at most `count`, of the last few MiB of a file. Raises FileNotFoundError."""
    size = path.stat().st_size
    lines: deque[LogLine] = deque(maxlen=count)
    for pieces in _TAILS:
        start = max(0, size - pieces * PIECE)
        lines.extend(whole(path, size, through, start))
        if len(lines) == count or start == 0:
            break
        lines.clear()
    return tuple(lines)


def whole(path: Path, size: int, through: Sieve, start: int = 0) -> Iterator[LogLine]:
    """All lines of a file in its first `size` bytes; a piece of it is in memory at a time. Raises FileNotFoundError.

    A `start` may be in the middle of a record, which does not count then.
    """
    position = start
    with path.open("rb") as file:
        while piece := whole_piece(file, position, most=size - position):
            for _, _, line in passing(piece, through):
                yield line
            position += len(piece)


def whole_piece(file: BinaryIO, position: int, size: int = PIECE, most: int | None = None) -> bytes:
    """About `size` bytes from `position` on: whole lines, one at least; empty where there is none.

    It does not reach beyond `most` bytes.
    """
    file.seek(position)
    piece = file.read(size if most is None else min(size, most))
    while b"\n" not in piece and (most is None or len(piece) < most) and (more := file.read(PIECE)):
        piece += more
    return piece[: piece.rfind(b"\n", 0, most) + 1]


def passing(piece: bytes, through: Sieve) -> Iterator[tuple[int, int, LogLine]]:
    """The lines of a piece that pass, each with the byte at which it begins, and the one after it."""
    for at, record in _candidates(piece, through):
        line = decode(record)
        if line is not None and through.accepts(line):
            yield at, at + len(record) + 1, line


def _candidates(piece: bytes, through: Sieve) -> Iterator[tuple[int, bytes]]:
    """Where each record stands that may pass, and the record. The first needle leads from one to the next."""
    if not through.needles:
        yield from whole_lines(piece, 0)
        return
    leading, *others = through.needles
    if not all(other.search(piece) for other in others):
        return
    end = 0
    for found in leading.finditer(piece):
        if found.start() < end:
            continue
        begin = piece.rfind(b"\n", end, found.start()) + 1 or end
        end = piece.find(b"\n", found.start()) + 1
        record = piece[begin : end - 1]
        if all(other.search(record) for other in others):
            yield begin, record


def _escaped(text: str) -> bytes:
    """How the text stands inside a record."""
    return json.dumps(text)[1:-1].encode()
