"""Text of a terminal as pieces of a page: colours become classes, hits are marked, everything else is shown. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from trigger_service.web.pages.visible import visible

#: Pieces of one text that are coloured; what follows has its codes shown.
MOST = 2000
_CODES = re.compile(r"\x1b\[([0-9;:]{0,64})m")
_COLOURS = ("", "red", "green", "yellow", "blue", "magenta", "cyan", "")
_STYLES = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse"}
#: Codes that end styles.
_ENDS = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 27: ("reverse",)}


@dataclass(frozen=True)
class Piece:
    """Some text (not escaped yet), the classes it has, and whether it is part of a hit."""

    text: str
    classes: str = ""
    is_hit: bool = False


@dataclass(frozen=True)
class _Style:
    colour: str = ""
    ground: str = ""
    styles: tuple[str, ...] = ()

    @property
    def classes(self) -> str:
        names = (*self.styles, self.colour, self.ground and f"on-{self.ground}")
        return " ".join(f"ansi-{name}" for name in names if name)


def pieces(text: str, hits: Sequence[tuple[int, int]] = ()) -> Iterator[Piece]:
    """The text; `hits` are where in it, codes included, something was found: starts and ends, in order."""
    for start, end, classes in _coloured(text):
        at = start
        for hit_start, hit_end in hits:
            if hit_end <= at or hit_start >= end:
                continue
            if hit_start > at:
                yield Piece(visible(text[at:hit_start]), classes)
            at, marked = min(hit_end, end), max(hit_start, at)
            yield Piece(visible(text[marked:at]), classes, True)
        if at < end:
            yield Piece(visible(text[at:end]), classes)


def _coloured(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and classes of what stands between the codes."""
    style, at = _Style(), 0
    for count, code in enumerate(_CODES.finditer(text)):
        if count == MOST:
            break
        if code.start() > at:
            yield at, code.start(), style.classes
        style, at = _styled(style, [int(part or 0) for part in re.split("[;:]", code[1])]), code.end()
    if at < len(text):
        yield at, len(text), style.classes


def _styled(style: _Style, codes: list[int]) -> _Style:
    """The style after the numbers of one sequence (SGR)."""
    left = iter(codes)
    for code in left:
        if code == 0:
            style = _Style()
        elif code in _STYLES:
            style = replace(style, styles=(*(name for name in style.styles if name != _STYLES[code]), _STYLES[code]))
        elif code in _ENDS:
            style = replace(style, styles=tuple(name for name in style.styles if name not in _ENDS[code]))
        elif 30 <= code <= 39 or 90 <= code <= 97:
            style = replace(style, colour=_colour(code, left))
        elif 40 <= code <= 49 or 100 <= code <= 107:
            style = replace(style, ground=_colour(code, left))
    return style


def _colour(code: int, left: Iterator[int]) -> str:
    """The colour that a number names; `left` are those after it, which may belong to it."""
    if code in (38, 48):
        kind = next(left, 0)
        return _of_palette(next(left, 0)) if kind == 5 else _nearest([next(left, 0) for _ in range(3)])
    return "dim" if code == 90 else _COLOURS[code % 10] if code % 10 < 8 else ""


def _of_palette(number: int) -> str:
    """One of the 256 colours of a terminal."""
    if number < 16:
        return "dim" if number == 8 else _COLOURS[number % 8]
    if number > 231:
        return ""
    return _nearest([(number - 16) // 36 % 6 * 51, (number - 16) // 6 % 6 * 51, (number - 16) % 6 * 51])


def _nearest(channels: list[int]) -> str:
    """The one of the eight colours that red, green and blue (0 to 255) are nearest to."""
    least, most = min(channels), max(channels)
    if most - least < 48:
        return ""
    middle = (least + most) / 2
    return _COLOURS[sum(1 << place for place, channel in enumerate(channels) if channel > middle)]
