"""Brings a database file to the version that this code works with."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from trigger_service.domain.errors import DatabaseTooNew, DatabaseTooOld, StoreUnavailable
from trigger_service.store import (  # noqa: F401 (their tables are part of the metadata)
    backfill_tables,
    notice_tables,
    operation_tables,
    sensor_tables,
    target_tables,
)
from trigger_service.store.engine import Database
from trigger_service.store.tables import metadata

#: The newest version in `migrations/versions`.
HEAD = "0016"
MIGRATIONS = Path(__file__).with_name("migrations")
#: The table in which Alembic keeps the version, as Alembic makes it.
_VERSION_TABLE = (
    "CREATE TABLE alembic_version "
    "(version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)


def open_database(path: Path) -> Database:
    """The database at `path`, made or migrated if need be.

    Raises DatabaseTooNew for one that a newer version of the product has written, StoreUnavailable for one that cannot
    be used. A migration is one transaction: it happens whole or not at all.
    """
    _make_private(path)
    database = Database(path)
    try:
        with database.write() as connection:
            version = version_of(connection)
            if version is None:
                _make(connection)
            elif version != HEAD:
                _migrate(connection, path, version)
    except BaseException:
        database.close()
        raise
    return database


def _make_private(path: Path) -> None:
    """Create the file for its owner alone; SQLite gives the files that it adds beside it the same mode.

    A new one is made to give room back to the disk (`retention.give_back`), which has to be said before all else.
    """
    try:
        path.touch(mode=0o600)
        if path.stat().st_size == 0:
            with closing(sqlite3.connect(path)) as made:
                made.execute("PRAGMA auto_vacuum=INCREMENTAL")
                made.execute("PRAGMA journal_mode=WAL")
    except OSError as error:
        raise StoreUnavailable(reason=f"{path}: {error.strerror}") from error
    except sqlite3.Error as error:
        raise StoreUnavailable(reason=str(error)) from error


def open_as_it_is(path: Path) -> Database:
    """The database at `path`, which must exist; raises DatabaseTooOld for one that would have to be migrated."""
    database = Database(path)
    with database.read() as connection:
        version = version_of(connection)
    if version != HEAD:
        database.close()
        raise DatabaseTooOld(path=path, version=version, known=HEAD)
    return database


def upgraded(path: Path) -> tuple[str | None, str]:
    """Bring the database at `path` to the newest version, and have it give room back to the disk from now on.

    Nobody else may use it meanwhile. Gives the version of before, and that of now; raises what `open_database` raises.
    """
    database = Database(path)
    try:
        with database.read() as connection:
            before = version_of(connection)
    finally:
        database.close()
    open_database(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        if connection.execute("PRAGMA auto_vacuum").fetchone() != (2,):
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            connection.execute("VACUUM")
    return before, HEAD


def version_of(connection: Connection) -> str | None:
    """The version that stands in the database; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _make(connection: Connection) -> None:
    """Give an empty database the tables at once, which are those that the migrations would make one after another."""
    metadata.create_all(connection, checkfirst=False)
    connection.execute(text(_VERSION_TABLE))
    connection.execute(text("INSERT INTO alembic_version VALUES (:version)"), {"version": HEAD})


def _migrate(connection: Connection, path: Path, version: str) -> None:
    # Imported here because it takes longer than all else in a start, and most starts migrate nothing.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version not in known:
        raise DatabaseTooNew(path=path, version=version, known=HEAD)
    command.upgrade(config, "head")
