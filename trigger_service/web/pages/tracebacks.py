"""A traceback line by line: which are of libraries, and which is the last in the user's code. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import dedent
from typing import Literal

#: `now` is the last line of the user's code, `error` what was raised, `library` code of others.
Kind = Literal["plain", "library", "now", "error"]
#: Lines that are shown; of a longer one those in the middle are left out.
MOST = 80
_FRAME = re.compile(r'^[\s|+-]*File "(?P<file>.+?)", line (?P<line>\d+)(?:, in (?P<function>.+))?')
#: What stands in paths of code that is not the user's.
_LIBRARIES = ("site-packages", "dist-packages", "/lib/python", "<frozen ", "/trigger_service/runner/", "<string>")


@dataclass(frozen=True)
class Line:
    """One line."""

    text: str
    kind: Kind


@dataclass(frozen=True)
class Traceback:
    """What is shown of one."""

    lines: Sequence[Line]
    #: Where the last frame of the user's code is; empty and 0 where there is none.
    file: str = ""
    line: int = 0
    #: The function that it is in, and the lines of code that the traceback has of it.
    function: str = ""
    source: Sequence[str] = ()
    #: Frames in libraries.
    libraries: int = 0


def of_text(text: str) -> Traceback:
    """Take the text of a traceback apart."""
    lines = text.rstrip("\n").split("\n")
    frames = [_Frame(number, found) for number, each in enumerate(lines) if (found := _FRAME.match(each))]
    own = [frame for frame in frames if not frame.is_library]
    last = own[-1] if own else None
    kinds: list[Kind] = [_alone(line) for line in lines]
    for frame in frames:
        for number in frame.lines(lines):
            kinds[number] = "library" if frame.is_library else "plain"
    if last is not None:
        code = [number for number in last.lines(lines) if number > last.number]
        kinds[(code or [last.number])[0]] = "now"
    shown = [Line(each, kind) for each, kind in zip(lines, kinds, strict=True)]
    libraries = sum(frame.is_library for frame in frames)
    if last is None:
        return Traceback(_cut(shown), libraries=libraries)
    return Traceback(_cut(shown), last.file, last.line, last.function, last.source(lines), libraries)


class _Frame:
    """A frame: the line that names its file, and those of its code."""

    def __init__(self, number: int, found: re.Match[str]) -> None:
        self.number = number
        self.file = found["file"]
        self.line = int(found["line"])
        self.function = found["function"] or ""
        self._indent = len(found[0]) - len(found[0].lstrip(" |+-"))

    @property
    def is_library(self) -> bool:
        return any(part in self.file for part in _LIBRARIES)

    def lines(self, lines: Sequence[str]) -> range:
        """Its own line and what is indented below it."""
        end = self.number + 1
        while end < len(lines) and lines[end][: self._indent + 1].strip(" |+-") == "" and lines[end].strip():
            end += 1
        return range(self.number, end)

    def source(self, lines: Sequence[str]) -> list[str]:
        """The code that the traceback has of it, as far to the left as it goes."""
        return dedent("\n".join(lines[number] for number in self.lines(lines)[1:])).split("\n")


def _alone(line: str) -> Kind:
    """The kind of a line that is of no frame."""
    is_error = bool(line) and not line[0].isspace() and not line.startswith(("Traceback", "During", "The above"))
    return "error" if is_error else "library"


def _cut(lines: Sequence[Line]) -> Sequence[Line]:
    if len(lines) <= MOST:
        return lines
    half = MOST // 2
    left_out = Line(f"  ... {len(lines) - 2 * half} lines ...", "library")
    return [*lines[:half], left_out, *lines[-half:]]
