"""What every target offers to be moved out of the way and back, in each storage; a stock file as a child moves it."""

import shutil
from pathlib import Path

import luigi
import pytest
from pydantic import BaseModel

from targets import open_target
from trigger_service.runner.trash import Built, FileMover, Lost

OPERATION = "019be1f4-5a10-7c21-8f0e-6a9b3c2d1e0f"


class Row(BaseModel):
    text: str


class Stuff:
    """A target and how texts are written to it and read from it."""

    def __init__(self, target):
        self.target = target

    def write(self, text):
        with self.target.open("w") as file:
            file.write(text)

    def read(self):
        with self.target.open("r") as file:
            return file.read()


class FolderStuff(Stuff):
    def write(self, text):
        with self.target.writing() as out, out.open("part", "text") as file:
            file.write(text)

    def read(self):
        with self.target.open("part", "text") as file:
            return file.read()


class RowStuff(Stuff):
    def write(self, text):
        self.target.write([Row(text=text)])

    def read(self):
        (row,) = self.target.read()
        return row.text


class StockStuff(Stuff):
    """Luigi's own target, with what moves it."""

    def __init__(self, path):
        super().__init__(FileMover(path))
        self.stock = luigi.LocalTarget(path)

    def write(self, text):
        with self.stock.open("w") as file:
            file.write(text)

    def read(self):
        with self.stock.open("r") as file:
            return file.read()


@pytest.fixture(params=["file", "stock", "memory", "rows", "folder", "sqlite", "postgres", "s3", "folder in s3"])
def stuff(request, tmp_path):
    """A target that does not exist yet."""
    kind = request.param
    if kind == "stock":
        yield StockStuff(str(tmp_path / "data" / "day.txt"))
    elif kind == "folder":
        yield FolderStuff(open_target(f"{tmp_path}/data/day/"))
    elif kind == "rows":
        yield RowStuff(open_target(tmp_path / "data" / "day.jsonl", model=Row))
    elif kind in ("sqlite", "postgres"):
        url = f"sqlite:///{tmp_path}/data.db" if kind == "sqlite" else request.getfixturevalue("postgres")
        yield RowStuff(open_target(f"{url}#texts", model=Row, partition={}))
    elif kind == "memory":
        yield Stuff(open_target("memory://contract/day"))
        shutil.rmtree(Path(open_target("memory://contract/day").path).parent, ignore_errors=True)
    elif kind == "file":
        yield Stuff(open_target(tmp_path / "data" / "day.txt"))
    elif kind == "s3":
        yield Stuff(open_target(f"{request.getfixturevalue('s3')}/data/day.txt"))
    else:
        yield FolderStuff(open_target(f"{request.getfixturevalue('s3')}/data/day/"))


def test_what_is_moved_into_the_trash_is_gone_and_comes_back_whole_and_each_step_can_be_repeated(stuff):
    target = stuff.target
    stuff.write("old")
    assert not target.trashed(OPERATION)

    for _ in range(2):
        target.trash(OPERATION)
        assert (target.exists(), target.size(), target.trashed(OPERATION)) == (False, None, True)
    for _ in range(2):
        target.restore(OPERATION)
        assert (stuff.read(), target.trashed(OPERATION)) == ("old", False)


def test_what_was_built_again_stays_and_what_waits_is_not_lost(stuff):
    target = stuff.target
    stuff.write("old")
    target.trash(OPERATION)
    stuff.write("new")

    with pytest.raises(Exception) as refused:
        target.restore(OPERATION)
    target.trash(OPERATION)  # as a step that is repeated

    assert refused.type is Built or refused.type.__name__ == "TargetExists"
    assert (stuff.read(), target.trashed(OPERATION)) == ("new", True)
    target.trash("another")
    target.restore(OPERATION)
    assert stuff.read() == "old"


def test_what_is_nowhere_cannot_be_put_back(stuff):
    stuff.target.trash(OPERATION)  # nothing is there, and that is no error
    assert not stuff.target.trashed(OPERATION)
    with pytest.raises(Exception) as refused:
        stuff.target.restore(OPERATION)
    assert refused.type is Lost or refused.type.__name__ == "NotInTrash"


def test_operations_do_not_mix_and_what_is_deleted_is_deleted(stuff):
    target = stuff.target
    stuff.write("first")
    target.trash("one")
    stuff.write("second")
    target.trash("two")

    for _ in range(2):
        target.purge("two")
    assert (target.trashed("one"), target.trashed("two")) == (True, False)
    target.restore("one")
    assert stuff.read() == "first"
