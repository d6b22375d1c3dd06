"""A year's flights from CSV through a model to Parquet: ours, pyarrow alone, pandas, the csv module."""

import csv
import time
from datetime import datetime

import pandas
import pyarrow
import pyarrow.csv
import pyarrow.parquet

from targets import open_target
from tasks.flights import archive
from tasks.flights.records import Flight
from tasks.flights.rows import MISSING

ROUNDS = 5
ROWS = 336_776


def year(folder):
    """The path of the year's flights as CSV, fetched where they are not at hand."""
    folder.mkdir()
    packed, path = folder / archive.FILE_NAME, folder / "flights.csv"
    archive.fetch(packed)
    with packed.open("rb") as file:
        archive.verify(file, packed)
        with archive.table_file(file, "flights") as table:
            path.write_bytes(table.read())
    return path


def paired(path):
    """Seconds of each way, in rounds of all of them: a dictionary of lists."""
    ways = {"ours": ours, "pyarrow": alone, "pandas": by_pandas, "csv": by_csv_module}
    times = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.perf_counter()
            way(path, path.with_name(f"{name}.parquet"))
            times[name].append(time.perf_counter() - began)
    check(path)
    return times


def ours(path, into):
    """Judged by the model."""
    source = open_target(path, model=Flight, missing=MISSING)
    assert source.convert(open_target(into, model=Flight)) == ROWS


def alone(path, into):
    """Types are given, nothing is checked."""
    options = pyarrow.csv.ConvertOptions(column_types=schema(), null_values=[MISSING], strings_can_be_null=True)
    pyarrow.parquet.write_table(pyarrow.csv.read_csv(path, convert_options=options), into)


def by_pandas(path, into):
    """Types are guessed but for the time."""
    pandas.read_csv(path, na_values=[MISSING], parse_dates=["time_hour"]).to_parquet(into)


def by_csv_module(path, into):
    """A loop over the rows, as it is written by hand."""
    kinds = [_reader(field.type) for field in schema()]
    with path.open(newline="") as file:
        lines = csv.reader(file)
        next(lines)
        rows = [[None if t == MISSING else kind(t) for kind, t in zip(kinds, line, strict=True)] for line in lines]
    columns = [pyarrow.array(values, f.type) for values, f in zip(zip(*rows, strict=True), schema(), strict=True)]
    pyarrow.parquet.write_table(pyarrow.table(columns, schema=schema()), into)


def schema():
    """The types of the columns."""
    return open_target("flights.parquet", model=Flight).schema


def check(path):
    """All ways have made the same table."""
    expected = pyarrow.parquet.read_table(path.with_name("ours.parquet"))
    for name in ("pyarrow", "csv"):
        found = pyarrow.parquet.read_table(path.with_name(f"{name}.parquet"))
        assert found.cast(expected.schema).equals(expected), name


def _reader(kind):
    if pyarrow.types.is_timestamp(kind):
        return datetime.fromisoformat
    return int if pyarrow.types.is_integer(kind) else str
