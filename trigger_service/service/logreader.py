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
#: Tasks that are looked for before a record is parsed; of more, that would take longer than to parse it.
FEW = 8


@dataclass(frozen=True)
class Slice:
    """Lines of one file, the byte after the last that was looked at, and whether the file (as of now) ends there."""

    lines: tuple[LogLine, ...]
    offset: int
    at_end: bool


@dataclass(frozen=True)
class Sieve:
    """A filter, prepared: most records are dropped before they are parsed."""

    #: Of each group, a record must contain at least one, in lower case.
    needles: tuple[tuple[bytes, ...], ...]
    accepts: Callable[[LogLine], bool]

    def may_hold(self, content: bytes) -> bool:
        """Whether some record in `content` could be accepted; where not, none of them need be parsed."""
        if not self.needles:
            return True
        lowered = content.lower()
        return all(any(needle in lowered for needle in group) for group in self.needles)


def sieve(wanted: LogFilter, task_ids: Collection[str]) -> Sieve:
    """Prepare a filter; `task_ids` are the tasks that `wanted.task` stands for."""
    needles: list[tuple[bytes, ...]] = [(_escaped(wanted.stream),)] if wanted.stream else []
    text = (wanted.text or "").casefold()
    if text and text.isascii():
        needles.append((_escaped(text),))
    if wanted.task and len(task_ids) <= FEW:
        needles.append(tuple(_escaped(task_id) for task_id in task_ids))
    levels = LEVELS[LEVELS.index(wanted.level) :] if wanted.level else LEVELS
    if len(levels) < len(LEVELS):
        needles.append(tuple(f'"level":"{level}"'.lower().encode() for level in levels))

    def accepts(line: LogLine) -> bool:
        return (
            (not wanted.level or line.level in levels)
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
            if not through.may_hold(piece):
                position += piece.rfind(b"\n") + 1
                piece = b""
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
    if not through.may_hold(record):
        return None
    line = decode(record)
    return line if line is not None and through.accepts(line) else None


def _escaped(text: str) -> bytes:
    """How the text stands inside a record, in lower case."""
    return json.dumps(text)[1:-1].encode().lower()
