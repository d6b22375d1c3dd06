"""Markers: a row for each partition that is there, committed together with the partition's rows."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from targets.errors import PublishedMeanwhile, TableDiffers
from targets.sql_columns import Moment, differences
from targets.sql_database import NOT_UNDERSTOOD, Database

TABLE = "target_markers"
#: Markers that are asked for by name in one statement; where more are asked for, all of the table are read.
MOST_NAMED = 500


def marker_columns() -> list[sa.Column[Any]]:
    """The columns of a table of markers."""
    return [
        sa.Column("target_table", sa.String(128), primary_key=True),
        sa.Column("partition_key", sa.String(512), primary_key=True),
        sa.Column("row_count", sa.BigInteger, nullable=False),
        sa.Column("written_at", Moment, nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64)),
        sa.Column("provenance", sa.Text),
    ]


MARKERS = sa.Table(TABLE, sa.MetaData(), *marker_columns())


@dataclass(frozen=True, kw_only=True)
class Marker:
    """What is recorded of the last whole write; `provenance` is JSON."""

    row_count: int
    written_at: datetime
    version: str
    provenance: str | None


class MarkerRow:
    """The row of one partition of one table."""

    def __init__(self, database: Database, url: str, table: str, key: str) -> None:
        self._database = database
        self.url = url
        self.table = table
        self.key = key
        self.names = {"target_table": table, "partition_key": key}

    def is_ours(self, table: sa.Table = MARKERS) -> tuple[sa.ColumnElement[bool], ...]:
        """The condition that is true for this row alone."""
        return tuple(table.c[name] == value for name, value in self.names.items())

    def find(self) -> Marker | None:
        """Read it, in one query; None where it is not there, nor the table, nor the file of the database."""
        columns = [MARKERS.c[name] for name in ("row_count", "written_at", "version", "provenance")]
        found = asked(self._database, sa.select(*columns).where(*self.is_ours()))
        return Marker(**found[0]._mapping) if found else None

    def claim(self, connection: sa.Connection, before: str | None, version: str, now: datetime) -> None:
        """Comes first in a transaction: whoever writes the same partition waits here until it ends.

        Raises PublishedMeanwhile where the version is not `before` any more.
        """
        values = {"version": version, "row_count": 0, "written_at": now, "sha256": None, "provenance": None}
        if before is not None:
            self.update(connection, before, values)
            return
        try:
            connection.execute(sa.insert(MARKERS).values(self.names | values))
        except IntegrityError:
            raise PublishedMeanwhile(url=self.url) from None

    def settle(self, connection: sa.Connection, version: str, count: int, provenance: str | None) -> None:
        """Comes last: what is known when all rows are there."""
        self.update(connection, version, {"row_count": count, "provenance": provenance})

    def update(self, connection: sa.Connection, version: str, values: dict[str, Any]) -> None:
        """Change it while it is of `version`; raises PublishedMeanwhile where it is not."""
        changed = connection.execute(
            sa.update(MARKERS).where(*self.is_ours(), MARKERS.c.version == version).values(values)
        )
        if changed.rowcount != 1:
            raise PublishedMeanwhile(url=self.url)

    def delete(self, connection: sa.Connection, version: str) -> None:
        """Take it away while it is of `version`; raises PublishedMeanwhile where it is not."""
        gone = connection.execute(sa.delete(MARKERS).where(*self.is_ours(), MARKERS.c.version == version))
        if gone.rowcount != 1:
            raise PublishedMeanwhile(url=self.url)


def known_keys(database: Database, table: str, wanted: set[str]) -> set[str]:
    """Those of the wanted keys that have a marker, found by one query."""
    query = sa.select(MARKERS.c.partition_key).where(MARKERS.c.target_table == table)
    if len(wanted) <= MOST_NAMED:
        query = query.where(MARKERS.c.partition_key.in_(wanted))
    return wanted.intersection(row.partition_key for row in asked(database, query))


def asked(database: Database, query: sa.Select[Any], table: sa.Table = MARKERS) -> list[sa.Row[Any]]:
    """The answer of a table of markers; nothing where there is none. Raises TableDiffers for one of other columns."""
    if database.absent():
        return []
    try:
        with database.reading() as connection:
            return list(connection.execute(query).all())
    except NOT_UNDERSTOOD:
        with database.reading() as connection:
            found = differences(connection, table)
        if found:
            raise TableDiffers(url=database.name, table=table.name, differences="; ".join(found)) from None
        if found is None:
            return []
        raise


def now_utc() -> datetime:
    """The time of a write."""
    return datetime.now(UTC)
