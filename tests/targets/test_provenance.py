"""Which task wrote a target, and from what: told as an event of the task, or beside the target."""

import hashlib
import json
from pathlib import Path

import luigi
import pytest
from luigi.parameter import ParameterVisibility
from luigi.scheduler import Scheduler
from luigi.worker import Worker

from targets import open_target
from targets.provenance import WRITTEN


class Source(luigi.Task):
    folder = luigi.Parameter()

    def output(self):
        return open_target(f"{self.folder}/source.txt")

    def run(self):
        with self.output().open("w") as file:
            file.write("a\nb\n")


class Unread(luigi.ExternalTask):
    folder = luigi.Parameter()

    def output(self):
        return luigi.LocalTarget(f"{self.folder}/unread.txt")


class Upper(luigi.Task):
    folder = luigi.Parameter()
    key = luigi.Parameter(default="s3cret", visibility=ParameterVisibility.PRIVATE)

    def requires(self):
        return Source(folder=self.folder), Unread(folder=self.folder)

    def output(self):
        return open_target(f"{self.folder}/upper.txt")

    def run(self):
        with self.input()[0].open("r") as source, self.output().open("w") as file:
            file.write(source.read().upper())


@pytest.fixture
def told():
    """The records that are told while Upper is built."""
    records = {}

    def listen(_task, record):
        records[record["url"]] = record

    luigi.Task.event_handler(WRITTEN)(listen)
    yield records
    luigi.Task.remove_event_handler(WRITTEN, listen)


def build(folder):
    Path(folder, "unread.txt").touch()
    with Worker(scheduler=Scheduler()) as worker:
        assert worker.add(Upper(folder=str(folder)))
        assert worker.run()


def test_a_write_is_told_with_its_task_its_inputs_and_its_checksum(told, tmp_path):
    build(tmp_path)

    record = told[str(tmp_path / "upper.txt")]
    source = told[str(tmp_path / "source.txt")]
    assert (record["size"], record["sha256"]) == (4, hashlib.sha256(b"A\nB\n").hexdigest())
    assert record["task_id"] == Upper(folder=str(tmp_path)).task_id
    assert record["parameters"] == {"folder": str(tmp_path)}
    assert [each["url"] for each in record["inputs"]] == [source["url"], str(tmp_path / "unread.txt")]
    assert record["inputs"][0]["version"] == source["version"] == open_target(source["url"]).version()
    assert "s3cret" not in json.dumps(record)


def test_a_record_beside_the_target_says_the_same(told, tmp_path, provenance):
    provenance("beside")

    build(tmp_path)

    beside = json.loads((tmp_path / ".upper.txt.provenance.json").read_text())
    assert beside == json.loads(json.dumps(told[str(tmp_path / "upper.txt")]))


def test_nothing_is_told_where_it_is_switched_off(told, tmp_path, provenance):
    provenance("off")

    build(tmp_path)

    assert told == {}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source.txt", "unread.txt", "upper.txt"]


def test_what_no_task_writes_is_recorded_beside_it_all_the_same(tmp_path, provenance):
    provenance("beside")
    with open_target(tmp_path / "alone.txt").open("w") as file:
        file.write("alone")

    assert json.loads((tmp_path / ".alone.txt.provenance.json").read_text())["task_id"] == ""
