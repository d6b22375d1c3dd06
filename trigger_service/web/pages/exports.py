"""Lists as files: CSV for spreadsheets, JSON for programs; sent while they are read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, TypeVar

from flask import Response

from trigger_service.domain.errors import InvalidRequest, Problem

#: Rows that are sent at a time.
_AT_ONCE = 200
#: Rows that are asked of the records at a time.
PAGE = 500
#: What makes a spreadsheet take a text for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Item = TypeVar("Item")
Place = TypeVar("Place")


def every_page(page: Callable[[Place | None], tuple[Sequence[Item], Place | None]]) -> Iterator[Item]:
    """All that there are, however many: read while they are taken, one page in memory at a time.

    `page` gives what comes after a place, None for the beginning, and the place where the next one begins, if any.
    """
    rows, place = page(None)
    yield from rows
    while place is not None:
        rows, place = page(place)
        yield from rows


def after_each(page: Callable[[Place | None, int], Sequence[Item]], place: Callable[[Item], Place]) -> Iterator[Item]:
    """The same of rows that are each a place for the next page: `page` gives so many rows after a place."""

    def found(begin: Place | None) -> tuple[Sequence[Item], Place | None]:
        rows = page(begin, PAGE)
        return rows, place(rows[-1]) if len(rows) == PAGE else None

    return every_page(found)


def as_file(
    kind: str, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], ended: Callable[[], str] = str
) -> Response:
    """The rows as a file to keep: `csv`, or `json` (`{"items": [...]}`); raises InvalidRequest for any other kind.

    They are sent whole, so the caller gives them while they are taken. `ended` says after the last of them why there
    are no more, where that was not all: it is the last line of the CSV, and `left_off` of the JSON. What goes wrong
    with the first of them is raised before anything is sent.
    """
    if kind not in ("csv", "json"):
        raise InvalidRequest([Problem("?as", f"Expected csv or json, not {kind[:80]!r}.")])
    left = iter(rows)
    all_rows = chain(list(islice(left, 1)), left)
    content = _csv(columns, all_rows, ended) if kind == "csv" else _json(columns, all_rows, ended)
    response = Response(content, mimetype="text/csv" if kind == "csv" else "application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response


def _csv(columns: Sequence[str], rows: Iterator[Sequence[Any]], ended: Callable[[], str]) -> Iterator[str]:
    yield _lines([columns])
    while some := list(islice(rows, _AT_ONCE)):
        yield _lines([_cell(value) for value in row] for row in some)
    if left_off := ended():
        yield _lines([[f"# {left_off}"]])


def _lines(rows: Iterable[Sequence[Any]]) -> str:
    made = io.StringIO()
    csv.writer(made, lineterminator="\r\n").writerows(rows)
    return made.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, (dict, list, tuple)):
        value = json.dumps(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _json(columns: Sequence[str], rows: Iterator[Sequence[Any]], ended: Callable[[], str]) -> Iterator[str]:
    yield '{"items":['
    between = ""
    while some := list(islice(rows, _AT_ONCE)):
        yield between + ",".join(json.dumps(dict(zip(columns, row, strict=True))) for row in some)
        between = ","
    left_off = ended()
    yield f'],"left_off":{json.dumps(left_off)}}}\n' if left_off else "]}\n"
