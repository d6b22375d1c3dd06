"""Hides private values in text, in the ways in which programs commonly write a value down.

`docs/private-values.md` tells users what is hidden.
"""

from __future__ import annotations

import base64
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
#: Characters of base64 that must be alike.
_LONG_ENOUGH_ENCODED = 5


class Mask:
    """Replaces every occurrence of the private values that it has learned."""

    def __init__(self) -> None:
        self._learned: Set[Tuple[str, str]] = set()
        self._replacements: Dict[str, str] = {}
        #: What to look for and what stands for it, longest first: one may be part of another.
        self._needles: List[Tuple[str, str]] = []
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
        for text in new:
            self._learned.add((name, text))
            if is_telling(text):
                self._replacements.update((form, HIDDEN) for form in forms(text) if form not in self._replacements)
            else:
                self._short.setdefault(name, set()).add(text)
        if new:
            self._prepare()
        return new

    def replace(self, text: str, by: str) -> None:
        """From now on show `by` in place of a text that has a private value in it."""
        self._replacements[text] = by
        self._prepare()

    def text(self, text: str) -> str:
        """The text with the values hidden."""
        for needle, replacement in self._needles:
            if needle in text:
                text = text.replace(needle, replacement)
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

    def safe_cut(self, content: bytes, at: int) -> int:
        """Where, at `at` or before, a line can be cut without tearing a value; `at` where there is no such place."""
        torn = True
        while torn:
            torn = False
            for needle, _ in self._needles:
                sought = needle.encode(errors="surrogatepass")
                found = content.find(sought, max(0, at - len(sought) + 1), at + len(sought) - 1)
                if 0 < found < at:
                    at, torn = found, True
        return at

    def _prepare(self) -> None:
        self._needles = sorted(self._replacements.items(), key=lambda pair: len(pair[0]), reverse=True)
        self.longest = max((len(needle.encode(errors="surrogatepass")) for needle in self._replacements), default=0)
        if self._short:
            self._beside = re.compile("|".join(_beside(name, texts) for name, texts in sorted(self._short.items())))


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
