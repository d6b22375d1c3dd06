"""The columns of an SQL table, from a pydantic model, and how a table that is there differs from them."""

import types
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

import sqlalchemy as sa
from annotated_types import MaxLen
from pydantic import BaseModel, NaiveDatetime

from targets.errors import BadLayout

#: What the databases call types, and what these are in words; the first that begins so counts.
WORDS = (
    ("BOOL", "true or false"),
    ("TINYINT(1)", "true or false"),
    ("BIGINT", "whole number"),
    ("INTERVAL", "span of time"),
    ("INT", "whole number"),
    ("SMALLINT", "whole number"),
    ("DOUBLE", "number"),
    ("FLOAT", "number"),
    ("REAL", "number"),
    ("NUMERIC", "exact number"),
    ("DECIMAL", "exact number"),
    ("VARCHAR", "text"),
    ("CHAR", "text"),
    ("TEXT", "text"),
    ("TIMESTAMP WITH TIME ZONE", "time with a zone"),
    ("TIMESTAMP", "date and time"),
    ("DATETIME", "date and time"),
    ("DATE", "date"),
    ("TIME", "time of day"),
    ("UUID", "UUID"),
    ("BYTEA", "bytes"),
    ("BLOB", "bytes"),
    ("JSON", "JSON"),
)


class Moment(sa.TypeDecorator[datetime]):
    """A moment, kept and given back in UTC, also by databases that know no zones."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value and value.astimezone(UTC)
        return value.replace(tzinfo=UTC)


class Exact(sa.TypeDecorator[Decimal]):
    """A decimal number, kept as text where the database would make a binary fraction of it."""

    impl = sa.Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        return dialect.type_descriptor(sa.Text() if dialect.name == "sqlite" else sa.Numeric())

    def process_bind_param(self, value: Decimal | None, dialect: sa.Dialect) -> Any:
        return str(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, _dialect: sa.Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


#: Column types of Python types; a subclass is what its first base here is.
TYPES: tuple[tuple[type, Any], ...] = (
    (bool, sa.Boolean),
    (int, sa.BigInteger),
    (float, sa.Double),
    (NaiveDatetime, sa.DateTime),
    (datetime, Moment),
    (date, sa.Date),
    (time, sa.Time),
    (Decimal, Exact),
    (UUID, sa.Uuid),
    (bytes, sa.LargeBinary),
    (str, sa.Text),
)


@cache
def table_of(
    model: type[BaseModel], name: str, partition: tuple[tuple[str, type], ...], key: tuple[str, ...]
) -> sa.Table:
    """Give the table of `model`: a column for each field, and before them one for each name of the partition that is
    no field, with the type of its value. `name` may be `schema.table`; `key` is the primary key. Raises BadLayout.
    """
    schema, _, short = name.rpartition(".")
    fields = {field: _nullable_kind(info.annotation) for field, info in model.model_fields.items()}
    columns = [
        sa.Column(column, _type_of(kind, name, model, column), nullable=False)
        for column, kind in partition
        if column not in fields
    ]
    for field, (nullable, kind) in fields.items():
        columns.append(sa.Column(field, _type_of(kind, name, model, field), nullable=nullable, autoincrement=False))
    if unknown := [column for column in key if column not in {column.name for column in columns}]:
        raise BadLayout(table=name, model=model.__name__, reason=f"the key names {', '.join(unknown)}, no column of it")
    table = sa.Table(short, sa.MetaData(), *columns, *_primary_key(key), schema=schema or None)
    names = tuple(column for column, _ in partition)
    if names and key[: len(names)] != names:
        sa.Index(f"ix_{short}_{'_'.join(names)}"[:60], *(table.c[column] for column in names))
    return table


def differences(connection: sa.Connection, table: sa.Table) -> list[str] | None:
    """Say in words what is other in the database than in `table`; None where it has no such table."""
    inspector = sa.inspect(connection)
    try:
        found = {column["name"]: column for column in inspector.get_columns(table.name, table.schema)}
    except sa.exc.NoSuchTableError:
        return None
    lacking = [column for column in table.c if column.name not in found]
    told = [f"{column.name} is missing ({_type_name(column.type, connection)})" for column in lacking]
    told += [f"{name} is surplus" for name in found if name not in table.c]
    for column in table.c:
        if column.name in found:
            told += _differs(column, found[column.name], connection)
    key = inspector.get_pk_constraint(table.name, table.schema)["constrained_columns"]
    if table.primary_key.columns and key != [column.name for column in table.primary_key]:
        told.append(f"its primary key is ({', '.join(key)}), not ({', '.join(c.name for c in table.primary_key)})")
    return told


def _differs(column: sa.Column[Any], found: Any, connection: sa.Connection) -> list[str]:
    expected, actual = (_type_name(kind, connection) for kind in (column.type, found["type"]))
    told = []
    if _in_words(expected) != _in_words(actual):
        told.append(f"{column.name} is {actual}, not {expected}")
    if not column.primary_key and bool(column.nullable) != bool(found["nullable"]):
        told.append(f"{column.name} {'may' if found['nullable'] else 'must not'} be NULL")
    return told


def _type_name(kind: Any, connection: sa.Connection) -> str:
    return str(kind.compile(connection.dialect))


def _in_words(type_name: str) -> str:
    return next((words for begin, words in WORDS if type_name.startswith(begin)), type_name)


def _primary_key(key: Sequence[str]) -> list[sa.PrimaryKeyConstraint]:
    return [sa.PrimaryKeyConstraint(*key)] if key else []


def _type_of(kind: Any, table: str, model: type[BaseModel], name: str) -> Any:
    try:
        found = next(made for known, made in TYPES if kind is known or issubclass(kind, known))
    except (StopIteration, TypeError):
        known = ", ".join(known.__name__ for known, _ in TYPES)
        reason = f"{name} is {kind}, and columns hold {known}, Literal and Enum of those, or None"
        raise BadLayout(table=table, model=model.__name__, reason=reason) from None
    limits = model.model_fields[name].metadata if name in model.model_fields else ()
    longest = next((limit.max_length for limit in limits if isinstance(limit, MaxLen)), None)
    return sa.String(longest) if found is sa.Text and longest else found


def _nullable_kind(hint: Any) -> tuple[bool, Any]:
    """Whether None is allowed, and the one type of the other values; the hint itself where they have several."""
    kinds = {_plain(each) for each in _members(hint)}
    others = kinds - {type(None)}
    return type(None) in kinds, others.pop() if len(others) == 1 else hint


def _members(hint: Any) -> list[Any]:
    if get_origin(hint) is Annotated:
        return _members(get_args(hint)[0])
    if get_origin(hint) in (Union, types.UnionType):
        return [member for each in get_args(hint) for member in _members(each)]
    if get_origin(hint) is Literal:
        return [type(value) for value in get_args(hint)]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return [type(member.value) for member in hint]
    return [hint]


def _plain(kind: Any) -> Any:
    """pydantic's own names for types with a condition are classes that derive from nothing."""
    return datetime if getattr(kind, "__name__", "") in ("AwareDatetime", "PastDatetime", "FutureDatetime") else kind
