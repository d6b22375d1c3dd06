"""A year's flights into a table: ours, and luigi.contrib.sqla, each in a process of its own.

`python -m benchmarks.sql WAY URL` loads once and prints what it took.
"""

import itertools
import json
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import luigi
import pyarrow
import sqlalchemy as sa
from luigi.contrib.sqla import CopyToTable
from pydantic import BaseModel

from targets import open_target

ROWS = 336_776
#: Rows of one record batch.
BATCH = 10_000
ROOT = Path(__file__).parents[1]
WAYS = ("ours, models", "ours, record batches", "luigi.contrib.sqla")
BEGIN = datetime(2013, 1, 1, tzinfo=UTC)


class Flight(BaseModel):
    """As wide as a flight of the archive, by the kinds of its columns."""

    id: int
    day: date
    origin: str
    dest: str
    carrier: str
    flight: int
    tailnum: str | None
    dep_delay: int | None
    arr_delay: int | None
    air_time: float | None
    distance: float
    departed: bool
    scheduled: datetime


def values(number):
    """The columns of one flight, in order."""
    delay = None if number % 40 == 0 else number % 90 - 10
    day = date(2013, 1, 1) + timedelta(days=number // 923)
    where = (("EWR", "JFK", "LGA")[number % 3], ("IAH", "MIA", "BQN", "ATL")[number % 4], "UA")
    tail = None if number % 130 == 0 else f"N{number % 4000}"
    air = None if delay is None else 100.5 + number % 200
    rest = (number % 6000, tail, delay, delay, air, 1400.0, delay is not None, BEGIN + timedelta(minutes=number))
    return (number, day, *where, *rest)


def models():
    """All flights, made without validation: what a reader of typed rows gives."""
    names = tuple(Flight.model_fields)
    for number in range(ROWS):
        yield Flight.model_construct(**dict(zip(names, values(number), strict=True)))


def batches():
    """The same, as a reader of Parquet gives them."""
    kinds = {"id": pyarrow.int64(), "flight": pyarrow.int64(), "tailnum": pyarrow.string()}
    numbers = iter(range(ROWS))
    while some := list(itertools.islice(numbers, BATCH)):
        columns = zip(Flight.model_fields, zip(*map(values, some), strict=True), strict=True)
        yield pyarrow.record_batch({name: pyarrow.array(column, kinds.get(name)) for name, column in columns})


KINDS = {int: sa.BigInteger, float: sa.Double, str: sa.Text, bool: sa.Boolean, date: sa.Date}


class Stock(CopyToTable):
    """Luigi's own way: dictionaries, many to a statement."""

    connection_string = luigi.Parameter()
    table = "stock"
    columns: ClassVar = [([name, KINDS.get(type(value), sa.DateTime(timezone=True))], {"primary_key": name == "id"})
                         for name, value in zip(Flight.model_fields, values(1), strict=True)]  # fmt: skip

    def load(self):
        """As its `run()`, without the marker: that of Luigi 3.8.1 fails on SQLAlchemy 2."""
        engine, rows = sa.create_engine(self.connection_string), self.rows()
        self.create_table(engine)
        with engine.begin() as connection:
            while some := list(itertools.islice(rows, self.chunk_size)):
                keys = [f"_{column.name}" for column in self.table_bound.c]
                self.copy(connection, [dict(zip(keys, row, strict=True)) for row in some], self.table_bound)

    def rows(self):
        """Tuples in the order of the columns."""
        return map(values, range(ROWS))


def load(way, url):
    """Load once; seconds, and the most memory that was in use above what it was before."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    began = time.perf_counter()
    if way == "luigi.contrib.sqla":
        Stock(connection_string=url).load()
    else:
        target = open_target(f"{url.replace('+psycopg', '')}#ours", model=Flight, key=["id"])
        assert target.write(models() if way == "ours, models" else batches()) == ROWS
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_SELF)
    grown = (after.ru_maxrss - before.ru_maxrss) / 1024
    return {"seconds": seconds, "cpu_s": after.ru_utime - before.ru_utime, "grown_mib": grown}


def made():
    """Seconds of processor time that it takes to make the rows alone, which is part of every load."""
    for way, rows in (("models", models()), ("record batches", batches()), ("tuples", map(values, range(ROWS)))):
        began = time.process_time()
        for _ in rows:
            pass
        yield way, time.process_time() - began


@contextmanager
def postgres():
    """The URL of an empty database on a server of its own; the tests' server, from this checkout."""
    sys.path.insert(0, str(ROOT / "tests"))
    from postgres import Postgres  # noqa: PLC0415 - it is on the path by now

    server = Postgres()
    try:
        with server.ready().database() as url:
            yield url.replace("postgresql:", "postgresql+psycopg:")
    finally:
        server.end()


def measured(rounds=3):
    """Each way into each kind of database, `rounds` times in turn; (way, database, the median one)."""
    for kind in ("PostgreSQL", "SQLite"):
        found = {way: [] for way in WAYS}
        for _ in range(rounds):
            for way in WAYS:
                with postgres() if kind == "PostgreSQL" else sqlite() as url:
                    command = [sys.executable, "-m", "benchmarks.sql", way, url]
                    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
                found[way].append(json.loads(done.stdout))
        for way, times in found.items():
            yield way, kind, sorted(times, key=lambda each: each["seconds"])[rounds // 2]


@contextmanager
def sqlite():
    """The URL of a database that is not there yet."""
    with tempfile.TemporaryDirectory(prefix="luigi-targets-bench-") as folder:
        yield f"sqlite:///{folder}/warehouse.db"


if __name__ == "__main__":
    print(json.dumps(load(*sys.argv[1:])))
