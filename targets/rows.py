"""Files of typed rows: a pydantic model's instances as CSV, JSON Lines or Parquet, in any storage.

Reading and writing go on in batches: memory does not grow with the number of rows. What is plain goes through Arrow in
bulk; pydantic judges what Arrow is not certain of, and all rows of a model with validators of its own.
"""

from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePath
from typing import Any, Generic, TypeVar

import luigi
import luigi.format
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel

from targets.columns import columns_of
from targets.csv_rows import CsvReader, CsvWriter
from targets.errors import UnknownRowFormat
from targets.json_rows import JsonWriter, read_json
from targets.judging import Judge
from targets.opening import open_file
from targets.parquet_rows import ParquetWriter, read_parquet
from targets.rejects import Rejections
from targets.row_chunks import Values
from targets.row_layout import Layout
from targets.row_writing import RowWriter

Row = TypeVar("Row", bound=BaseModel)
Item = TypeVar("Item")
#: How each format is read and written.
FORMATS: dict[str, tuple[Any, Any]] = {
    "csv": (lambda file, layout: CsvReader(layout).chunks(file), CsvWriter),
    "jsonl": (read_json, JsonWriter),
    "parquet": (read_parquet, ParquetWriter),
}


class RowTarget(luigi.Target, Generic[Row]):
    """The rows of one pydantic model in one file; it has all that the target of the file has, called `file`.

    Fields are str, int (64 bits), float, bool, date, datetime (with a zone, kept in UTC; NaiveDatetime without),
    Decimal with max_digits and decimal_places, an Enum or Literal of texts, or one of these or None. In CSV the text
    `missing` is None in a column that may be None. The format is that of the suffix, unless it is given.

    Raises UnknownRowFormat, UnfitModel.
    """

    def __init__(
        self, url: str, model: type[Row], format: str | None = None, *, missing: str = "", **options: Any
    ) -> None:
        self.model = model
        self.format = format or PurePath(url).suffix.removeprefix(".")
        if self.format not in FORMATS:
            raise UnknownRowFormat(url=url, known=", ".join(FORMATS))
        self.file = open_file(url, luigi.format.Nop, **options)
        self._layout = Layout(url=self.file.url, columns=columns_of(model), missing=missing)
        self._judge = Judge(model)

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of the batches."""
        return self._layout.columns.schema

    def exists(self) -> bool:
        """Whether the file is there."""
        return bool(self.file.exists())

    @property
    def decided_by(self) -> Any:
        """The target whose existence is this one's: its file."""
        return self.file

    def read(self, rejects: "RowTarget[Any] | None" = None, threshold: float | None = None) -> Iterator[Row]:
        """Give the rows one by one.

        Without `rejects` the first wrong row is an error. With it, a RowTarget of `targets.rejects.Reject`, wrong rows
        go there and the others are given. It is published when the read has ended; before, TooManyRejects is raised
        when they are more than `threshold`: a number of rows (int), or a share of all (float) judged at the end.
        Raises WrongRow, TooManyRejects, WrongColumns, UnreadableRows.
        """
        for rows in self._judged(self._judge.rows, rejects, threshold):
            yield from rows

    def read_batches(
        self, rejects: "RowTarget[Any] | None" = None, threshold: float | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Give the same rows as `read`, as batches of `schema`, for work by columns."""
        for batch in self._judged(self._judge.batch, rejects, threshold):
            if len(batch):
                yield batch

    def find(self, column: str, values: Collection[Any]) -> Iterator[Row]:
        """Give the rows whose `column` holds one of `values`; the others are skipped in bulk."""
        for batch in self.find_batches(column, values):
            yield from self._judge.rows(Values(numbers=range(len(batch)), batch=batch))[0]

    def find_batches(self, column: str, values: Collection[Any]) -> Iterator[pa.RecordBatch]:
        """Give the same rows as `find`, as batches of `schema`."""
        wanted = pa.array(list(values), self.schema.field(column).type)
        for batch in self.read_batches():
            yield batch.filter(pc.is_in(batch.column(column), value_set=wanted))

    def write(self, rows: Iterable[Row]) -> int:
        """Write all rows and publish the file; gives their number. An exception from `rows` publishes nothing."""
        with self.writer() as writer:
            writer.write(rows)
        return writer.rows

    def write_batches(self, batches: Iterable[pa.RecordBatch]) -> int:
        """Write batches of `schema` and publish the file; gives the number of rows."""
        with self.writer() as writer:
            for batch in batches:
                writer.write_batch(batch)
        return writer.rows

    def convert(
        self, into: "RowTarget[Any]", rejects: "RowTarget[Any] | None" = None, threshold: float | None = None
    ) -> int:
        """Copy the rows into another RowTarget with the same columns; gives their number."""
        return into.write_batches(self.read_batches(rejects, threshold))

    def writer(self) -> RowWriter[Row]:
        """Give a context that takes rows as they come, and publishes them at its end."""
        return RowWriter(self.file, FORMATS[self.format][1], self.model, self._layout)

    def _judged(self, judge: Any, rejects: Any, threshold: float | None) -> Iterator[Any]:
        with Rejections(self.file.url, rejects, threshold) as rejections, self.file.open("r") as file:
            for chunk in ahead(FORMATS[self.format][0](file, self._layout)):
                taken, wrong = judge(chunk)
                rejections.add(wrong, len(taken))
                yield taken

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "file":
            raise AttributeError(name)
        return getattr(self.file, name)

    def __str__(self) -> str:
        return str(self.file.url)


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """Give the items; the next one is made in a thread while one is worked on."""
    end: Any = object()
    with ThreadPoolExecutor(1, thread_name_prefix="rows") as pool:
        future = pool.submit(next, items, end)
        while (item := future.result()) is not end:
            future = pool.submit(next, items, end)
            yield item
