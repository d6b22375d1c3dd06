"""Lists as files: CSV for spreadsheets, JSON for programs; sent while they are read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from flask import Response

from trigger_service.domain.errors import InvalidRequest, Problem

#: Rows that are sent at a time.
_AT_ONCE = 200
#: What makes a spreadsheet take a text for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_file(kind: str, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """The rows as a file to keep: `csv`, or `json` (`{"items": [...]}`); raises InvalidRequest for any other kind.

    The caller bounds them. What goes wrong with the first of them is raised before anything is sent.
    """
    if kind not in ("csv", "json"):
        raise InvalidRequest([Problem("?as", f"Expected csv or json, not {kind[:80]!r}.")])
    left = iter(rows)
    all_rows = chain(list(islice(left, 1)), left)
    content = _csv(columns, all_rows) if kind == "csv" else _json(columns, all_rows)
    response = Response(content, mimetype="text/csv" if kind == "csv" else "application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response


def _csv(columns: Sequence[str], rows: Iterator[Sequence[Any]]) -> Iterator[str]:
    yield _lines([columns])
    while some := list(islice(rows, _AT_ONCE)):
        yield _lines([_cell(value) for value in row] for row in some)


def _lines(rows: Iterable[Sequence[Any]]) -> str:
    made = io.StringIO()
    csv.writer(made, lineterminator="\r\n").writerows(rows)
    return made.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, (dict, list, tuple)):
        value = json.dumps(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _json(columns: Sequence[str], rows: Iterator[Sequence[Any]]) -> Iterator[str]:
    yield '{"items":['
    between = ""
    while some := list(islice(rows, _AT_ONCE)):
        yield between + ",".join(json.dumps(dict(zip(columns, row, strict=True))) for row in some)
        between = ","
    yield "]}\n"
