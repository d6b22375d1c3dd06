"""Brings a database file to the version that this code works with."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from trigger_service.domain.errors import DatabaseTooNew, StoreUnavailable
from trigger_service.store.engine import Database

#: The newest version in `migrations/versions`.
HEAD = "0004"
MIGRATIONS = Path(__file__).with_name("migrations")


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
            if version != HEAD:
                _migrate(connection, path, version)
    except BaseException:
        database.close()
        raise
    return database


def _make_private(path: Path) -> None:
    """Create the file for its owner alone; SQLite gives the files that it adds beside it the same mode."""
    try:
        path.touch(mode=0o600)
    except OSError as error:
        raise StoreUnavailable(reason=f"{path}: {error.strerror}") from error


def version_of(connection: Connection) -> str | None:
    """The version that stands in the database; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(connection: Connection, path: Path, version: str | None) -> None:
    # Imported here because it takes longer than all else in a start, and most starts migrate nothing.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise DatabaseTooNew(path=path, version=version, known=HEAD)
    command.upgrade(config, "head")
