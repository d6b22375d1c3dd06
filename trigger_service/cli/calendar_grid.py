"""A calendar of completeness as a compact grid: a line for each month of days, year of months, day of hours. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

#: What stands for each status.
MARKS = {"complete": "■", "missing": "·", "unknown": "?"}
#: The begin of a value that names its line, and the number of its cell in it, by form; the first that fits counts.
_FORMS = (
    (re.compile(r"(\d{4}-\d{2}-\d{2}T\d{4})(\d{2})"), 0),
    (re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2})(\d{2})"), 0),
    (re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2})"), 0),
    (re.compile(r"(\d{4}-\d{2})-(\d{2})"), 1),
    (re.compile(r"(\d{4})-W(\d{2})"), 1),
    (re.compile(r"(\d{4})-(\d{2})"), 1),
    (re.compile(r"(\d{3})(\d)"), 0),
)


def lines(items: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]] | None:
    """The head and the marks of each line; None where values are none of the calendar, or of several forms."""
    found: dict[str, dict[int, str]] = {}
    form: tuple[re.Pattern[str], int] | None = None
    for item in items:
        value = item["value"] if isinstance(item["value"], str) else ""
        form = form or next((each for each in _FORMS if each[0].fullmatch(value)), None)
        fits = form[0].fullmatch(value) if form else None
        if form is None or fits is None:
            return None
        found.setdefault(fits[1], {})[int(fits[2]) - form[1]] = MARKS[item["status"]]
    return [(f"{head}x" if len(head) == 3 else head, _marks(cells)) for head, cells in found.items()]


def _marks(cells: Mapping[int, str]) -> str:
    return "".join(cells.get(place, " ") for place in range(max(cells) + 1))
