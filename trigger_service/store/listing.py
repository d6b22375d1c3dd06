"""Lists of runs: filters, and pages that stay true while runs are added (keyset, newest first)."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    and_,
    exists,
    func,
    or_,
    select,
    tuple_,
    type_coerce,
)

from trigger_service.domain.errors import InvalidCursor
from trigger_service.domain.queries import RunFilter, RunPage
from trigger_service.domain.run import Run
from trigger_service.store.runs import COLUMNS, from_row
from trigger_service.store.tables import labels, runs


def page(
    connection: Connection, wanted: RunFilter, cursor: str | None, limit: int, reach: int | None = None
) -> RunPage:
    """Up to `limit` runs that pass the filter, newest first, after `cursor`; raises InvalidCursor.

    With a `reach`, not more than so many runs are held against what no index answers; the page says how far that was.
    """
    statement, created_at, run_id = _source(wanted)
    statement = statement.where(*_conditions(wanted))
    after = _decode(cursor) if cursor is not None else None
    if after is not None:
        statement = statement.where(tuple_(created_at, run_id) < tuple_(*after))
    floor = _floor(connection, wanted, after, reach) if reach is not None and _is_sieve(wanted) else None
    if floor is not None:
        statement = statement.where(tuple_(created_at, run_id) >= tuple_(*floor))
    newest = statement.order_by(created_at.desc(), run_id.desc()).limit(limit + 1)
    parts = _parts(wanted)
    found = _of_parts(connection, newest, parts) if parts else list(connection.execute(newest))
    shown = tuple(from_row(row) for row in found[:limit])
    if len(found) > limit and shown:
        return RunPage(shown, _encode(shown[-1].created_at, shown[-1].id))
    return RunPage(shown, None) if floor is None else RunPage(shown, _encode(*floor), floor[0])


def _is_sieve(wanted: RunFilter) -> bool:
    """Whether something of it is answered by no index, so that runs are looked at one after another."""
    named = (wanted.location, wanted.environment, wanted.trigger, wanted.by, wanted.text)
    indexes = bool(wanted.pipeline) + bool(_parts(wanted)) + len(wanted.labels)
    return bool(wanted.parameters) or indexes > 1 or any(value is not None for value in named)


def _floor(
    connection: Connection, wanted: RunFilter, after: tuple[float, str] | None, reach: int
) -> tuple[float, str] | None:
    """The run that is `reach` runs down from the newest, or from a cursor; None where there are not so many.

    Counted in an index alone: of the label's runs, the pipeline's, or all.
    """
    if wanted.labels:
        name, value = next(iter(wanted.labels.items()))
        created_at, run_id = labels.c.created_at, labels.c.run_id
        ordered = select(created_at, run_id).where(labels.c.name == name, labels.c.value == value)
    else:
        created_at, run_id = runs.c.created_at, runs.c.id
        ordered = select(created_at, run_id)
        if wanted.pipeline is not None:
            ordered = ordered.where(runs.c.pipeline == wanted.pipeline)
    if after is not None:
        ordered = ordered.where(tuple_(created_at, run_id) < tuple_(*after))
    elif wanted.created_before is not None:
        ordered = ordered.where(created_at < wanted.created_before)
    if wanted.created_after is not None:
        ordered = ordered.where(created_at >= wanted.created_after)
    row = connection.execute(ordered.order_by(created_at.desc(), run_id.desc()).offset(reach - 1).limit(1)).first()
    return None if row is None else (row[0], row[1])


def count(connection: Connection, wanted: RunFilter, most: int | None = None) -> int:
    """How many runs pass the filter; `most` at most."""
    statement, _, run_id = _source(wanted)
    passing = statement.where(*_conditions(wanted))
    if parts := _parts(wanted):
        passing = passing.where(or_(*parts))
    counted = passing.with_only_columns(run_id).limit(most).subquery()
    return connection.execute(select(func.count()).select_from(counted)).scalar_one()


def cursor_after(run: Run) -> str:
    """The cursor with which a page begins after this run."""
    return _encode(run.created_at, run.id)


def _source(wanted: RunFilter) -> tuple[Select[Any], Column[Any], Column[Any]]:
    """Where runs are read from, and the columns that have their order: those of a label have it for its runs alone."""
    if not wanted.labels:
        return select(*COLUMNS), runs.c.created_at, runs.c.id
    name, value = next(iter(wanted.labels.items()))
    of_label = select(*COLUMNS).join_from(labels, runs).where(labels.c.name == name, labels.c.value == value)
    return of_label, labels.c.created_at, labels.c.run_id


def _parts(wanted: RunFilter) -> list[ColumnElement[bool]]:
    """Of which a run has to pass one: the states, and the runs that are named. Empty where that is all the same."""
    parts: list[ColumnElement[bool]] = [runs.c.state == state for state in set(wanted.states)]
    return parts if wanted.ids is None else [*parts, runs.c.id.in_(wanted.ids)]


def _of_parts(connection: Connection, newest: Select[Any], parts: Iterable[ColumnElement[bool]]) -> list[Row[Any]]:
    """Each state is asked for by itself, in the order of its index: together they would all be read and sorted."""
    found = {row.id: row for part in parts for row in connection.execute(newest.where(part))}
    return sorted(found.values(), key=lambda row: (row.created_at, row.id), reverse=True)


def _conditions(wanted: RunFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.pipeline is not None:
        yield runs.c.pipeline == wanted.pipeline
    if wanted.location is not None:
        yield runs.c.location == wanted.location
    if wanted.environment is not None:
        yield runs.c.environment == wanted.environment
    if wanted.trigger is not None:
        yield runs.c.trigger_kind == wanted.trigger
    if wanted.by is not None:
        yield runs.c.trigger_by == wanted.by
    if wanted.created_after is not None:
        yield runs.c.created_at >= wanted.created_after
    if wanted.created_before is not None:
        yield runs.c.created_at < wanted.created_before
    for name, value in list(wanted.labels.items())[1:]:
        other = labels.alias()
        yield exists().where(other.c.name == name, other.c.value == value, other.c.run_id == runs.c.id)
    for name, value in wanted.parameters.items():
        yield _has(name, value)
    if wanted.text:
        yield _mentions(wanted.text)


def _has(name: str, value: str) -> ColumnElement[bool]:
    """Whether a parameter has a value. Its text is looked through first: to take it apart takes ten times as long."""
    written = f"{json.dumps(name)}: {json.dumps(value)}"
    entry = func.json_each(runs.c.texts).table_valued("key", "value")
    exact = select(entry.c.key).where(entry.c.key == name, entry.c.value == value).exists()
    return and_(func.instr(type_coerce(runs.c.texts, Text), written) > 0, exact)


def _mentions(text: str) -> ColumnElement[bool]:
    """Whether a text is somewhere in a run. SQLite's LIKE takes letters of ASCII for the same in both cases."""
    message = func.json_extract(runs.c.error, "$.message", type_=Text)
    plain = (runs.c.id, runs.c.pipeline, runs.c.reason)
    found = [column.contains(text, autoescape=True) for column in plain]
    in_error = and_(runs.c.error.is_not(None), message.contains(text, autoescape=True))
    return or_(*found, in_error, _in_values(runs.c.texts, text), _in_values(runs.c.labels, text))


def _in_values(column: Column[Any], text: str) -> ColumnElement[bool]:
    """Whether one of the values of an object has it. The column is looked through first, which is much quicker."""
    entry = func.json_each(column).table_valued("key", "value")
    in_values = select(entry.c.key).where(entry.c.value.contains(text, autoescape=True)).exists()
    return and_(type_coerce(column, Text).contains(json.dumps(text)[1:-1], autoescape=True), in_values)


def _encode(created_at: float, run_id: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([float(created_at), run_id]).encode()).decode()


def _decode(cursor: str) -> tuple[float, str]:
    try:
        created_at, run_id = json.loads(base64.b64decode(cursor.encode(), altchars=b"-_", validate=True))
    except (ValueError, TypeError) as error:
        raise InvalidCursor(cursor=cursor) from error
    if not isinstance(created_at, float) or not math.isfinite(created_at) or not isinstance(run_id, str):
        raise InvalidCursor(cursor=cursor)
    return created_at, run_id
