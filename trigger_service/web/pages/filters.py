"""The address of a list: its filters, each of which can be taken away, and the same address with one thing changed.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

Pair = tuple[str, str]


@dataclass(frozen=True)
class Chip:
    """A filter that holds, and the address without it."""

    label: str
    value: str
    href: str


@dataclass(frozen=True)
class Address:
    """A path and its query, in which a name may stand several times."""

    path: str
    pairs: tuple[Pair, ...] = ()

    @property
    def query(self) -> str:
        """What stands after `?`."""
        return urlencode(self.pairs)

    def __str__(self) -> str:
        return f"{self.path}?{self.query}" if self.pairs else self.path

    def at(self, path: str) -> Address:
        """The same query elsewhere."""
        return Address(path, self.pairs)

    def plus(self, *pairs: Pair) -> Address:
        """With these besides."""
        return Address(self.path, (*self.pairs, *pairs))

    def only(self, names: Iterable[str]) -> Address:
        """With nothing but what has these names."""
        kept = frozenset(names)
        return Address(self.path, tuple(pair for pair in self.pairs if pair[0] in kept))

    def without(self, name: str, value: str | None = None) -> Address:
        """Without what has this name and, unless it is None, this value."""
        kept = (pair for pair in self.pairs if pair[0] != name or value not in (None, pair[1]))
        return Address(self.path, tuple(kept))

    def chips(self, names: Iterable[str]) -> list[Chip]:
        """One for each filter that has one of these names."""
        shown = self.only(names)
        return [Chip(name, value, str(shown.without(name, value))) for name, value in shown.pairs]
