"""Lines that one run has printed and another has not, times and numbers left aside. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from trigger_service.service.logview import Row

#: What is another each time: colours, ids of tasks and runs, addresses in memory, and all that begins with a digit.
_VARIES = re.compile(
    r"\x1b\[[0-9;]*m|_[0-9a-f]{10}\b|0x[0-9a-fA-F]+|\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b|\d[\w.:,/%+-]*"
)
_WORDS = re.compile(r"\s+")
#: Of a line, characters that are compared.
_LONGEST = 2000


@dataclass(frozen=True)
class NewLine:
    """The first line of a kind, and how many of it there are."""

    row: Row
    count: int


def kind_of(text: str) -> str:
    """What is left of a line without what is another each time: lines that have the same are of one kind."""
    return _WORDS.sub(" ", _VARIES.sub("#", text[:_LONGEST])).strip()


def only_lines(a: Iterable[Row], b: Iterable[Row]) -> tuple[list[NewLine], list[NewLine]]:
    """The kinds that only `a` has, and those that only `b` has, each in the order in which they came."""
    one, other = _kinds(a), _kinds(b)
    return _without(one, other), _without(other, one)


def _kinds(rows: Iterable[Row]) -> dict[str, NewLine]:
    first: dict[str, Row] = {}
    counts: dict[str, int] = {}
    for row in rows:
        kind = kind_of(row.line.text)
        first.setdefault(kind, row)
        counts[kind] = counts.get(kind, 0) + 1
    return {kind: NewLine(row, counts[kind]) for kind, row in first.items() if kind}


def _without(kinds: Mapping[str, NewLine], others: Mapping[str, NewLine]) -> list[NewLine]:
    return [line for kind, line in kinds.items() if kind not in others]
