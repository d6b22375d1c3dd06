"""Whatever goes wrong while a partition is written, it is there whole or not at all, and the error says what to do."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest
from polling import until
from pydantic import BaseModel

from targets import open_target
from targets.errors import (
    BadSqlUrl,
    CannotConnect,
    ConnectionLost,
    DatabaseFull,
    ExtraMissing,
    NoSuchDatabase,
    NotAllowed,
    PublishedMeanwhile,
    SignInRefused,
    TableLocked,
)

ROOT = Path(__file__).parents[2]
#: Writes one partition again and again, each time with another amount, and says so.
PROGRAM = """
import sys
from pydantic import BaseModel
from targets import open_target
class Sale(BaseModel):
    day: str
    item: int
    amount: int
target = open_target(sys.argv[1] + "#sales", model=Sale, partition={"day": "monday"}, key=("day", "item"))
for amount in range(1, 100_000):
    target.write(Sale(day="monday", item=item, amount=amount) for item in range(int(sys.argv[2])))
    print(amount, flush=True)
"""


class Sale(BaseModel):
    day: str
    item: int
    amount: int


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/warehouse.db"
    return request.getfixturevalue("postgres")


def monday(url, **options):
    return open_target(f"{url}#sales", model=Sale, partition={"day": "monday"}, key=("day", "item"), **options)


def rows(amount, count=10):
    return [Sale(day="monday", item=item, amount=amount) for item in range(count)]


def whole(url, count):
    """The amount that all rows have, which are as many as the marker says; fails for anything else."""
    target = monday(url)
    found = list(target.read())
    assert (len(found), target.row_count()) == (count, count)
    (amount,) = {row.amount for row in found}
    return amount


def kill_while_it_writes(url, count, moments):
    """Kill a writer `moments` times, each time a little later in its second write; the amounts found afterwards."""
    amounts = []
    for moment in range(moments):
        command = [sys.executable, "-c", PROGRAM, url, str(count)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        with process:
            said = int(process.stdout.readline())
            threading.Event().wait((moment + 0.5) / moments * 0.1)
            process.send_signal(signal.SIGKILL)
            said = max([said, *(int(line) for line in process.stdout)])
        amounts.append(whole(url, count))
        assert said <= amounts[-1] <= said + 1  # what was told as written is not lost
    return amounts


def test_a_writer_killed_at_any_moment_leaves_one_whole_write_and_others_go_on(url):
    kill_while_it_writes(url, 3_000, 1)

    monday(url, wait_s=20).write(rows(-1))
    assert whole(url, 10) == -1


@pytest.mark.long
@pytest.mark.timeout(2400)
def test_a_writer_killed_at_a_hundred_moments_leaves_one_whole_write(url):
    kill_while_it_writes(url, 12_000, 100)


@pytest.mark.parametrize("there", [False, True])
def test_of_two_writers_of_a_partition_the_slower_is_told_and_changes_nothing(url, there):
    if there:
        monday(url).write(rows(1))

    def slow():
        yield rows(2)[0]
        monday(url).write(rows(3))

    with pytest.raises(PublishedMeanwhile, match="day=monday"):
        monday(url).write(slow())

    assert whole(url, 10) == 3


def test_of_two_writers_at_once_one_waits_for_the_other_and_is_told(url):
    """Both have their first rows before either has written."""
    monday(url).write(rows(1))
    both, errors = threading.Barrier(2), []

    def write(amount):
        def meeting():
            both.wait(30)
            yield from rows(amount)

        try:
            monday(url).write(meeting())
        except PublishedMeanwhile as error:
            errors.append(error)

    writers = [threading.Thread(target=write, args=(amount,)) for amount in (2, 3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)

    assert len(errors) == 1
    assert whole(url, 10) in (2, 3)


def test_a_removed_partition_is_not_brought_back_by_who_was_about_to_replace_it(url):
    monday(url).write(rows(1))

    def slow():
        yield rows(2)[0]
        monday(url).remove()

    with pytest.raises(PublishedMeanwhile):
        monday(url).write(slow())
    assert not monday(url).exists()


@pytest.mark.parametrize("deed", ["replaced", "trashed"])
def test_a_reader_sees_the_old_rows_whole_while_they_are_taken_away(url, deed):
    if url.startswith("sqlite"):
        monday(url).database.prepare()
        sqlite3.connect(url.removeprefix("sqlite:///")).execute("PRAGMA journal_mode = WAL").connection.close()
    monday(url).write(rows(1, 6_000))
    reading = monday(url).read()
    seen = [next(reading)]

    if deed == "replaced":
        monday(url).write(rows(2, 6_000))
    else:
        monday(url).trash("op1")

    seen += reading
    assert (len(seen), {row.amount for row in seen}) == (6_000, {1})
    if deed == "replaced":
        assert whole(url, 6_000) == 2
    else:
        assert not monday(url).exists()


def test_a_reader_in_the_middle_of_a_write_sees_the_old_rows_whole(url):
    monday(url).write(rows(1))
    seen = []

    def slow():
        yield from rows(2, 6_000)  # more than are gathered before the first is sent
        seen.append({row.amount for row in monday(url).read()})

    monday(url).write(slow())

    assert seen == [{1}]


def test_a_connection_that_is_cut_in_the_middle_changes_nothing_and_is_told(postgres):
    monday(postgres).write(rows(1))

    def cut():
        yield from rows(2, 8_000)
        with psycopg.connect(postgres, autocommit=True) as other:
            ours = "datname = current_database() AND pid <> pg_backend_pid()"
            other.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}")
            gone = f"SELECT count(*) FROM pg_stat_activity WHERE {ours}"
            until(lambda: other.execute(gone).fetchone() == (0,), "the end of the connection")
        yield from rows(3, 10)

    with pytest.raises(ConnectionLost, match="as a whole or not at all"):
        monday(postgres).write(cut())
    assert whole(postgres, 10) == 1


def test_a_full_disk_changes_nothing_and_is_told(disk, tmp_path):
    folder = tmp_path / "small"
    small = disk(folder, 2)
    url = f"sqlite:///{folder}/warehouse.db"
    monday(url).write(rows(1))
    small.fill()

    with pytest.raises(DatabaseFull, match="make room"):
        monday(url).write(rows(2, 40_000))

    small.make_room()
    assert whole(url, 10) == 1


def test_a_full_disk_of_a_server_changes_nothing_and_is_told(disk, postgres_server):
    folder = postgres_server.folder / "small"
    small = disk(folder, 20)
    shutil.chown(folder, "postgres")
    postgres_server.run(f"CREATE TABLESPACE small LOCATION '{folder}'")
    postgres_server.run("CREATE DATABASE small TEMPLATE template0 TABLESPACE small")
    url = postgres_server.url("small")
    try:
        monday(url).write(rows(1))
        small.fill()

        with pytest.raises(DatabaseFull, match="No space left on device"):
            monday(url).write(rows(2, 6_000))

        small.make_room()
        assert whole(url, 10) == 1
    finally:
        small.make_room()
        postgres_server.run("DROP DATABASE small WITH (FORCE)")
        postgres_server.run("DROP TABLESPACE small")


def test_a_partition_that_others_hold_too_long_is_told(url):
    monday(url).write(rows(1))

    def holding():
        yield from rows(2, 6_000)
        with pytest.raises(TableLocked, match=r"held the table or the partition for longer than 0\.1 seconds"):
            monday(url, wait_s=0.1).write(rows(3))

    monday(url).write(holding())

    assert whole(url, 6_000) == 2


@pytest.fixture
def passwords(postgres, postgres_server):
    """A user with a password, and the address at which it is asked for."""
    hba = postgres_server.data / "pg_hba.conf"
    before = hba.read_text()
    postgres_server.run("CREATE ROLE careful LOGIN PASSWORD 'right'")
    hba.write_text(f"host all careful 127.0.0.1/32 scram-sha-256\n{before}")
    postgres_server.run("SELECT pg_reload_conf()")
    yield lambda password: postgres_server.url(postgres.rpartition("/")[2], "careful", password)
    hba.write_text(before)
    postgres_server.run("SELECT pg_reload_conf()")
    postgres_server.run("DROP ROLE careful")


def test_a_wrong_password_is_told_without_it(passwords, caplog):
    target = monday(passwords("wr0ng"))

    def refused():
        try:
            target.exists()
        except SignInRefused as error:
            return error

    error = until(refused, "the server asks for passwords")

    assert "does not let the user 'careful' in" in str(error)
    assert "Correct user and password" in str(error)
    everything = (
        f"{target!r} {target} {vars(target)} {vars(target.database)} {error!r} {error.__cause__!r} {caplog.text}"
    )
    assert "wr0ng" not in everything
    with pytest.raises(NotAllowed, match="the user 'careful' may not do that"):
        monday(passwords("right")).write(rows(1))


def test_a_missing_database_is_told_by_its_name(postgres_server):
    with pytest.raises(NoSuchDatabase, match=r'127\.0\.0\.1:\d+/nowhere: there is no such database.*"nowhere"'):
        monday(postgres_server.url("nowhere")).exists()


def test_a_server_that_does_not_answer_is_told_by_its_name():
    with pytest.raises(CannotConnect, match=r"postgresql://127\.0\.0\.1:1/db: the database cannot be reached") as told:
        monday("postgresql://user:s3cret@127.0.0.1:1/db").exists()
    assert "s3cret" not in f"{told.value}{told.value.__cause__}"


def test_a_file_that_is_no_database_is_told(tmp_path):
    (tmp_path / "warehouse.db").write_text("day,item,amount\n" * 100)
    with pytest.raises(CannotConnect, match="file is not a database"):
        monday(f"sqlite:///{tmp_path}/warehouse.db").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("sqlite://#sales", "a database in memory is gone"),
        ("postgresql://u:s3cret@host:port/db#sales", "names no table of a database"),
        ("oracel://u:s3cret@host/db#sales", "oracel"),
        ("postgresql://u:s3cret@host/db#sales[day=1", "it must end with #table"),
    ],
)
def test_a_url_that_cannot_be_understood_is_told_without_its_password(name, said):
    with pytest.raises(BadSqlUrl, match=said) as told:
        open_target(name, model=Sale)
    assert "s3cret" not in str(told.value)


def test_a_driver_that_is_not_installed_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    target = monday("postgresql://nowhere/db")

    with pytest.raises(
        ExtraMissing, match=r"postgresql://nowhere/db needs the package psycopg.*luigi-trigger\[postgres"
    ):
        target.exists()
