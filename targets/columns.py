"""The columns of a row type (a `typing.NamedTuple`) and the parsing of texts into typed values."""

import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from targets.errors import BadValue


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text]


PARSERS: dict[type, Callable[[str], Any]] = {
    str: str,
    int: int,
    float: float,
    bool: _boolean,
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
}
WORDS: dict[type, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    date: "a date (YYYY-MM-DD)",
    datetime: "a time (ISO 8601)",
}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its name, the Python type of its values, and whether a value may be missing (None)."""

    name: str
    kind: type
    nullable: bool


@cache
def columns_of(row_type: type) -> tuple[Column, ...]:
    """Give the columns of a NamedTuple class in order. Raises TypeError for a type of value that rows cannot hold."""
    hints = get_type_hints(row_type)
    return tuple(_column(name, hints[name]) for name in row_type._fields)  # type: ignore[attr-defined]


def parse_texts(columns: Sequence[Column], texts: Sequence[str], missing: str = "") -> list[Any]:
    """Turn one text per column into typed values; the text `missing` is None in a nullable column.

    Raises BadValue, which names the column, the text and what was expected.
    """
    values: list[Any] = []
    for column, text in zip(columns, texts, strict=True):
        if text == missing and column.nullable:
            values.append(None)
            continue
        try:
            values.append(PARSERS[column.kind](text))
        except (ValueError, KeyError):
            raise BadValue(column=column.name, value=text, expected=WORDS[column.kind]) from None
    return values


def _column(name: str, hint: Any) -> Column:
    nullable = get_origin(hint) in (Union, types.UnionType) and type(None) in get_args(hint)
    kinds = [kind for kind in get_args(hint) if kind is not type(None)] if nullable else [hint]
    if len(kinds) != 1 or kinds[0] not in PARSERS:
        raise TypeError(f"{name}: rows hold {', '.join(kind.__name__ for kind in PARSERS)} or None, not {hint}")
    return Column(name=name, kind=kinds[0], nullable=nullable)
