"""What is wrong in a text that somebody wrote by hand, and where; words for what is told of it. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Iterable, Mapping

#: Characters that are shown of a text or a value.
SHOWN = 80
#: Lists and objects may be nested this deep in what is written by hand.
MAX_DEPTH = 50
#: The most mistakes that are told of one text.
MOST_TOLD = 20
_CUT = "..."


@dataclass(frozen=True)
class Mistake:
    """One thing wrong in a text: the position (1-based, in characters), and what was expected with the mend."""

    position: int
    what: str

    def moved(self, characters: int) -> Mistake:
        """The same in a text that has so many characters more in front."""
        return Mistake(self.position + characters, self.what)

    def told(self, text: str) -> str:
        """The detail of a problem: the text around the position, the position, and what is wrong."""
        return f"{around(text, self.position)}, position {self.position}: {self.what}"


def around(text: str, position: int) -> str:
    """The text, quoted; of a long one the part that has the position in it."""
    start = max(0, min(position - SHOWN // 2, len(text) - SHOWN))
    end = start + SHOWN
    return f"{_CUT if start else ''}{text[start:end]!r}{_CUT if end < len(text) else ''}"


def shown(value: Any) -> str:
    """A JSON value as JSON in one line, cut to 80 characters; of a large value only its beginning is written."""
    text = ""
    for piece in json.JSONEncoder(ensure_ascii=False, default=str).iterencode(value):
        text += piece[: SHOWN + 1]
        if len(text) > SHOWN:
            break
    return one_line(text)


def mend(word: str, known: Iterable[str]) -> str:
    """What to say after an unknown word: the nearest known one, or all of them."""
    names = {name.lower(): name for name in known}
    nearest = get_close_matches(word.lower(), names, n=1, cutoff=0.5)
    return f"did you mean {names[nearest[0]]!r}?" if nearest else f"there are: {', '.join(names.values())}"


def too_deep(value: Any) -> bool:
    """Whether lists and objects are nested deeper than can be used."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [member for node in level for member in _members(node)]
    return any(isinstance(node, (list, tuple, Mapping)) for node in level)


def _members(node: Any) -> Iterable[Any]:
    if isinstance(node, Mapping):
        return node.values()
    return node if isinstance(node, (list, tuple)) else ()


def one_line(text: str) -> str:
    """The text cut to 80 characters, with what cannot be printed escaped."""
    return cut("".join(char if char.isprintable() else ascii(char)[1:-1] for char in text[: SHOWN + 1]))


def cut(text: str, limit: int = SHOWN) -> str:
    """The text, of a long one the first characters."""
    return text if len(text) <= limit else text[: limit - len(_CUT)] + _CUT
