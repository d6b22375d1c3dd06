"""A partition of a table is there with all its rows, or not at all."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from targets.sql import MARKERS, SqlPartitionTarget, reading

ROOT = Path(__file__).parents[2]
SALES = sa.Table(
    "sales",
    sa.MetaData(),
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("item", sa.Integer, primary_key=True),
    sa.Column("amount", sa.Integer, nullable=False),
)
PROGRAM = """
import os, signal, sys
import sqlalchemy as sa
from targets.sql import SqlPartitionTarget, engine_for
url, day, deed = sys.argv[1:]
sales = sa.Table("sales", sa.MetaData(), sa.Column("day", sa.String(10), primary_key=True),
                 sa.Column("item", sa.Integer, primary_key=True), sa.Column("amount", sa.Integer, nullable=False))
target = SqlPartitionTarget(url, sales, "day", day)
if deed == "die":
    target.exists()
    @sa.event.listens_for(engine_for(url), "commit")
    def die(_connection):
        os.kill(os.getpid(), signal.SIGKILL)
for round in range(5):
    target.replace({"item": item, "amount": item} for item in range(50))
"""


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/folder/warehouse.db"


@pytest.fixture
def monday(url):
    return SqlPartitionTarget(url, SALES, "day", "monday")


def amounts(url):
    with reading(url) as connection:
        return [tuple(row) for row in connection.execute(sa.select(SALES).order_by("day", "item"))]


def start(url, day, deed):
    command = [sys.executable, "-c", PROGRAM, url, day, deed]
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE)


def test_a_partition_that_was_never_written_does_not_exist_and_asking_makes_no_file(monday, tmp_path):
    assert not monday.exists()
    assert list(tmp_path.iterdir()) == []


def test_rows_and_marker_are_there_after_a_write(monday, url):
    assert monday.replace([{"item": 1, "amount": 10}, {"item": 2, "amount": 20}]) == 2
    assert monday.exists()
    assert monday.row_count() == 2
    assert amounts(url) == [("monday", 1, 10), ("monday", 2, 20)]


def test_a_partition_without_rows_can_be_complete(monday):
    monday.replace([])
    assert monday.exists()
    assert monday.row_count() == 0


def test_a_rerun_replaces_its_own_rows_and_no_others(monday, url):
    SqlPartitionTarget(url, SALES, "day", "tuesday").replace([{"item": 1, "amount": 7}])
    monday.replace([{"item": 1, "amount": 10}, {"item": 2, "amount": 20}])
    monday.replace([{"item": 3, "amount": 30}])
    assert amounts(url) == [("monday", 3, 30), ("tuesday", 1, 7)]


def test_removing_takes_rows_and_marker(monday, url):
    monday.replace([{"item": 1, "amount": 10}])
    monday.remove()
    assert not monday.exists()
    assert amounts(url) == []


def test_a_row_that_the_table_refuses_leaves_everything_as_it_was(monday, url):
    monday.replace([{"item": 1, "amount": 10}])
    with pytest.raises(IntegrityError):
        monday.replace([{"item": 5, "amount": 50}, {"item": 5, "amount": 51}])
    assert amounts(url) == [("monday", 1, 10)]
    assert monday.row_count() == 1


def test_an_exception_among_the_first_rows_leaves_no_marker(monday):
    def broken():
        yield {"item": 1, "amount": 10}
        raise LookupError

    with pytest.raises(LookupError):
        monday.replace(broken())
    assert not monday.exists()


def test_a_writer_killed_before_its_commit_leaves_everything_as_it_was(monday, url):
    monday.replace([{"item": 1, "amount": 10}])
    process = start(url, "monday", "die")
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert amounts(url) == [("monday", 1, 10)]
    assert monday.row_count() == 1


def test_several_processes_write_to_one_file_at_once(url):
    days = ["monday", "tuesday", "wednesday", "monday"]
    processes = [start(url, day, "live") for day in days]
    errors = [process.communicate()[1].decode() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0, 0], errors
    assert len(amounts(url)) == 3 * 50
    with reading(url) as connection:
        assert len(connection.execute(sa.select(MARKERS)).all()) == 3


def test_a_forked_child_gets_an_engine_of_its_own(url):
    program = (
        "import os, sys; from targets.sql import engine_for; ours = engine_for(sys.argv[1]); child = os.fork()\n"
        "if child == 0: os._exit(0 if engine_for(sys.argv[1]) is not ours else 1)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
    )
    subprocess.run([sys.executable, "-c", program, url], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)


def test_the_name_of_a_target_hides_the_password():
    target = SqlPartitionTarget("postgresql://user:secret@host/db", SALES, "day", "monday")
    assert str(target) == "postgresql://user:***@host/db#sales[day=monday]"
