"""A traceback as a page shows it: frames, of which those of the user's own code count. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

_FRAME = re.compile(r'^\s*File "(?P<file>.+?)", line (?P<line>\d+)(?:, in (?P<function>.+))?$')
#: What is in the path of a file that is not the user's.
_OTHERS = ("/site-packages/", "/dist-packages/", "/lib/python3", "/trigger_service/runner/", "/luigi/")
#: Lines of a traceback that are shown: the first ones and the last ones.
_HEAD, _TAIL = 300, 300


@dataclass(frozen=True)
class Frame:
    """A call: its place, and the lines of source that the traceback has of it."""

    file: str
    line: int
    function: str
    source: tuple[str, ...]

    @property
    def is_own(self) -> bool:
        """Whether it is the user's code."""
        return not self.file.startswith("<") and not any(part in self.file for part in _OTHERS)


@dataclass(frozen=True)
class Part:
    """Some lines of a traceback that look the same: `library`, `own`, `last` (of the user's code), `error`, `text`."""

    kind: str
    text: str


@dataclass(frozen=True)
class Traceback:
    """What Python wrote about an error."""

    text: str

    @cached_property
    def frames(self) -> tuple[Frame, ...]:
        """All calls, the outermost first."""
        return tuple(frame for _, frame in self._cut if frame is not None)

    @cached_property
    def last_own(self) -> Frame | None:
        """The innermost call in the user's code."""
        return next((frame for frame in reversed(self.frames) if frame.is_own), None)

    @property
    def libraries(self) -> int:
        """How many calls are in libraries."""
        return sum(not frame.is_own for frame in self.frames)

    @cached_property
    def parts(self) -> list[Part]:
        """All of it, in order."""
        found: list[Part] = []
        for lines, frame in self._cut:
            kind = "text" if frame is None else "library"
            if frame is not None and frame.is_own:
                kind = "last" if frame is self.last_own else "own"
            if found and found[-1].kind == kind and kind == "library":
                found[-1] = Part(kind, f"{found[-1].text}\n" + "\n".join(lines))
            else:
                found.append(Part(kind, "\n".join(lines)))
        if len(found) > 1 and found[-1].kind == "text":
            found[-1] = Part("error", found[-1].text)
        return found

    @cached_property
    def _cut(self) -> Sequence[tuple[list[str], Frame | None]]:
        """The lines of each frame, and between them those of none."""
        found: list[tuple[list[str], Frame | None]] = []
        lines = self._lines
        at = 0
        while at < len(lines):
            match = _FRAME.match(lines[at])
            end = at + 1
            while end < len(lines) and (
                (lines[end].startswith("    ") and not _FRAME.match(lines[end]))
                if match
                else not _FRAME.match(lines[end])
            ):
                end += 1
            frame = None
            if match:
                source = tuple(line[4:] for line in lines[at + 1 : end])
                frame = Frame(match["file"], int(match["line"][:9]), match["function"] or "", source)
            found.append((lines[at:end], frame))
            at = end
        return found

    @property
    def _lines(self) -> list[str]:
        lines = self.text.rstrip().split("\n")
        if len(lines) <= _HEAD + _TAIL:
            return lines
        return [*lines[:_HEAD], f"... {len(lines) - _HEAD - _TAIL} lines ...", *lines[-_TAIL:]]
