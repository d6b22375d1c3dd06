"""The writer of a file of rows: takes them as they come, publishes all of them at its end."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import islice
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

import pyarrow as pa
from pydantic import BaseModel

from targets.errors import BadRow
from targets.judging import batch_of
from targets.row_layout import Layout

Row = TypeVar("Row", bound=BaseModel)
#: Rows that become a batch when they come one by one.
BATCH_ROWS = 10_000


class Format(Protocol):
    """Writes batches as one format has them."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Add a batch of the columns."""
        ...

    def close(self) -> None:
        """Write what is left."""
        ...

    def discard(self) -> None:
        """Nothing more comes, and nobody will read it."""
        ...


class RowWriter(Generic[Row]):
    """A context: what was written in the block is published at its end, and nothing after an exception."""

    def __init__(self, target: Any, make: Any, model: type[Row], layout: Layout) -> None:
        self._target = target
        self._make = make
        self._model = model
        self._layout = layout
        self.rows = 0

    def write(self, rows: Iterable[Row]) -> None:
        """Add instances of the model. Raises BadRow for a value that its column cannot hold."""
        source = iter(rows)
        while some := list(islice(source, BATCH_ROWS)):
            self._check(some)
            columns = self._layout.columns
            batch, wrong = batch_of(columns.columns, columns.schema, some)
            for place, (field, reason) in wrong.items():
                raise self._bad(place, field, reason)
            self._add(batch)

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Add a batch of the model's columns; bounds, lengths and so on are checked when it is read.

        Raises WrongColumns, BadRow for nothing where a value should be.
        """
        schema = self._layout.columns.schema
        self._layout.check_header(batch.schema.names)
        if batch.schema.types != schema.types:
            found, expected = (", ".join(f"{f.name} {f.type}" for f in s) for s in (batch.schema, schema))
            raise self._layout.other_columns("other types", found, expected)
        for field, array in zip(schema, batch.columns, strict=True):
            if array.null_count and not field.nullable:
                raise self._bad(array.is_null().index(True).as_py(), field.name, "a value should be there")
        self._add(pa.RecordBatch.from_arrays(batch.columns, schema=schema))

    def _check(self, rows: Sequence[Any]) -> None:
        for place, row in enumerate(rows):
            if not isinstance(row, self._model):
                raise self._bad(place, "", f"a {type(row).__name__} is no {self._model.__name__}")

    def _bad(self, place: int, field: str, reason: str) -> BadRow:
        return BadRow(url=self._layout.url, row=self.rows + place + 1, field=field and f", {field}", reason=reason)

    def _add(self, batch: pa.RecordBatch) -> None:
        self._format.write(batch)
        self.rows += len(batch)

    def __enter__(self) -> Self:
        self._file = self._target.open("w")
        try:
            self._format: Format = self._make(self._file, self._layout)
        except BaseException:
            self._file.abort()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._format.close()
                self._file.rows = self.rows
                self._file.close()
        finally:
            with suppress(Exception):
                self._format.discard()
            self._file.abort()  # does nothing after it was published
