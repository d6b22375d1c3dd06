"""A partition of an SQL table, whose rows and marker are committed in one transaction.

The marker is a row of `target_markers`; `exists()` reads it. So a partition is there whole or not at all, an empty
partition can be there too, and a rerun replaces the partition's rows and nothing else.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import luigi
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import NullPool

from targets.staging import make_folder

#: Seconds that a process waits for another one's transaction on the same SQLite file.
BUSY_S = 60.0
#: Rows sent to the database in one statement.
BATCH_ROWS = 5_000
#: How often a write is tried when another writer of the same partition got in between.
ATTEMPTS = 3

MARKERS = sa.Table(
    "target_markers",
    sa.MetaData(),
    sa.Column("target_table", sa.String(128), primary_key=True),
    sa.Column("partition_key", sa.String(128), primary_key=True),
    sa.Column("row_count", sa.BigInteger, nullable=False),
    sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
)


class SqlPartitionTarget(luigi.Target):
    """The rows of `table` whose column `partition_column` equals `partition`.

    `url` is any SQLAlchemy URL. Connections are opened for each use and never cross a fork; SQLite transactions begin
    IMMEDIATE and wait up to a minute for their turn, so several worker processes may write to one file.
    """

    def __init__(self, url: str, table: sa.Table, partition_column: str, partition: Any) -> None:
        self.url = url
        self.table = table
        self.column = table.c[partition_column]
        self.partition = partition

    def __str__(self) -> str:
        shown = sa.make_url(self.url).render_as_string(hide_password=True)
        return f"{shown}#{self.table.name}[{self.column.name}={self.partition}]"

    def exists(self) -> bool:
        """Say whether the marker is there. Raises DBAPIError if the database cannot be asked."""
        return self.row_count() is not None

    def row_count(self) -> int | None:
        """Give the number of rows that the last complete write put there; None if there is no marker."""
        if _absent_file(self.url):
            return None
        with reading(self.url) as connection:
            if not sa.inspect(connection).has_table(MARKERS.name):
                return None
            found = connection.execute(sa.select(MARKERS.c.row_count).where(*self._marker_is_ours())).scalar()
        return None if found is None else int(found)

    def replace(self, rows: Iterable[Mapping[str, Any]]) -> int:
        """Put `rows` in place of the partition's rows and set the marker, all in one transaction; gives their number.

        Each row maps column names to values; the partition column is filled in. Tables are created where they lack.
        Any exception, also one from `rows`, leaves rows and marker as they were.
        """
        filled = [{**row, self.column.name: self.partition} for row in rows]
        create_tables(self.url, self.table, MARKERS)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with writing(self.url) as connection:
                    self._replace(connection, filled)
                break
            except IntegrityError:
                if attempt == ATTEMPTS:
                    raise
        return len(filled)

    def remove(self) -> None:
        """Delete the partition's rows and its marker in one transaction."""
        if self.exists():
            with writing(self.url) as connection:
                connection.execute(sa.delete(MARKERS).where(*self._marker_is_ours()))
                connection.execute(sa.delete(self.table).where(self.column == self.partition))

    def _replace(self, connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
        self._set_marker(connection, len(rows))
        connection.execute(sa.delete(self.table).where(self.column == self.partition))
        for start in range(0, len(rows), BATCH_ROWS):
            connection.execute(sa.insert(self.table), rows[start : start + BATCH_ROWS])

    def _set_marker(self, connection: sa.Connection, count: int) -> None:
        """Comes first: whoever writes the same partition waits here until we have committed.

        An existing marker is updated, which locks its row. Two first writers both insert: one meets the primary key,
        rolls back and starts again.
        """
        values = {"row_count": count, "written_at": datetime.now(UTC)}
        updated = connection.execute(sa.update(MARKERS).where(*self._marker_is_ours()).values(values))
        if updated.rowcount == 0:
            names = {"target_table": self.table.name, "partition_key": str(self.partition)}
            connection.execute(sa.insert(MARKERS).values(names | values))

    def _marker_is_ours(self) -> tuple[sa.ColumnElement[bool], ...]:
        return (MARKERS.c.target_table == self.table.name, MARKERS.c.partition_key == str(self.partition))


def engine_for(url: str) -> sa.Engine:
    """Give this process's engine for `url`. It keeps no connection open, so that none can be shared across a fork."""
    return _engine(url, os.getpid())


@contextmanager
def reading(url: str) -> Iterator[sa.Connection]:
    """A connection in a transaction that only reads."""
    with engine_for(url).connect() as connection:
        yield connection


@contextmanager
def writing(url: str) -> Iterator[sa.Connection]:
    """A connection in a transaction that is committed at the end of the block, or rolled back on an exception."""
    with engine_for(url).connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


def create_tables(url: str, *tables: sa.Table) -> None:
    """Create the tables that lack. Safe when several processes do so at once."""
    if path := _sqlite_path(url):
        make_folder(path.parent)
    for table in tables:
        try:
            with writing(url) as connection:
                table.create(connection, checkfirst=True)
        except DBAPIError:
            with reading(url) as connection:  # another process may have just created it
                if not sa.inspect(connection).has_table(table.name):
                    raise


@cache
def _engine(url: str, _pid: int) -> sa.Engine:
    sqlite = sa.make_url(url).get_backend_name() == "sqlite"
    arguments = {"timeout": BUSY_S} if sqlite else {}
    engine = sa.create_engine(url, poolclass=NullPool, connect_args=arguments)
    if sqlite:
        sa.event.listen(engine, "connect", _leave_transactions_to_us)
        sa.event.listen(engine, "begin", _begin)
    return engine


def _leave_transactions_to_us(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver would begin late, and a late upgrade to a write lock can deadlock


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _sqlite_path(url: str) -> Path | None:
    parsed = sa.make_url(url)
    named = parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:")
    return Path(str(parsed.database)).absolute() if named else None


def _absent_file(url: str) -> bool:
    path = _sqlite_path(url)
    return path is not None and not path.exists()
