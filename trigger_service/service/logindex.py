"""Where the lines of a log file are: marks between them, made as far as the file is written and kept."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from trigger_service.domain.logs import LEVELS
from trigger_service.service.logreader import whole_piece

#: Bytes between two marks, about: as much is read to find a line.
STRIDE = 256 << 10
#: Files whose marks are kept; those of half a million lines take 100 kB.
KEPT = 64
#: How a level stands in a record. Inside of a text the quotes are escaped.
_LEVELS = tuple(f'"level":"{level}"'.encode() for level in LEVELS)


@dataclass(frozen=True)
class Mark:
    """A place between two lines of a file: its byte, and the lines before it, all and those of each level."""

    offset: int = 0
    lines: int = 0
    #: In the order of LEVELS.
    levels: tuple[int, ...] = (0,) * len(LEVELS)

    def after(self, piece: bytes) -> Mark:
        """The place after the whole lines that follow."""
        levels = (count + piece.count(level) for count, level in zip(self.levels, _LEVELS, strict=True))
        return Mark(self.offset + len(piece), self.lines + piece.count(b"\n"), tuple(levels))


class LineIndex:
    """The marks of one file, which only grows. Safe for any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._marks = [Mark()]

    def marks(self) -> tuple[Mark, ...]:
        """From the beginning of the file to the end of its last whole line, as of now. Raises FileNotFoundError.

        What was counted is not read again, but for the bytes after the last mark that is kept.
        """
        with self._lock, self._path.open("rb") as file:
            end = self._marks[-1]
            while piece := whole_piece(file, end.offset, STRIDE):
                end = end.after(piece)
                if end.offset - self._marks[-1].offset >= STRIDE // 2:
                    self._marks.append(end)
            return tuple(self._marks) if end is self._marks[-1] else (*self._marks, end)


class LineIndexes:
    """Those of the files that were asked for last. Safe for any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: OrderedDict[Path, LineIndex] = OrderedDict()

    def marks(self, path: Path) -> tuple[Mark, ...]:
        """Those of a file; of one that is not there, the beginning alone."""
        with self._lock:
            index = self._known.setdefault(path, LineIndex(path))
            self._known.move_to_end(path)
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        try:
            return index.marks()
        except FileNotFoundError:
            return (Mark(),)
