"""Rows as JSON Lines: one object a line."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from targets.errors import BadRow
from targets.row_chunks import Lines, json_line
from targets.row_layout import Layout

LINES = 10_000


def read_json(file: Any, _layout: Layout) -> Iterator[Lines]:
    """Give the rows of `file`, open for bytes, in chunks, numbered as its lines are. Blank lines are no rows."""
    numbered = ((number, line) for number, line in enumerate(file, start=1) if not line.isspace())
    while some := list(islice(numbered, LINES)):
        numbers, lines = zip(*some, strict=True)
        yield Lines(numbers=numbers, lines=lines)


class JsonWriter:
    """Writes batches as JSON Lines."""

    def __init__(self, file: Any, layout: Layout) -> None:
        self._file = file
        self._url = layout.url
        self._written = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Add a batch of our columns. Raises BadRow for a number that JSON cannot hold."""
        for name, array in zip(batch.schema.names, batch.columns, strict=True):
            if pa.types.is_floating(array.type):
                self._check_finite(name, array)
        self._file.write("".join(f"{json_line(row)}\n" for row in batch.to_pylist()).encode())
        self._written += len(batch)

    def close(self) -> None:
        """Nothing waits."""

    def discard(self) -> None:
        """Nothing waits."""

    def _check_finite(self, name: str, array: pa.Array) -> None:
        place = pc.index(pc.is_finite(array), False).as_py()
        if place >= 0:
            row, reason = self._written + place + 1, f"{array[place].as_py()} is no number in JSON"
            raise BadRow(url=self._url, row=row, field=f", {name}", reason=reason)
