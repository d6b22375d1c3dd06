"""What is to be written to a table: rows in whatever shape they come, as batches of tuples in the table's order."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import chain
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ValidationError

from targets.errors import BadRow, WrongColumns
from targets.sql_columns import Moment
from targets.sql_names import plain

#: Rows held in memory at a time, and sent to the database in one statement where it takes rows so.
BATCH_ROWS = 5_000
Values = tuple[Any, ...]


class SourceFailed(Exception):
    """Carries what the caller's rows raised past those who explain errors of the database."""

    def __init__(self, error: Exception) -> None:
        self.error = error


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How rows become those of `table`: `partition` holds the values that all of them have."""

    url: str
    model: type[BaseModel]
    table: sa.Table
    partition: Mapping[str, Any]

    def batches(self, rows: Iterable[Any]) -> Iterator[Any]:
        """Give lists of tuples, or record batches of pyarrow where `rows` are such; the first is read at once.

        Rows are models, mappings (which the model validates), or record batches (whose values the database checks).
        Raises BadRow and WrongColumns, and SourceFailed for what `rows` raises.
        """
        source = _carried(rows)
        first = next(source, None)
        if first is None:
            return iter(())
        source = chain([first], source)
        batches = self._arrow(source) if hasattr(first, "to_pylist") else _batched(self._tuples(source))
        start = next(batches)
        return chain([start], batches)

    def _tuples(self, rows: Iterator[Any]) -> Iterator[Values]:
        """Validate mappings, refuse what belongs to another partition, and turn values into the database's."""
        names = [column.name for column in self.table.c]
        given = {name: plain(value) for name, value in self.partition.items() if name not in self.model.model_fields}
        get = _getter(names)
        own = [(name, self.partition[name]) for name in self.partition if name in self.model.model_fields]
        turned = [(index, turn) for index, name in enumerate(names) if (turn := self._turn(name))]
        for number, row in enumerate(rows, start=1):
            values = self._model_of(number, row).__dict__
            for name, expected in own:
                if values[name] != expected:
                    raise self._foreign(number, name, values[name])
            found = get({**values, **given} if given else values)
            if turned:
                changed = list(found)
                for index, turn in turned:
                    changed[index] = turn(number, changed[index])
                found = tuple(changed)
            yield found

    def _model_of(self, number: int, row: Any) -> BaseModel:
        if isinstance(row, self.model):
            return row
        if not isinstance(row, Mapping):
            expected = f"it is a {type(row).__name__}, not a {self.model.__name__} or a mapping"
            raise BadRow(url=self.url, row=number, field="", reason=expected)
        fields = self.model.model_fields
        try:
            return self.model.model_validate({k: v for k, v in self.partition.items() if k in fields} | dict(row))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = f", {'.'.join(map(str, first['loc']))}" if first["loc"] else ""
            reason = f"{first['msg']}, not {first['input']!r:.200}"
            raise BadRow(url=self.url, row=number, field=field, reason=reason) from None

    def _foreign(self, number: int, name: str, value: Any) -> BadRow:
        reason = f"it is {value!r}, and this is the partition of {self.partition[name]!r}"
        return BadRow(url=self.url, row=number, field=f", {name}", reason=reason)

    def _turn(self, name: str) -> Callable[[int, Any], Any] | None:
        """What makes the database's value of the model's, where they differ."""
        kind = self.table.c[name].type
        if isinstance(kind, Moment):
            return self._aware(name)
        info = self.model.model_fields.get(name)
        return (lambda _number, value: plain(value)) if info is not None and _may_be_enum(info.annotation) else None

    def _aware(self, name: str) -> Callable[[int, Any], Any]:
        def checked(number: int, value: Any) -> Any:
            if value is not None and value.tzinfo is None:
                reason = f"{value.isoformat()} has no time zone (declare NaiveDatetime where none is meant)"
                raise BadRow(url=self.url, row=number, field=f", {name}", reason=reason)
            return value

        return checked

    def _arrow(self, batches: Iterator[Any]) -> Iterator[Any]:
        """Put the columns in order, with those that only the partition has."""
        import pyarrow  # noqa: PLC0415 - whoever gives record batches has it
        import pyarrow.compute  # noqa: PLC0415

        names, start = [column.name for column in self.table.c], 1
        for batch in batches:
            found, columns = set(batch.schema.names), []
            if not found <= set(names) <= found | set(self.partition):
                given, wanted = ", ".join(batch.schema.names), ", ".join(names)
                raise WrongColumns(
                    url=self.url, found=given, expected=wanted, difference="a batch must have just these"
                )
            for name in names:
                value = plain(self.partition.get(name))
                column = batch.column(name) if name in found else pyarrow.array([value] * len(batch))
                if name in found and name in self.partition:
                    scalar = pyarrow.scalar(value, column.type)
                    if len(other := column.filter(pyarrow.compute.not_equal(column, scalar).fill_null(True))):
                        raise self._foreign(start + column.index(other[0]).as_py(), name, other[0].as_py())
                columns.append(column)
            yield pyarrow.RecordBatch.from_arrays(columns, names)
            start += len(batch)


def _carried(rows: Iterable[Any]) -> Iterator[Any]:
    try:
        yield from rows
    except Exception as error:
        raise SourceFailed(error) from error


def _batched(values: Iterator[Values]) -> Iterator[list[Values]]:
    batch = []
    for each in values:
        batch.append(each)
        if len(batch) == BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


def _getter(names: list[str]) -> Callable[[Mapping[str, Any]], Values]:
    if len(names) == 1:
        return lambda values: (values[names[0]],)
    return itemgetter(*names)


def _may_be_enum(hint: Any) -> bool:
    parts = [hint, *getattr(hint, "__args__", ())]
    return any(isinstance(part, type) and issubclass(part, Enum) for part in parts)
