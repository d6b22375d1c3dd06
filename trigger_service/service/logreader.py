"""Pages of an attempt's log file: filtered while they are read, a piece at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from trigger_service.domain.events import whole_lines
from trigger_service.domain.logs import LEVELS, LogLine, decode
from trigger_service.domain.queries import LogFilter

#: Bytes read at a time.
PIECE = 1 << 20
#: Bytes that one page may look at: a filter that nothing passes gives an empty page after these, and a cursor.
BUDGET = 64 << 20


@dataclass(frozen=True)
class Slice:
    """Lines of one file, the byte after the last that was looked at, and whether the file (as of now) ends there."""

    lines: tuple[LogLine, ...]
    offset: int
    at_end: bool


@dataclass(frozen=True)
class Sieve:
    """A filter, prepared: most records are dropped before they are parsed."""

    #: Bytes that a record must contain, in lower case.
    needles: tuple[bytes, ...]
    accepts: Callable[[LogLine], bool]


def sieve(wanted: LogFilter, task_ids: Collection[str]) -> Sieve:
    """Prepare a filter; `task_ids` are the tasks that `wanted.task` stands for."""
    needles = [_escaped(wanted.stream)] if wanted.stream else []
    text = (wanted.text or "").casefold()
    if text and text.isascii():
        needles.append(_escaped(text))
    if wanted.task and len(task_ids) == 1:
        needles.append(_escaped(next(iter(task_ids))))
    least = LEVELS.index(wanted.level) if wanted.level else 0
    levels = frozenset(LEVELS[least:])

    def accepts(line: LogLine) -> bool:
        return (
            (not least or line.level in levels)
            and (not wanted.stream or line.stream == wanted.stream)
            and (not wanted.task or line.task in task_ids)
            and (not text or text in line.text.casefold())
        )

    return Sieve(tuple(needles), accepts)


def read(path: Path, offset: int, limit: int, through: Sieve) -> Slice:
    """Up to `limit` lines from byte `offset` on. Raises FileNotFoundError."""
    lines: list[LogLine] = []
    position = offset
    with path.open("rb") as file:
        while position - offset < BUDGET:
            file.seek(position)
            piece = file.read(PIECE)
            while b"\n" not in piece and (more := file.read(PIECE)):
                piece += more
            before = position
            for at, record in whole_lines(piece, position):
                position = at + len(record) + 1
                line = _passed(record, through)
                if line is not None:
                    lines.append(line)
                    if len(lines) == limit:
                        return Slice(tuple(lines), position, False)
            if position == before:
                return Slice(tuple(lines), position, True)
    return Slice(tuple(lines), position, False)


def _passed(record: bytes, through: Sieve) -> LogLine | None:
    if through.needles:
        lowered = record.lower()
        if not all(needle in lowered for needle in through.needles):
            return None
    line = decode(record)
    return line if line is not None and through.accepts(line) else None


def _escaped(text: str) -> bytes:
    """How the text stands inside a record, in lower case."""
    return json.dumps(text)[1:-1].encode().lower()
