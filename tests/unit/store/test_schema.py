"""The database file: made, migrated, refused, and in trouble."""

from __future__ import annotations

import re
import sqlite3
import stat
import threading
import time

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Float, Integer, MetaData, Table, Text, text

from trigger_service.domain.errors import DatabaseTooNew, StoreUnavailable
from trigger_service.domain.queries import RunFilter
from trigger_service.store import (
    listing,
    sensor_tables,  # noqa: F401 (its tables are part of the metadata)
)
from trigger_service.store.engine import Database
from trigger_service.store.schema import HEAD, MIGRATIONS, open_database, version_of
from trigger_service.store.tables import metadata


def migrated(path, version):
    """A database that the migrations have made, up to a version."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    database = Database(path)
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    return database


def described(connection, name):
    """All that SQLite knows of a table or an index, but for the order of columns that were added later."""
    columns = {row[1]: row[2:] for row in connection.execute(text(f"PRAGMA table_xinfo('{name}')"))}
    keys = sorted(tuple(row[2:]) for row in connection.execute(text(f"PRAGMA foreign_key_list('{name}')")))
    indexes = sorted(tuple(row[1:]) for row in connection.execute(text(f"PRAGMA index_list('{name}')")))
    indexed = [tuple(row[2:]) for row in connection.execute(text(f"PRAGMA index_xinfo('{name}')"))]
    return columns, keys, indexes, indexed


def everything(database):
    """What is in a database: each object with its description, the statements of indexes, and each table's rows."""
    with database.read() as connection:
        found = connection.execute(text("SELECT type, name, sql FROM sqlite_master")).all()
        shapes = {name: (kind, described(connection, name)) for kind, name, _ in found}
        statements = {name: sql for kind, name, sql in found if kind != "table"}
        words = {name: sorted(re.findall(r"\w+", sql)) for kind, name, sql in found if kind == "table"}
        tables = [name for kind, name, _ in found if kind == "table"]
        rows = {name: connection.execute(text(f'SELECT * FROM "{name}"')).all() for name in tables}
    return shapes, statements, words, rows


def test_the_migrations_make_what_the_code_expects(tmp_path):
    old = migrated(tmp_path / "migrated", "head")
    with old.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    old.close()


def test_a_new_database_is_what_the_migrations_would_have_made(tmp_path, database):
    old = migrated(tmp_path / "migrated", "head")
    assert everything(old) == everything(database)
    old.close()


def test_the_code_knows_the_newest_migration():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_commit_is_on_the_disk_when_it_returns(database):
    with database.write() as connection:
        pragmas = [connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")]
        assert pragmas == ["wal", 2]
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_a_database_is_opened_again_as_it_is(tmp_path, stored, database):
    run = stored()
    database.close()
    again = open_database(tmp_path / "database.sqlite3")
    with again.read() as connection:
        assert connection.execute(text("SELECT id FROM runs")).scalar() == run.id
    again.close()


def test_only_its_owner_may_read_the_database(tmp_path, database):
    assert stat.S_IMODE((tmp_path / "database.sqlite3").stat().st_mode) == 0o600


def test_a_database_of_a_newer_version_is_refused_with_both_versions(tmp_path, database):
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(DatabaseTooNew, match=f"version 9999.*knows {HEAD}"):
        open_database(tmp_path / "database.sqlite3")
    # and nothing was changed
    with sqlite3.connect(tmp_path / "database.sqlite3") as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]
    connection.close()


def test_a_database_of_the_first_version_keeps_its_runs(tmp_path):
    # Given a run in a database as the first version made it
    path = tmp_path / "database.sqlite3"
    old = migrated(path, "0001")
    with old.write() as connection:
        runs_then = Table("runs", MetaData(), autoload_with=connection)
        texts = {column.name: "" for column in runs_then.columns if isinstance(column.type, Text)}
        others = {column.name: 0 for column in runs_then.columns if isinstance(column.type, (Float, Integer))}
        values = {"parameters": {}, "texts": {}, "pools": [], "labels": {'te"am': "ä"}, "code_fingerprint": "then"}
        row = {**texts, **others, **values, "id": "r1", "state": "failed", "retry_of": None, "trigger_kind": "api"}
        connection.execute(runs_then.insert(), row)
    old.close()
    # When it is opened now
    database = open_database(path)
    # Then the run is there, by its label too, and of its code is known what was known then
    with database.read() as connection:
        (run,) = listing.page(connection, RunFilter(labels={'te"am': "ä"}), None, 2).runs
    assert (run.state, run.code_fingerprint, run.code_commit, run.code_dirty) == ("failed", "then", None, None)
    database.close()


def test_a_file_that_is_no_database_is_unavailable(tmp_path):
    path = tmp_path / "database.sqlite3"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(StoreUnavailable, match="not a database"):
        open_database(path)


def test_a_migration_that_dies_leaves_an_empty_database(tmp_path):
    path = tmp_path / "database.sqlite3"
    database = Database(path)
    with pytest.raises(RuntimeError), database.write() as connection:
        metadata.create_all(connection)
        raise RuntimeError
    with database.read() as connection:
        assert version_of(connection) is None
        assert connection.execute(text("SELECT count(*) FROM sqlite_master")).scalar() == 0
    database.close()


def test_a_full_disk_is_told_and_work_goes_on_when_there_is_room(database, stored):
    # Given a database that may not grow
    with database.write() as connection:
        size = connection.execute(text("PRAGMA page_count")).scalar()
        connection.execute(text(f"PRAGMA max_page_count={size}"))
    # When something large is stored
    with pytest.raises(StoreUnavailable, match="full"):
        stored(parameters={"text": "x" * 100_000})
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM runs")).scalar() == 0
    # Then it can be stored as soon as there is room
    with database.write() as connection:
        connection.execute(text("PRAGMA max_page_count=1000000"))
    stored(parameters={"text": "x" * 100_000})


def test_a_database_that_somebody_else_locks_is_unavailable_for_a_while(tmp_path, stored, monkeypatch):
    monkeypatch.setattr("trigger_service.store.engine.BUSY_TIMEOUT_S", 0.1)
    impatient = Database(tmp_path / "database.sqlite3")
    other = sqlite3.connect(tmp_path / "database.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"), impatient.write():
        pass
    other.execute("ROLLBACK")
    other.close()
    with impatient.write() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    impatient.close()


def test_readers_do_not_wait_for_the_writer(database):
    writing, read = threading.Event(), threading.Event()

    def write() -> None:
        with database.write():
            writing.set()
            read.wait(30)

    writer = threading.Thread(target=write)
    writer.start()
    writing.wait(30)
    started = time.monotonic()
    with database.read() as connection:
        connection.execute(text("SELECT count(*) FROM runs"))
    assert time.monotonic() - started < 15
    read.set()
    writer.join()
