"""Rows as CSV: UTF-8, comma, a header, as RFC 4180 has it."""

import csv
import io
from collections.abc import Iterator
from itertools import filterfalse, islice
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv

from targets.errors import UnreadableRows
from targets.rejects import Reject
from targets.row_chunks import Texts, plain_text
from targets.row_layout import Layout

#: Bytes that are read at a time: no row can be longer.
BLOCK = 1 << 22


class CsvReader:
    """Gives the rows of a file in chunks; numbers count its records from 1, the header included."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._schema = pa.schema([pa.field(c.name, pa.binary(), c.nullable) for c in layout.columns.columns])
        self._invalid: dict[int, Reject] = {}
        self._next = 1

    def chunks(self, file: Any) -> Iterator[Texts]:
        """Read `file`, open for bytes. Raises WrongColumns, UnreadableRows."""
        for batch in self._batches(file):
            rows = batch
            if self._next == 1:
                self._check_header(batch)
                rows = batch[1:]
            yield self._chunk(rows)
        if self._next == 1:
            self._check_header(None)
        if self._invalid:
            yield self._chunk(pa.RecordBatch.from_arrays([[]] * len(self._schema), schema=self._schema))

    def _batches(self, file: Any) -> Iterator[pa.RecordBatch]:
        """Give everything as texts, the header too: that is the only way to know which columns there are."""
        names = self._schema.names
        try:
            yield from pa_csv.open_csv(
                file,
                read_options=pa_csv.ReadOptions(block_size=BLOCK, column_names=names, use_threads=False),
                parse_options=pa_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=self._wrong_width),
                convert_options=pa_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.binary()),
                    null_values=[self._layout.missing],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                ),
            )
        except pa.ArrowInvalid as error:
            if "Empty CSV" in str(error):
                return
            reason = str(error)
            if "straddling" in reason:
                reason = f"a row is longer than {BLOCK >> 20} MiB, or a quotation that begins after it has no end"
            raise UnreadableRows(url=self._layout.url, row=self._next - 1, reason=reason) from None

    def _check_header(self, batch: pa.RecordBatch | None) -> None:
        wrong = self._invalid.get(1)
        found: list[str] = []
        if wrong is not None:
            found = next(csv.reader([wrong.text]))
        elif batch is not None:
            fields = [array[0].as_py() for array in batch.columns]
            found = [self._layout.missing if f is None else f.decode(errors="backslashreplace") for f in fields]
        self._layout.check_header(found)
        self._next = 2

    def _wrong_width(self, row: Any) -> str:
        reason = f"{row.actual_columns} fields, expected {row.expected_columns}"
        self._invalid[row.number] = Reject(row=row.number, field="", reason=reason, text=row.text)
        return "skip"

    def _chunk(self, batch: pa.RecordBatch) -> Texts:
        first = self._next
        numbers: Any = range(first, first + len(batch))
        if self._invalid:
            count = len(batch) + len(self._invalid)
            numbers = list(islice(filterfalse(self._invalid.__contains__, range(first, first + count)), len(batch)))
        last = numbers[-1] if numbers else max([first - 1, *self._invalid])
        self._next = last + 1
        rejects = [self._invalid.pop(number) for number in sorted(self._invalid) if number <= last]
        return Texts(
            numbers=numbers,
            rejects=rejects,
            batch=pa.RecordBatch.from_arrays(batch.columns, schema=self._schema),
            missing=self._layout.missing,
        )


class CsvWriter:
    """Writes batches as CSV; the header comes first."""

    def __init__(self, file: Any, layout: Layout) -> None:
        self._file = file
        self._layout = layout
        self._write([layout.columns.names])

    def write(self, batch: pa.RecordBatch) -> None:
        """Add a batch of our columns."""
        texts = [[self._text(value) for value in array.to_pylist()] for array in batch.columns]
        self._write(zip(*texts, strict=True))

    def close(self) -> None:
        """Nothing waits."""

    def discard(self) -> None:
        """Nothing waits."""

    def _write(self, records: Any) -> None:
        lines = io.StringIO()
        csv.writer(lines, lineterminator="\n").writerows(records)
        self._file.write(lines.getvalue().encode())

    def _text(self, value: Any) -> Any:
        if value is None:
            return self._layout.missing
        if isinstance(value, bool):
            return "true" if value else "false"
        return value if isinstance(value, str | int | float) else plain_text(value)
