"""The trash of an SQL partition: its rows and marker wait in tables beside theirs, under the id of an operation."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from targets.errors import NotInTrash, TargetExists
from targets.sql_database import Database
from targets.sql_markers import MARKERS, MarkerRow, asked, marker_columns
from targets.sql_names import plain
from targets.trash import checked

PREFIX = "trash_"
#: The column that names the operation.
OPERATION = "trash_operation"
TRASHED = sa.Table(
    f"{PREFIX}{MARKERS.name}",
    sa.MetaData(),
    sa.Column(OPERATION, sa.String(64), primary_key=True),
    *marker_columns(),
)


class SqlTrash:
    """One partition in its place, or in the trash of one operation. Each step is a transaction, and can be repeated."""

    def __init__(
        self, database: Database, marker: MarkerRow, table: sa.Table, partition: Mapping[str, Any], operation: str
    ) -> None:
        """Raises ValueError for an id that names no operation."""
        self._database = database
        self._marker = marker
        self._table = table
        self._partition = partition
        self._operation = checked(operation)
        self._rows = sa.Table(
            f"{PREFIX}{table.name}",
            sa.MetaData(),
            sa.Column(OPERATION, sa.String(64), nullable=False, index=True),
            *(sa.Column(column.name, column.type, nullable=column.nullable) for column in table.c),
            schema=table.schema,
        )

    def holds(self) -> bool:
        """Whether it waits in the trash."""
        return bool(asked(self._database, sa.select(TRASHED.c.version).where(*self._waiting()), TRASHED))

    def take(self) -> None:
        """Move marker and rows into the trash; nothing where they wait there already, or are not there at all."""
        found = self._marker.find()
        if found is None or self.holds():
            return
        self._database.prepare(self._rows, TRASHED)
        with self._database.writing() as connection:
            self._copy(connection, MARKERS, TRASHED, *self._marker.is_ours())
            self._marker.delete(connection, found.version)
            rows = of_partition(self._table, self._partition)
            self._copy(connection, self._table, self._rows, *rows)
            connection.execute(sa.delete(self._table).where(*rows))

    def give_back(self) -> None:
        """Move them back; nothing where they are back already.

        Raises TargetExists where the partition has been written again meanwhile, NotInTrash where it is nowhere.
        """
        if not self.holds():
            if self._marker.find() is None:
                raise NotInTrash(url=self._marker.url, operation=self._operation)
            return
        with self._database.writing() as connection:
            try:
                self._copy(connection, TRASHED, MARKERS, *self._waiting())
            except IntegrityError:
                raise TargetExists(url=self._marker.url) from None
            self._copy(connection, self._rows, self._table, *self._ours())
            self._delete(connection)

    def empty(self) -> None:
        """Delete them for good; nothing where they are not in the trash."""
        if self.holds():
            with self._database.writing() as connection:
                self._delete(connection)

    def _delete(self, connection: sa.Connection) -> None:
        connection.execute(sa.delete(self._rows).where(*self._ours()))
        connection.execute(sa.delete(TRASHED).where(*self._waiting()))

    def _copy(self, connection: sa.Connection, source: sa.Table, into: sa.Table, *where: Any) -> None:
        names = [name for name in source.c.keys() if name != OPERATION]  # noqa: SIM118 - a collection of columns
        values: list[Any] = [source.c[name] for name in names]
        if OPERATION in into.c:
            names, values = [OPERATION, *names], [sa.literal(self._operation), *values]
        connection.execute(sa.insert(into).from_select(names, sa.select(*values).where(*where)))

    def _waiting(self) -> tuple[sa.ColumnElement[bool], ...]:
        return (TRASHED.c[OPERATION] == self._operation, *self._marker.is_ours(TRASHED))

    def _ours(self) -> tuple[sa.ColumnElement[bool], ...]:
        return (self._rows.c[OPERATION] == self._operation, *of_partition(self._rows, self._partition))


def of_partition(table: sa.Table, partition: Mapping[str, Any]) -> tuple[sa.ColumnElement[bool], ...]:
    """The condition that is true for the rows of a partition; for all of the table where it has no partitions."""
    return tuple(table.c[name] == plain(value) for name, value in partition.items())
