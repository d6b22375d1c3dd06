"""A database as its targets reach it: connections of one use each, transactions, and what its errors mean."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.pool import NullPool

from targets.errors import (
    CannotConnect,
    ConnectionLost,
    DatabaseFull,
    ExtraMissing,
    NoSuchDatabase,
    NotAllowed,
    RowRefused,
    SignInRefused,
    TableDiffers,
    TableLocked,
    TargetError,
)
from targets.sql_columns import differences
from targets.sql_names import name_of_database, parse_address, sqlite_path
from targets.staging import make_folder

#: Beginnings of SQLSTATE, and of SQLite's names of errors, with what they mean; the first that fits counts.
MEANINGS: tuple[tuple[str, type[TargetError]], ...] = (
    ("28", SignInRefused),
    ("3D", NoSuchDatabase),
    ("42501", NotAllowed),
    ("55P03", TableLocked),
    ("40P01", TableLocked),
    ("57014", TableLocked),
    ("53", DatabaseFull),
    ("57P", ConnectionLost),
    ("08", ConnectionLost),
    ("22", RowRefused),
    ("23", RowRefused),
    ("SQLITE_BUSY", TableLocked),
    ("SQLITE_LOCKED", TableLocked),
    ("SQLITE_FULL", DatabaseFull),
    ("SQLITE_CONSTRAINT", RowRefused),
    ("SQLITE_MISMATCH", RowRefused),
    ("SQLITE_TOOBIG", RowRefused),
    ("SQLITE_READONLY", NotAllowed),
    ("SQLITE_CANTOPEN", CannotConnect),
    ("SQLITE_NOTADB", CannotConnect),
)
#: What PostgreSQL says, where its answer has no code, to whom it lets not in.
SIGN_IN = ("authentication failed", "no password supplied", "no pg_hba.conf entry")
#: Seconds: to connect, and until a silent connection is asked for a sign of life.
CONNECT_S, SILENCE_S = 10, 30


class Database:
    """The database of a URL. Connections are opened for each use and never cross a fork.

    A writing transaction waits up to `wait_s` for others; those of SQLite begin IMMEDIATE, so that several processes
    may write to one file.
    """

    def __init__(self, url: str | sa.URL, wait_s: float = 60.0) -> None:
        self.address = parse_address(url)
        self.name = name_of_database(self.address)
        self.wait_s = wait_s
        self.path = sqlite_path(self.address)
        #: Whether rows can be sent by COPY.
        self.copies = self.address.drivername == "postgresql+psycopg"

    def absent(self) -> bool:
        """Whether it is a file that does not exist: asking it anything would make it."""
        return self.path is not None and not self.path.exists()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection in a transaction that only reads, and sees one state of the database until it ends."""
        with self._connect() as connection:
            if self.address.get_backend_name() == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with self.explained():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A connection in a transaction that is committed at the end of the block, or rolled back on an exception."""
        if self.path is not None:
            make_folder(self.path.parent)
        with self._connect().execution_options(writes=True) as connection, self.explained(), connection.begin():
            if self.address.get_backend_name() == "postgresql":
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(self.wait_s * 1000)}")
            yield connection

    def prepare(self, *tables: sa.Table) -> None:
        """Make the tables that lack, also while other processes do so. Raises TableDiffers for one that is other."""
        for table in tables:
            if self.absent() or not self._is_there(table):
                self._make(table)

    def lacks(self, table: sa.Table) -> bool:
        """Whether there is no such table."""
        with self.reading() as connection:
            return not sa.inspect(connection).has_table(table.name, table.schema)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Raise what `explain` gives for an error inside the block."""
        try:
            yield
        except TargetError:
            raise
        except Exception as error:
            explanation = self.explain(error)
            if explanation is None:
                raise
            raise explanation from error

    def explain(self, error: Exception) -> TargetError | None:
        """The error that says what a person can do about `error`; None where it is none of a database that we know."""
        raw = error.orig if isinstance(error, DBAPIError) else error
        meaning = _meaning_of_code(raw)
        if meaning is None and (getattr(error, "connection_invalidated", False) or _is_lost(raw)):
            meaning = ConnectionLost
        if meaning is None and isinstance(error, IntegrityError | DataError):
            meaning = RowRefused
        return self._told(meaning, raw) if meaning else None

    def _told(self, meaning: type[TargetError], raw: Any) -> TargetError:
        reason = " ".join(str(raw).split()).rstrip(".")
        return meaning(url=self.name, reason=reason, user=self.address.username, wait_s=self.wait_s)

    def _connect(self) -> sa.Connection:
        try:
            return _engine(self.address, self.wait_s, os.getpid()).connect()
        except ModuleNotFoundError as error:
            package = str(error.name)
            extra = "postgres" if package == "psycopg" else package
            raise ExtraMissing(url=self.name, package=package, extra=extra) from None
        except DBAPIError as error:
            meaning = _meaning_of_code(error.orig) or _meaning_of_refusal(str(error.orig))
            raise self._told(meaning, error.orig) from error

    def _is_there(self, table: sa.Table) -> bool:
        with self.reading() as connection:
            found = differences(connection, table)
        if found:
            raise TableDiffers(url=self.name, table=table.fullname, differences="; ".join(found))
        return found is not None

    def _make(self, table: sa.Table) -> None:
        try:
            with self.writing() as connection:
                table.create(connection, checkfirst=True)
        except (DBAPIError, TargetError):
            if not self._is_there(table):  # another process may have just made it
                raise


def _meaning_of_code(raw: Any) -> type[TargetError] | None:
    code = getattr(raw, "sqlstate", None) or getattr(raw, "sqlite_errorname", None) or ""
    return next((kind for begin, kind in MEANINGS if code.startswith(begin)), None)


def _is_lost(raw: Any) -> bool:
    """Whether an error of psycopg, which has no code then, left its connection broken."""
    connection = getattr(raw, "pgconn", None)
    return type(raw).__module__.startswith("psycopg") and connection is not None and connection.status != 0


def _meaning_of_refusal(said: str) -> type[TargetError]:
    if any(words in said for words in SIGN_IN):
        return SignInRefused
    return NoSuchDatabase if "database" in said and "does not exist" in said else CannotConnect


@cache
def _engine(address: sa.URL, wait_s: float, _pid: int) -> sa.Engine:
    """Keeps no connection open, so that none can be shared across a fork; one for each process all the same."""
    sqlite = address.get_backend_name() == "sqlite"
    arguments: dict[str, Any] = {"timeout": wait_s} if sqlite else {}
    if address.drivername == "postgresql+psycopg":
        alive = {"connect_timeout": CONNECT_S, "keepalives_idle": SILENCE_S, "keepalives_interval": 10}
        arguments = {name: value for name, value in alive.items() if name not in address.query}
    engine = sa.create_engine(address, poolclass=NullPool, connect_args=arguments, hide_parameters=True)
    if sqlite:
        sa.event.listen(engine, "connect", _leave_transactions_to_us)
        sa.event.listen(engine, "begin", _begin)
    return engine


def _leave_transactions_to_us(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver would begin late, and a late upgrade to a write lock can deadlock


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


#: What the database itself did not understand: a table or a column that is not there.
NOT_UNDERSTOOD = (ProgrammingError, OperationalError)
