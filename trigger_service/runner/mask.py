"""Hides private values in text, in the ways in which programs commonly write a value down.

`docs/private-values.md` tells users what is hidden.
"""

from __future__ import annotations

import base64
import codecs
import html
import json
import re
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Pattern, Set, Tuple
from urllib.parse import quote, quote_plus

HIDDEN = "***"
#: Characters from which on a text is hidden wherever it stands. What is shorter stands in every other line by chance.
LONG_ENOUGH = 4
#: Long enough, but no secret in itself: hidden beside its name only, as what is short.
COMMON = frozenset({"true", "false", "none", "null"})
#: Up to so many texts are looked for one after another first: most lines have none of them, and that is quickest.
FEW = 64
#: Characters at the end of a value in which another may begin.
OVERLAP = 64
#: Characters of base64 that must be alike.
_LONG_ENOUGH_ENCODED = 5


class Mask:
    """Replaces every occurrence of the private values that it has learned.

    How long it looks at a text depends on the text, and hardly on how many values there are: a list may have thousands.
    """

    def __init__(self) -> None:
        self._learned: Set[Tuple[str, str]] = set()
        #: What stands for each text that is looked for.
        self._replacements: Dict[str, str] = {}
        #: Beginnings of these texts, of 4, 8, 16 ... characters, and the lengths of those that have no longer one.
        self._beginnings: Dict[str, Set[int]] = {}
        self._short: Dict[str, Set[str]] = {}
        self._beside: Optional[Pattern[str]] = None
        #: Bytes of the longest text that it looks for.
        self.longest = 0

    def __bool__(self) -> bool:
        """Whether it hides anything."""
        return bool(self._learned)

    def learn(self, name: str, texts: Iterable[str]) -> List[str]:
        """From now on hide the texts of a parameter's value; gives those that are new."""
        new = [text for text in dict.fromkeys(texts) if text.strip() and (name, text) not in self._learned]
        self._learned.update((name, text) for text in new)
        for form in (form for text in filter(is_telling, new) for form in forms(text)):
            if form not in self._replacements:
                self.replace(form, HIDDEN)
        short = [text for text in new if not is_telling(text)]
        if short:
            self._short.setdefault(name, set()).update(short)
            self._beside = re.compile("|".join(_beside(name, texts) for name, texts in sorted(self._short.items())))
        return new

    def replace(self, text: str, by: str) -> None:
        """From now on show `by` in place of a text of at least 4 characters that has a private value in it."""
        self._replacements[text] = by
        self.longest = max(self.longest, len(text.encode(errors="surrogatepass")))
        size = LONG_ENOUGH
        while 2 * size <= len(text):
            self._beginnings.setdefault(text[:size], set())
            size *= 2
        self._beginnings.setdefault(text[:size], set()).add(len(text))

    def text(self, text: str) -> str:
        """The text with the values hidden."""
        parts, at = [], 0
        for start, end in self._places(text):
            parts += [text[at:start], self._replacements.get(text[start:end], HIDDEN)]
            at = end
        text = "".join([*parts, text[at:]])
        return self._beside.sub(lambda found: found[found.lastindex or 0] + HIDDEN, text) if self._beside else text

    def value(self, value: Any) -> Any:
        """A JSON value with the values hidden in all its texts; keys stay."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {key: self.value(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(item) for item in value]
        return value

    def safe_cut(self, line: bytes, at: int) -> int:
        """Where to cut a line so that no value and no character is torn: at `at`, else before what is there.

        Behind it, where it begins the line.
        """
        text = line.decode(errors="surrogateescape")
        cut = len(codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(line[:at]))
        start, end = next((place for place in self._places(text) if place[0] < cut < place[1]), (cut, cut))
        return len(text[: start or end].encode(errors="surrogateescape"))

    def _places(self, text: str) -> List[Tuple[int, int]]:
        """From where to where values stand, from left to right; of those that overlap, the whole."""
        places: List[Tuple[int, int]] = []
        if len(self._replacements) <= FEW and not any(sought in text for sought in self._replacements):
            return places
        last, end = len(text) - LONG_ENOUGH, 0
        for start in [at for at in range(last + 1) if text[at : at + LONG_ENOUGH] in self._beginnings]:
            found = start + self._longest_at(text, start) if start >= end - OVERLAP else start
            if start < found > end:
                places.append((places.pop()[0] if start < end else start, found))
                end = found
        return places

    def _longest_at(self, text: str, start: int) -> int:
        """Characters of the longest text that stands there; 0 where none does."""
        longest, size = 0, LONG_ENOUGH
        while start + size <= len(text):
            lengths = self._beginnings.get(text[start : start + size])
            if lengths is None:
                break
            longest = max([longest, *(n for n in lengths if text[start : start + n] in self._replacements)])
            size *= 2
        return longest


def is_telling(text: str) -> bool:
    """Whether a text is hidden wherever it stands, and not beside its parameter's name only."""
    return len(text.strip()) >= LONG_ENOUGH and text.strip().casefold() not in COMMON


def forms(text: str) -> Iterator[str]:
    """The ways in which a text is commonly written down, itself first; of several lines also each."""
    yield from _written(text)
    yield from (quote(text, safe=""), quote(text), quote_plus(text), html.escape(text))
    yield from _base64(text.encode(errors="surrogatepass"))
    lines = [line.strip() for line in text.splitlines()]
    if lines != [text]:
        for line in filter(is_telling, lines):
            yield from _written(line)


def _written(text: str) -> Set[str]:
    """As it is, as Python and JSON escape it, and as they escape that: a traceback in a JSON document, for instance."""
    once = {text, repr(text.encode(errors="surrogatepass"))[2:-1], *_escaped(text)}
    return once.union(*map(_escaped, once))


def _escaped(text: str) -> Set[str]:
    return {repr(text)[1:-1], json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}


def _base64(content: bytes) -> Iterator[str]:
    """What of it is the same in every base64 text that has it inside, at each of the three ways it may be aligned."""
    for before, unstable in ((0, 0), (1, 2), (2, 3)):
        stable = slice(unstable, (before + len(content)) * 8 // 6)
        padded = bytes(before) + content
        for encoded in (base64.b64encode(padded), base64.urlsafe_b64encode(padded)):
            found = encoded[stable].decode()
            if len(found) >= _LONG_ENOUGH_ENCODED:
                yield found


def _beside(name: str, texts: Iterable[str]) -> str:
    """`name=value`, `"name": value`, `--name value`: the value, where nothing follows that belongs to it."""
    names = "|".join(sorted({re.escape(name), re.escape(name.replace("_", "-"))}))
    values = "|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True))
    return rf"((?<!\w)(?:{names})[\"']?(?:\s*[=:]\s*|\s+)[\"']?)(?:{values})(?!\w)"
