"""Values of the calendar as squares: twelve months of days, a line for each day of hours, each year of months. Pure.

Only values that are written as Luigi writes them make a picture; of all others there is none, and a list says it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from trigger_service.web.pages.cron_words import MONTHS

#: Pixels from one square to the next, of a side of one, and for the name of a line.
STEP, SIDE, HEAD = 14, 12, 34
#: How each state looks: filled, muted, hollow or pale, in the colour of a state.
MARKS = {
    "complete": "mark-done is-succeeded",
    "succeeded": "mark is-succeeded",
    "waiting": "mark-open is-pending",
    "missing": "mark-open is-pending",
    "started": "mark is-running",
    "failed": "mark is-failed",
    "cancelled": "mark-soft is-cancelled",
    "skipped": "mark-open is-late",
    "unknown": "mark-open is-warning",
}
_CALLED = {"started": "running"}


@dataclass(frozen=True)
class Item:
    """One value."""

    value: Any
    state: str
    #: Why it is so; empty for no reason.
    reason: str = ""
    #: Where it leads; empty for nowhere.
    href: str = ""


@dataclass(frozen=True)
class Square:
    """An item in its place."""

    item: Item
    x: int
    y: int

    @property
    def look(self) -> str:
        """Its classes."""
        return MARKS[self.item.state]

    @property
    def inset(self) -> float:
        """Pixels that a line needs on each side."""
        return 0.75 if self.look.startswith("mark-open") else 0

    @property
    def title(self) -> str:
        """What it is, and why."""
        state = called(self.item.state)
        return f"{self.item.value}: {state}{f', {self.item.reason}' if self.item.reason else ''}"


@dataclass
class Block:
    """Squares with a title: a month of days, or lines."""

    title: str
    squares: list[Square] = field(default_factory=list)
    #: The names of lines, by their place.
    heads: dict[int, str] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """Pixels."""
        return max(square.x for square in self.squares) + SIDE

    @property
    def height(self) -> int:
        """Pixels."""
        return max(square.y for square in self.squares) + SIDE

    @property
    def words(self) -> str:
        """The same in words."""
        done = sum(square.item.state in ("complete", "succeeded") for square in self.squares)
        return f"{self.title}: {done} of {len(self.squares)} complete"


@dataclass(frozen=True)
class Picture:
    """Some values, and the names of all parts of which one is shown."""

    parts: Sequence[str]
    shown: str
    blocks: Sequence[Block]

    @property
    def lines(self) -> bool:
        """Whether it is lines, each with a name."""
        return bool(self.blocks and self.blocks[0].heads)


@dataclass(frozen=True)
class _Form:
    """A way in which values are written: the part that a value is in, its block there, the line and the place."""

    pattern: re.Pattern[str]
    part: Callable[[Sequence[str]], str]
    block: Callable[[Sequence[str]], str]
    #: The name of its line; empty for days, which stand in weeks.
    line: Callable[[Sequence[str]], str]
    place: Callable[[Sequence[str]], tuple[int, int]]

    def fits(self, value: Any) -> Sequence[str]:
        """The pieces of a value that is written so; none of another."""
        found = self.pattern.fullmatch(value) if isinstance(value, str) else None
        return found.groups() if found else ()


_FORMS = (
    _Form(
        re.compile(r"(\d{4})-(\d\d)-(\d\d)"),
        lambda found: found[0],
        lambda found: MONTHS[int(found[1]) - 1],
        lambda _found: "",
        lambda found: _of_month(int(found[0]), int(found[1]), int(found[2])),
    ),
    _Form(
        re.compile(r"(\d{4}-\d\d)-(\d\d)T(\d\d)"),
        lambda found: found[0],
        lambda found: found[0],
        lambda found: found[1],
        lambda found: (datetime.strptime("T".join(found), "%Y-%mT%dT%H").hour, 0),  # noqa: DTZ007 (only looked at)
    ),
    _Form(
        re.compile(r"(\d{4})-(\d\d)"),
        lambda _found: "",
        lambda _found: "Months",
        lambda found: found[0],
        lambda found: (date(int(found[0]), int(found[1]), 1).month - 1, 0),
    ),
    _Form(
        re.compile(r"(\d{4})-W(\d\d)"),
        lambda _found: "",
        lambda _found: "Weeks",
        lambda found: found[0],
        lambda found: (date.fromisocalendar(int(found[0]), int(found[1]), 1).isocalendar().week - 1, 0),
    ),
)


def picture(values: Sequence[Any], item_of: Callable[[int], Item], wanted: str = "") -> Picture | None:
    """One part of the values, the one that is wanted, else that of the last value; None where there is no picture.

    `item_of` gives the item of a place among the values: it is asked for those alone that are shown.
    """
    form = next((each for each in _FORMS if values and each.fits(values[0])), None)
    if form is None:
        return None
    read = [form.fits(value) for value in values]
    parts = sorted({form.part(found) for found in read if found})
    shown = wanted if wanted in parts else form.part(read[-1] or read[0] or ())
    blocks: dict[str, Block] = {}
    for index, found in enumerate(read):
        if not found:
            return None
        if form.part(found) == shown:
            try:
                _put(blocks.setdefault(form.block(found), Block(form.block(found))), item_of(index), form, found)
            except ValueError:  # no such day, hour, month or week: what a pattern takes need not be one
                return None
    return Picture(parts, shown, list(blocks.values()))


def called(state: str) -> str:
    """A state in words."""
    return _CALLED.get(state, state)


def legend(counts: Mapping[str, int]) -> list[tuple[Square, str, int]]:
    """The states that there are: a square of each, its name and how many."""
    shown = ((state, number) for state, number in counts.items() if number)
    return [(Square(Item("", state), 0, 0), state, number) for state, number in shown]


def _put(block: Block, item: Item, form: _Form, found: Sequence[str]) -> None:
    column, row = form.place(found)
    name = form.line(found)
    if name:
        known = {head: y for y, head in block.heads.items()}
        y = known.get(name, len(block.heads) * STEP)
        block.heads[y] = name
        block.squares.append(Square(item, HEAD + column * STEP, y))
    else:
        block.squares.append(Square(item, column * STEP, row * STEP))


def _of_month(year: int, month: int, day: int) -> tuple[int, int]:
    """Column and row of a day: weeks are rows, which begin on Monday."""
    begin = date(year, month, 1).weekday()
    return date(year, month, day).weekday(), (begin + day - 1) // 7
