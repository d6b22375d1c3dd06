"""What is told of the writes of a task, and what a look finds out of those that tell nothing."""

from __future__ import annotations

from pathlib import Path

import luigi
import pytest
from luigi.contrib.s3 import S3Target

from trigger_service.runner import writes
from trigger_service.runner.writes import WRITTEN, Writes, name_of


class Odd(luigi.Target):
    def __init__(self, **members):
        vars(self).update(members)

    def exists(self):
        return True


class Raising(Odd):
    @property
    def path(self):
        raise ValueError("not before it runs")


class Task(luigi.Task):
    name = luigi.Parameter("it")


@pytest.fixture
def heard():
    """What was recorded: (task id, data)."""
    return []


@pytest.fixture
def told(heard):
    """Looks at what a task has written, which may have told some of it itself."""
    made = Writes(lambda task_id, data: heard.append((task_id, data)))

    def run(outputs, needs=(), *records):
        task = Task()
        for number, needed in enumerate(needs):
            made.discovered(f"needed-{number}", needed, ())
        made.discovered(task.task_id, outputs, [f"needed-{number}" for number in range(len(needs))])
        made.began()
        for record in records:
            made._heard(task, record)
        made.ended(task)
        return [data for _, data in heard]

    return run


def file(folder, name, content="abc"):
    path = folder / name
    path.write_text(content)
    return luigi.LocalTarget(str(path))


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (luigi.LocalTarget("a/../b"), f"{Path.cwd()}/b"),
        (luigi.LocalTarget("/a/b"), "/a/b"),
        (S3Target("s3://bucket/key", client=object()), "s3://bucket/key"),
        (Odd(path="ftp://ada:secret@host/a@b"), "ftp://host/a@b"),
        (Odd(url="postgresql://host/db#t", path="other"), "postgresql://host/db#t"),
        (Odd(path="table"), ""),
        (Odd(url=3), ""),
        (Odd(), ""),
        (Raising(), ""),
    ],
)
def test_a_target_is_named_so_that_everybody_knows_it_by_that_or_not_at_all(target, name):
    assert name_of(target) == name


def test_what_tells_nothing_is_looked_at_with_what_the_task_requires(told, tmp_path):
    # Given a task with a file, a folder, an object and something that is not there
    (tmp_path / "folder").mkdir()
    there, read = file(tmp_path, "there"), file(tmp_path, "read")
    outputs = [there, luigi.LocalTarget(str(tmp_path / "folder")), Odd(path="s3://b/k"), luigi.LocalTarget("/none")]
    # When it has ended
    found = told(outputs, [[read, Odd(path="s3://b/source")], [Odd()]])
    # Then each that is there is told, with what a look at a file tells for nothing
    stat = Path(there.path).stat()
    version = f"{stat.st_mtime_ns:x}-3-{stat.st_ino:x}"
    assert [(data["url"], data["version"], data["size"], data["observed"]) for data in found] == [
        (there.path, version, 3, True),
        (str(tmp_path / "folder"), "", None, True),
        ("s3://b/k", "", None, True),
    ]
    [of_file, of_object] = found[0]["inputs"]
    assert (of_file["url"], of_file["version"][-1:] != "") == (read.path, True)
    assert of_object == {"url": "s3://b/source", "version": ""}


def test_the_version_of_a_stock_file_is_the_one_that_our_own_targets_tell(told, tmp_path):
    from targets.staging import version_of  # noqa: PLC0415 (nothing else here knows it)

    target = file(tmp_path, "a")
    assert told([target])[0]["version"] == version_of(Path(target.path))


def test_what_a_target_tells_itself_is_recorded_as_it_tells_it_and_not_looked_at(told, tmp_path):
    ours, stock = file(tmp_path, "ours"), file(tmp_path, "stock")
    record = {"url": ours.path, "version": "v", "size": 3, "sha256": "ab", "rows": 7, "time": 1.0, "run": "r"}
    found = told([ours, stock], [], {**record, "inputs": ({"url": "/x", "version": "1"},)})
    assert found[0] == {
        "url": ours.path, "version": "v", "size": 3, "sha256": "ab", "rows": 7,
        "inputs": [{"url": "/x", "version": "1"}],
    }  # fmt: skip
    assert [data["url"] for data in found] == [ours.path, stock.path]


def test_outputs_and_inputs_of_one_task_are_bounded(told, tmp_path, monkeypatch):
    monkeypatch.setattr(writes, "MOST_OUTPUTS", 3)
    monkeypatch.setattr(writes, "MOST_NAMED", 5)
    outputs = [file(tmp_path, str(number)) for number in range(4)]
    found = told(outputs, [[Odd(path=f"s3://b/{number}") for number in range(3)]])
    assert [len(data["inputs"]) for data in found] == [3, 2, 0]


def test_looks_end_when_their_time_is_over(told, tmp_path, monkeypatch):
    monkeypatch.setattr(writes, "PATIENCE_S", -1.0)
    assert len(told([file(tmp_path, "a"), file(tmp_path, "b")], [[file(tmp_path, "c")]])) == 1


def test_a_batch_that_nobody_has_discovered_is_asked_for_its_outputs(heard, tmp_path, monkeypatch):
    made = Writes(lambda task_id, data: heard.append((task_id, data)))
    target = file(tmp_path, "a")
    monkeypatch.setattr(Task, "output", lambda self: {"one": target})
    made.ended(Task())
    assert [data["url"] for _, data in heard] == [target.path]
    monkeypatch.setattr(Task, "output", lambda self: 1 / 0)
    made.ended(Task("other"))
    assert len(heard) == 1


def test_a_batch_has_written_what_its_members_declare_but_for_what_it_has_told_itself(heard, tmp_path, monkeypatch):
    made = Writes(lambda task_id, data: heard.append((task_id, data["url"])))
    [one, two, three] = [file(tmp_path, name) for name in ("one", "two", "three")]
    monkeypatch.setattr(Task, "output", lambda self: [one, three])
    for name, target in (("One", one), ("Two", two)):
        made.discovered(name, [target], ())
    batch = Task()
    made.began()
    made._heard(batch, {"url": two.path, "version": "1"})
    made.ended(batch, ("One", "Two"))
    assert heard == [(batch.task_id, two.path), ("One", one.path), (batch.task_id, three.path)]


def test_the_event_is_the_one_that_our_targets_tell():
    from targets.provenance import WRITTEN as TOLD  # noqa: PLC0415 (nothing else here knows it)

    assert TOLD == WRITTEN
