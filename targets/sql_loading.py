"""Rows into a table, within a transaction: by COPY where the database has it, else many to a statement."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import sqlalchemy as sa

#: The table that rows wait in for an upsert; of the transaction alone.
INCOMING = "luigi_targets_incoming"


def load(connection: sa.Connection, table: sa.Table, batches: Iterator[Any], *, upsert: bool, copies: bool) -> int:
    """Add the rows to the table; gives their number. With `upsert`, rows of the same primary key are replaced, and of
    several new ones with one key the last stays.
    """
    if not copies:
        return _insert(connection, table, batches, upsert)
    if not upsert:
        return _copy(connection, table, _name(connection, table), batches)
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {INCOMING} (LIKE {_name(connection, table)}) ON COMMIT DROP")
    count = _copy(connection, table, INCOMING, batches)
    connection.exec_driver_sql(_merge(connection, table))
    return count


def _insert(connection: sa.Connection, table: sa.Table, batches: Iterator[Any], upsert: bool) -> int:
    key = [index for index, column in enumerate(table.c) if column.primary_key]
    same = sa.delete(table).where(*(column == sa.bindparam(f"old_{column.name}") for column in table.primary_key))
    insert, count = sa.insert(table), 0
    for batch in batches:
        count += len(batch)
        rows = _bound(connection, table, batch)
        if upsert:
            rows = list({tuple(row[index] for index in key): row for row in rows}.values())
            _many(connection, same, [tuple(row[index] for index in key) for row in rows])
        _many(connection, insert, rows)
    return count


def _bound(connection: sa.Connection, table: sa.Table, batch: Any) -> list[tuple[Any, ...]]:
    """The rows as the driver takes them, made column by column: many times faster than statement by statement."""
    arrow = hasattr(batch, "to_pylist")
    columns = [column.to_pylist() for column in batch.columns] if arrow else list(zip(*batch, strict=True))
    for index, (column, values) in enumerate(zip(table.c, columns, strict=bool(columns))):
        if turn := column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect):
            columns[index] = map(turn, values)
    return list(zip(*columns, strict=True))


def _many(connection: sa.Connection, statement: Any, rows: list[tuple[Any, ...]]) -> None:
    if not rows:
        return  # a record batch may be empty
    compiled = statement.compile(dialect=connection.dialect)
    if compiled.positional:
        connection.exec_driver_sql(str(compiled), rows)
    else:
        names = list(compiled.params)
        connection.exec_driver_sql(str(compiled), [dict(zip(names, row, strict=True)) for row in rows])


def _copy(connection: sa.Connection, table: sa.Table, into: str, batches: Iterator[Any]) -> int:
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(quote(column.name) for column in table.c)
    cursor = connection.connection.cursor()
    count, first = 0, next(batches, None)
    if first is None:
        return 0
    arrow = hasattr(first, "to_pylist")
    statement = f"COPY {into} ({columns}) FROM STDIN{' (FORMAT csv)' if arrow else ''}"
    with cursor.copy(statement) as copy:
        batch = first
        while batch is not None:
            count += len(batch)
            if arrow:
                copy.write(_csv(batch))
            else:
                for row in batch:
                    copy.write_row(row)
            batch = next(batches, None)
    return count


def _csv(batch: Any) -> memoryview:
    """All values quoted, so that an empty text is told from a missing one."""
    import pyarrow.csv  # noqa: PLC0415 - whoever gives record batches has it

    out = BytesIO()
    pyarrow.csv.write_csv(batch, out, pyarrow.csv.WriteOptions(include_header=False, quoting_style="all_valid"))
    return out.getbuffer()


def _merge(connection: sa.Connection, table: sa.Table) -> str:
    """In the order of the key, so that two that overlap wait for each other and never in a circle."""
    quote = connection.dialect.identifier_preparer.quote
    key = ", ".join(quote(column.name) for column in table.primary_key)
    columns = ", ".join(quote(column.name) for column in table.c)
    others = [quote(column.name) for column in table.c if column not in set(table.primary_key)]
    change = f"UPDATE SET {', '.join(f'{name} = EXCLUDED.{name}' for name in others)}" if others else "NOTHING"
    return (
        f"INSERT INTO {_name(connection, table)} ({columns}) SELECT DISTINCT ON ({key}) {columns} FROM {INCOMING} "  # noqa: S608 - names are quoted
        f"ORDER BY {key}, ctid DESC ON CONFLICT ({key}) DO {change}"
    )


def _name(connection: sa.Connection, table: sa.Table) -> str:
    return connection.dialect.identifier_preparer.format_table(table)
