"""Rows as Parquet."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from targets.errors import UnreadableRows
from targets.row_chunks import Values
from targets.row_layout import Layout

#: A row group is written when it has so many rows, or bytes in memory.
GROUP_ROWS, GROUP_BYTES = 1 << 17, 1 << 25
#: Rows that are read at a time.
BATCH_ROWS = 1 << 14


def read_parquet(file: Any, layout: Layout) -> Iterator[Values]:
    """Give the rows of `file`, open for bytes, in chunks, numbered from 1. Types that fit ours without loss are taken.

    Raises WrongColumns, UnreadableRows.
    """
    start = 1
    try:
        with parquet.ParquetFile(file) as source:
            layout.check_header(source.schema_arrow.names)
            for batch in source.iter_batches(BATCH_ROWS):
                yield Values(numbers=range(start, start + len(batch)), batch=_typed(batch, layout))
                start += len(batch)
    except pa.ArrowInvalid as error:
        raise UnreadableRows(url=layout.url, row=start - 1, reason=error) from None


def _typed(batch: pa.RecordBatch, layout: Layout) -> pa.RecordBatch:
    schema = pa.schema([field.with_nullable(True) for field in layout.columns.schema])
    if batch.schema.types == schema.types:
        return pa.RecordBatch.from_arrays(batch.columns, schema=schema)
    try:
        return batch.cast(schema)
    except pa.ArrowException as error:
        raise layout.other_columns(str(error), _described(batch.schema), _described(schema)) from None


class ParquetWriter:
    """Writes batches as Parquet, in row groups of a size that is quick to read."""

    def __init__(self, file: Any, layout: Layout) -> None:
        self._schema = layout.columns.schema
        self._writer = parquet.ParquetWriter(file, self._schema)
        self._waiting: list[pa.RecordBatch] = []

    def write(self, batch: pa.RecordBatch) -> None:
        """Add a batch of our columns."""
        self._waiting.append(batch)
        if sum(map(len, self._waiting)) >= GROUP_ROWS or sum(b.nbytes for b in self._waiting) >= GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        """Write the rest and the footer."""
        self._flush()
        self._writer.close()

    def discard(self) -> None:
        """Give up."""
        self._writer.close()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting, schema=self._schema))
            self._waiting.clear()


def _described(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name} {field.type}" for field in schema)
