"""A file of typed rows, as CSV, JSON lines or Parquet by its suffix."""

import csv
import json
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TypeVar

import luigi.format

from targets.columns import PARSERS, Column, columns_of, parse_texts
from targets.errors import ExtraMissing, UnknownRowFormat, WrongColumns
from targets.local import AtomicLocalTarget

#: Looks at the values of a row, those of CSV still texts, and says whether the row is wanted.
Wanted = Callable[[Sequence[Any]], bool]
Row = TypeVar("Row", bound=tuple[Any, ...])
SUFFIXES = (".csv", ".jsonl", ".parquet")
#: Rows held in memory at a time when Parquet is written.
BATCH_ROWS = 10_000


class RowTarget(AtomicLocalTarget, Generic[Row]):
    """An atomic file of rows of one NamedTuple type (fields: str, int, float, bool, date, datetime; or None).

    In CSV a missing value is an empty field, so an empty text in a nullable column is read back as None.
    Parquet needs the extra `parquet`. Raises UnknownRowFormat for another suffix.
    """

    def __init__(self, path: str | Path, row_type: type[Row]) -> None:
        self.row_type = row_type
        self.columns = columns_of(row_type)
        self.suffix = Path(path).suffix
        if self.suffix not in SUFFIXES:
            raise UnknownRowFormat(path=path, known=", ".join(SUFFIXES))
        text = luigi.format.TextFormat(encoding="utf-8", newline="")
        super().__init__(path, format=luigi.format.Nop if self.suffix == ".parquet" else text)

    def write(self, rows: Iterable[Row]) -> int:
        """Write all rows and publish the file; gives their number. An exception from `rows` publishes nothing."""
        writers = {".csv": _write_csv, ".jsonl": _write_jsonl, ".parquet": _write_parquet}
        with self.open("w") as file:
            return writers[self.suffix](file, self, rows)

    def read(self) -> Iterator[Row]:
        """Give the rows one by one. Raises WrongColumns if the file was written for another row type."""
        return self._read(lambda _values: True)

    def find(self, column: str, texts: Container[str]) -> Iterator[Row]:
        """Give the rows whose `column`, one of type str, holds one of `texts`; the others are skipped cheaply."""
        index = [known.name for known in self.columns].index(column)
        return self._read(lambda values: values[index] in texts)

    def _read(self, wanted: Wanted) -> Iterator[Row]:
        readers = {".csv": _read_csv, ".jsonl": _read_jsonl, ".parquet": _read_parquet}
        make = self.row_type._make  # type: ignore[attr-defined]
        with self.open("r") as file:
            for values in readers[self.suffix](file, self, wanted):
                yield make(values)

    def check_columns(self, found: Iterable[str]) -> None:
        """Raise WrongColumns unless `found` are the names of our columns in order."""
        expected = [column.name for column in self.columns]
        if list(found) != expected:
            raise WrongColumns(path=self.path, expected=", ".join(expected), found=", ".join(found))


def _text(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date | datetime) else value


def _write_csv(file: Any, target: RowTarget[Any], rows: Iterable[Row]) -> int:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(column.name for column in target.columns)
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007 - the count outlives the loop
        writer.writerow([_text(value) for value in row])
    return count


def _read_csv(file: Any, target: RowTarget[Any], wanted: Wanted) -> Iterator[list[Any]]:
    lines = csv.reader(file)
    target.check_columns(next(lines, []))
    for line in filter(wanted, lines):
        yield parse_texts(target.columns, line)


def _write_jsonl(file: Any, target: RowTarget[Any], rows: Iterable[Row]) -> int:
    names = [column.name for column in target.columns]
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007 - the count outlives the loop
        record = dict(zip(names, row, strict=True))
        file.write(json.dumps(record, default=_text, ensure_ascii=False, allow_nan=False) + "\n")
    return count


def _read_jsonl(file: Any, target: RowTarget[Any], wanted: Wanted) -> Iterator[list[Any]]:
    dated = {column.name: PARSERS[column.kind] for column in target.columns if column.kind in (date, datetime)}
    for line in file:
        record = json.loads(line)
        target.check_columns(record)
        if not wanted(list(record.values())):
            continue
        for name in dated.keys() & record.keys():
            record[name] = record[name] and dated[name](record[name])
        yield list(record.values())


def _parquet(target: RowTarget[Any]) -> tuple[Any, Any]:
    try:
        import pyarrow  # noqa: PLC0415 - only who asks for Parquet pays for it
        import pyarrow.parquet  # noqa: PLC0415
    except ImportError:
        raise ExtraMissing(path=target.path, package="pyarrow", extra="parquet") from None
    return pyarrow, pyarrow.parquet


def _schema(pyarrow: Any, columns: Iterable[Column]) -> Any:
    kinds = {
        str: pyarrow.string(),
        int: pyarrow.int64(),
        float: pyarrow.float64(),
        bool: pyarrow.bool_(),
        date: pyarrow.date32(),
        datetime: pyarrow.timestamp("us", tz="UTC"),
    }
    return pyarrow.schema([pyarrow.field(c.name, kinds[c.kind], nullable=c.nullable) for c in columns])


def _write_parquet(file: Any, target: RowTarget[Any], rows: Iterable[Row]) -> int:
    pyarrow, parquet = _parquet(target)
    schema = _schema(pyarrow, target.columns)
    count, source = 0, iter(rows)
    with parquet.ParquetWriter(file, schema) as writer:
        while batch := list(islice(source, BATCH_ROWS)):
            arrays = [pyarrow.array(v, field.type) for v, field in zip(zip(*batch, strict=True), schema, strict=True)]
            writer.write_batch(pyarrow.record_batch(arrays, schema=schema))
            count += len(batch)
    return count


def _read_parquet(_file: Any, target: RowTarget[Any], wanted: Wanted) -> Iterator[list[Any]]:
    _, parquet = _parquet(target)
    with parquet.ParquetFile(target.path) as file:
        target.check_columns(file.schema_arrow.names)
        for batch in file.iter_batches(BATCH_ROWS):
            yield from filter(wanted, zip(*(column.to_pylist() for column in batch.columns), strict=True))
