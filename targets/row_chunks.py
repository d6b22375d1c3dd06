"""Rows as they stand in a file: texts of CSV, values of Parquet, lines of JSON."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from targets.casting import cast, certain
from targets.columns import Column
from targets.rejects import Reject

Row = TypeVar("Row", bound=BaseModel)
NO_UTF8 = PydanticCustomError("encoding", "Input should be UTF-8")


@dataclass(frozen=True, kw_only=True)
class Texts:
    """Rows of CSV: `batch` holds the bytes of each field, null where it is the text for a missing value."""

    numbers: Sequence[int]
    rejects: Sequence[Reject]
    batch: pa.RecordBatch
    missing: str

    def arrays(self, columns: Sequence[Column]) -> list[pa.Array] | None:
        return [certain(column, self._filled(column)) for column in columns]

    def lacks(self, column: Column) -> pa.Array:
        return self.batch.column(column.name).is_null()

    def validated(self, model: type[Row], places: Sequence[int]) -> Iterator[Row | ValidationError]:
        taken = self.batch if len(places) == len(self.batch) else self.batch.take(pa.array(places, pa.int64()))
        names = taken.schema.names
        optional = {field.name for field in taken.schema if field.nullable}
        for row in zip(*(array.to_pylist() for array in taken.columns), strict=True):
            yield self._validate(model, dict(zip(names, row, strict=True)), optional)

    def _validate(self, model: type[Row], row: dict[str, bytes | None], optional: set[str]) -> Row | ValidationError:
        texts: dict[str, str | None] = {}
        for name, value in row.items():
            try:
                texts[name] = value.decode() if value is not None else None if name in optional else self.missing
            except UnicodeDecodeError:
                problem = InitErrorDetails(type=NO_UTF8, loc=(name,), input=value)
                return ValidationError.from_exception_data(model.__name__, [problem])
        try:
            return model.model_validate(texts)
        except ValidationError as error:
            return error

    def text(self, place: int) -> str:
        fields = [array[place].as_py() for array in self.batch.columns]
        return csv_line(self.missing if field is None else field.decode(errors="backslashreplace") for field in fields)

    def _filled(self, column: Column) -> pa.Array:
        texts = cast(self.batch.column(column.name), pa.string())
        unfilled = column.arrow == pa.string() and not column.nullable and texts.null_count
        return pc.if_else(self.lacks(column), self.missing, texts) if unfilled else texts


@dataclass(frozen=True, kw_only=True)
class Values:
    """Rows of Parquet: `batch` holds values of the types of the columns."""

    numbers: Sequence[int]
    batch: pa.RecordBatch
    rejects: Sequence[Reject] = ()

    def arrays(self, columns: Sequence[Column]) -> list[pa.Array] | None:
        return [self.batch.column(column.name) for column in columns]

    def lacks(self, column: Column) -> pa.Array:
        return self.batch.column(column.name).is_null()

    def validated(self, model: type[Row], places: Sequence[int]) -> Iterator[Row | ValidationError]:
        rows = self.batch if len(places) == len(self.batch) else self.batch.take(pa.array(places, pa.int64()))
        for row in rows.to_pylist():
            try:
                yield model.model_validate(row)
            except ValidationError as error:
                yield error

    def text(self, place: int) -> str:
        return json_line(self.batch.slice(place, 1).to_pylist()[0], allow_nan=True)


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Rows of JSON Lines."""

    numbers: Sequence[int]
    lines: Sequence[bytes]
    rejects: Sequence[Reject] = ()

    def arrays(self, columns: Sequence[Column]) -> list[pa.Array] | None:  # noqa: ARG002 - pydantic alone reads JSON
        return None

    def lacks(self, column: Column) -> pa.Array:
        raise KeyError(column.name)

    def validated(self, model: type[Row], places: Sequence[int]) -> Iterator[Row | ValidationError]:
        for place in places:
            try:
                yield model.model_validate_json(self.lines[place])
            except ValidationError as error:
                yield error

    def text(self, place: int) -> str:
        return self.lines[place].decode(errors="backslashreplace").rstrip("\r\n")


def csv_line(fields: Any) -> str:
    """Fields as a line of CSV, without its end."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(fields)
    return line.getvalue()


def json_line(row: dict[str, Any], allow_nan: bool = False) -> str:
    """A row as a line of JSON, without its end. `allow_nan`: with numbers that JSON cannot hold, which raise else."""
    return json.dumps(row, default=plain_text, ensure_ascii=False, allow_nan=allow_nan)


def plain_text(value: Any) -> str:
    """What stands for a value of a type that JSON has not."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
