"""The database file: one writer at a time, any number of readers beside it, and errors in the product's own words."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from trigger_service.domain.errors import StoreUnavailable

#: Seconds a statement waits for another process (a backup, a shell) that holds the database.
BUSY_TIMEOUT_S = 5.0
READERS = 8
#: The last one in bytes.
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"journal_size_limit={16 << 20}")


class Database:
    """An open SQLite database in WAL mode. Safe for any thread.

    `write` gives the only writing connection, to one thread at a time; what it commits is on the disk when it returns.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._writer = _engine(path, size=1, begin="BEGIN IMMEDIATE")
        self._readers = _engine(path, size=READERS, begin="BEGIN")

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: committed at the end of the block, rolled back when the block raises.

        Raises StoreUnavailable where the disk is full, the file is locked by somebody else or cannot be used.
        """
        with self._lock, _translated(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view of everything committed so far. Raises StoreUnavailable."""
        with _translated(), self._readers.begin() as connection:
            yield connection

    def checkpoint(self) -> None:
        """Bring the file itself up to date, so that what was given back is given back to the disk; waits for nobody."""
        with self._lock, _translated():
            connection = self._writer.raw_connection()
            try:
                connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            finally:
                connection.close()

    def close(self) -> None:
        """Close all connections."""
        self._writer.dispose()
        self._readers.dispose()


def _engine(path: Path, size: int, begin: str) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0,
        pool_reset_on_return=None,  # every block has ended its transaction itself
        pool_timeout=30.0,
        connect_args={"timeout": BUSY_TIMEOUT_S, "isolation_level": None, "check_same_thread": False},
    )

    def prepare(connection: Any, _entry: ConnectionPoolEntry) -> None:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", start)
    return engine


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise StoreUnavailable(reason="all connections are busy") from error
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.IntegrityError):
            raise
        raise StoreUnavailable(reason=str(error.orig)) from error
