"""The commands that look after the database, on that of a service that runs, and of one that does not."""

import fcntl
import json
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing

import pytest
from calls import COMMAND
from polling import until
from product import Product


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A product with runs, for all tests of this module: they leave it up."""
    made = Product(tmp_path_factory.mktemp("kept"))
    try:
        yield made.start()
    finally:
        made.end()


def call(folder, *arguments):
    """The exit status of `luigi-trigger --json db ...`, its document, and what it said on stderr."""
    done = subprocess.run(
        [*COMMAND, "--json", "db", *map(str, arguments)], cwd=folder, capture_output=True, text=True, timeout=50
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def ran(product, *names):
    """Ids of runs that have ended, and are tidied up."""
    ids = [product.trigger("Quick", name) for name in names]
    for run_id in ids:
        product.reaches(run_id, "succeeded")
    with closing(sqlite3.connect(product.home / "database.sqlite3", isolation_level=None)) as connection:
        unburied = "SELECT count(*) FROM attempts WHERE NOT buried AND state = 'ended'"
        until(lambda: connection.execute(unburied).fetchone() == (0,), "all attempts are buried")
    return ids


def listed(product):
    return [run["id"] for run in product.get("/runs")["items"]]


def test_a_backup_that_is_made_while_the_service_runs_is_a_service_s_database(kept, tmp_path):
    # Given runs that have ended, and one that goes on
    ids = ran(kept, "backed", "up")
    live = kept.trigger("Waiting", "backup")
    kept.reaches(live, "running")
    # When a backup is made, and the service goes on
    code, told, _ = call(kept.folder, "backup", tmp_path / "copy.db")
    later = ran(kept, "later")
    kept.go("backup")
    kept.reaches(live, "succeeded")
    # Then it is whole, and nobody else can read it
    assert code == 0
    assert told["bytes"] == (tmp_path / "copy.db").stat().st_size > 0
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["copy.db"]
    # And a service that is started on it has the runs of that moment
    folder = tmp_path / "restored"
    folder.mkdir()
    restored = Product(folder)
    restored.home.mkdir()
    shutil.copy(tmp_path / "copy.db", restored.home / "database.sqlite3")
    try:
        restored.start()
        assert listed(restored)[:3] == [live, ids[1], ids[0]]
        assert later[0] not in listed(restored)
        assert restored.get(f"/runs/{ids[0]}") == kept.get(f"/runs/{ids[0]}")
        assert restored.get(f"/runs/{ids[0]}/tasks") == kept.get(f"/runs/{ids[0]}/tasks")
        restored.reaches(restored.trigger("Quick", "restored"), "succeeded")
    finally:
        restored.end()


def test_a_backup_replaces_no_file(kept, tmp_path):
    # Given
    (tmp_path / "copy.db").write_text("precious")
    # When
    code, _, said = call(kept.folder, "backup", tmp_path / "copy.db")
    # Then
    assert code == 5
    assert "exists already" in said
    assert (tmp_path / "copy.db").read_text() == "precious"


def test_a_backup_makes_no_folder(kept, tmp_path):
    # When
    code, _, said = call(kept.folder, "backup", tmp_path / "disk/copy.db")
    # Then
    assert code == 5
    assert f"there is no folder {tmp_path / 'disk'}; make it first" in said
    assert not (tmp_path / "disk").exists()


def test_old_runs_are_deleted_beside_a_running_service(kept):
    # Given runs that have ended
    ids = ran(kept, "one", "two", "three")
    # When it is asked what would go, and then for it
    limits = ("--keep-runs", "1")
    _, would, _ = call(kept.folder, "prune", "--dry-run", *limits)
    before = listed(kept)
    code, done, _ = call(kept.folder, "prune", *limits)
    # Then only the newest is left, and what was said has happened
    assert set(ids) <= set(before)
    assert code == 0
    assert would["runs"] == done["runs"] == {"age": 0, "count": len(before) - 1, "size": 0}
    assert would["folders_freed_bytes"] == done["folders_freed_bytes"] > 0
    assert (would["dry_run"], done["dry_run"]) == (True, False)
    assert listed(kept) == [ids[2]]
    assert [folder.name for folder in (kept.home / "runs").iterdir()] == [ids[2]]
    # And the service goes on
    ran(kept, "afterwards")


def test_runs_that_ended_a_span_ago_are_deleted(kept):
    # Given
    ran(kept, "old")
    # When
    young = call(kept.folder, "prune", "--older-than", "1h")[1]
    old = call(kept.folder, "prune", "--older-than", "0.001s")[1]
    # Then
    assert young["runs"]["age"] == 0
    assert old["runs"]["age"] > 0
    assert old["kept"] == 0


@pytest.mark.parametrize("arguments", [("--older-than", "a while"), ("--keep-size", "much")])
def test_limits_that_cannot_be_read_are_refused_with_an_example(kept, arguments):
    code, _, said = call(kept.folder, "prune", *arguments)
    assert code == 2
    assert "30d" in said or "20 GiB" in said


def test_an_upgrade_tells_the_versions_and_needs_the_database_for_itself(kept, tmp_path):
    # Given a database of before the newest version, in which no room is given back
    folder = tmp_path / "old"
    folder.mkdir()
    old = Product(folder)
    old.home.mkdir()
    with closing(sqlite3.connect(old.home / "database.sqlite3")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    # When it is upgraded while somebody works on it, and then twice while nobody does
    with (old.home / "home.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        refused = call(old.folder, "upgrade")
    first = call(old.folder, "upgrade")
    second = call(old.folder, "upgrade")
    # Then
    assert (first[0], first[1]["from"]) == (0, None)
    assert second[1]["from"] == second[1]["to"] == first[1]["to"]
    with closing(sqlite3.connect(old.home / "database.sqlite3")) as connection:
        assert connection.execute("PRAGMA auto_vacuum").fetchone() == (2,)
    assert refused[0] == 5
    assert f"is held by another `luigi-trigger up` (pid {os.getpid()})" in refused[2]
    # And there is nothing to be done for that of a running service
    assert call(kept.folder, "upgrade")[0] == 0


def test_a_folder_without_a_database_is_told_so(tmp_path):
    code, _, said = call(tmp_path, "prune")
    assert code == 3
    assert "There is no database" in said
