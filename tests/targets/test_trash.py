"""What every target offers to be moved out of the way and back, in each storage."""

import os
import shutil
from pathlib import Path

import luigi
import pytest

from targets import open_target
from targets.errors import NotInTrash, PublishedMeanwhile, TargetExists
from targets.trash import FOLDER

OPERATION = "019be1f4-5a10-7c21-8f0e-6a9b3c2d1e0f"


@pytest.fixture(params=["file", "memory"])
def target(request, tmp_path):
    """A target that does not exist yet."""
    made = {"file": lambda: open_target(tmp_path / "data" / "day.csv"), "memory": lambda: open_target("memory://a/day")}
    yield made[request.param]()
    if request.param == "memory":
        shutil.rmtree(Path(open_target("memory://a/day").path).parent, ignore_errors=True)


def write(target, text="old"):
    with target.open("w") as file:
        file.write(text)
    return target


def read(target):
    with target.open("r") as file:
        return file.read()


def test_what_is_moved_into_the_trash_is_gone_and_comes_back_whole(target):
    write(target)
    assert (target.size(), target.trashed(OPERATION)) == (3, False)

    target.trash(OPERATION)
    assert (target.exists(), target.size(), target.version()) == (False, None, None)
    assert target.trashed(OPERATION)

    target.restore(OPERATION)
    assert (read(target), target.trashed(OPERATION)) == ("old", False)


def test_each_step_can_be_repeated(target):
    write(target)
    for step in (target.trash, target.restore):
        step(OPERATION)
        step(OPERATION)
    assert read(target) == "old"
    target.trash(OPERATION)
    for _ in range(2):
        target.purge(OPERATION)
    assert not target.exists()
    assert not target.trashed(OPERATION)


def test_what_has_been_built_again_is_not_replaced_and_what_waits_is_not_lost(target):
    write(target).trash(OPERATION)
    write(target, "new")

    with pytest.raises(TargetExists, match="has been built again"):
        target.restore(OPERATION)
    target.trash(OPERATION)  # as a repeated step would do it

    assert (read(target), target.trashed(OPERATION)) == ("new", True)
    target.trash("another")
    target.restore(OPERATION)
    assert read(target) == "old"


def test_a_target_that_is_nowhere_cannot_be_put_back(target):
    target.trash(OPERATION)  # nothing is there, and that is no error
    assert not target.trashed(OPERATION)
    with pytest.raises(NotInTrash):
        target.restore(OPERATION)


def test_operations_do_not_mix(target):
    write(target, "first").trash("one")
    write(target, "second").trash("two")
    target.purge("two")
    target.restore("one")
    assert read(target) == "first"


def test_a_reader_that_is_at_it_reads_all_of_the_old_bytes(target):
    write(target, "x" * 100_000)
    with target.open("r") as file:
        beginning = file.read(10)
        target.trash(OPERATION)
        assert len(beginning + file.read()) == 100_000
    with pytest.raises(FileNotFoundError):
        target.open("r")


def test_a_writer_whose_target_is_taken_away_is_told(target):
    write(target)
    writer = target.open("w")
    writer.write("new")
    target.trash(OPERATION)
    with pytest.raises(PublishedMeanwhile):
        writer.close()
    target.restore(OPERATION)
    assert read(target) == "old"


@pytest.mark.parametrize("operation", ["", "..", "a/b", ".hidden", "x" * 65])
def test_an_id_that_could_lead_elsewhere_is_refused(target, operation):
    with pytest.raises(ValueError, match="no id of an operation"):
        target.trash(operation)


def test_a_folder_is_moved_whole(tmp_path):
    target = open_target(tmp_path / "set")
    with target.temporary_path() as path:
        os.makedirs(Path(path, "deep"))  # noqa: PTH103
        Path(path, "deep", "part").write_text("12345")

    assert target.size() == 5
    target.trash(OPERATION)
    assert not target.exists()
    target.restore(OPERATION)
    assert (tmp_path / "set" / "deep" / "part").read_text() == "12345"
    target.trash(OPERATION)
    target.purge(OPERATION)
    assert os.listdir(tmp_path) == []  # noqa: PTH208


def test_a_folder_that_was_built_again_stays(tmp_path):
    target = open_target(tmp_path / "set")
    for text in ("old", "new"):
        (tmp_path / "set").mkdir()
        (tmp_path / "set" / "part").write_text(text)
        if text == "old":
            target.trash(OPERATION)
    with pytest.raises(TargetExists):
        target.restore(OPERATION)
    assert target.trashed(OPERATION)


def test_the_record_beside_a_file_goes_along(tmp_path):
    target = write(open_target(tmp_path / "day.csv"))
    record = tmp_path / ".day.csv.provenance.json"
    record.write_text("old")

    target.trash(OPERATION)
    assert not record.exists()
    write(target, "new")
    record.write_text("new")
    target.trash(OPERATION)  # repeated: the new record is that of the new file
    assert record.read_text() == "new"
    target.trash("another")
    target.restore(OPERATION)
    assert record.read_text() == "old"


@pytest.mark.parametrize("step", ["take", "give_back"])
def test_a_kill_between_two_names_of_one_file_is_mended(tmp_path, step):
    # Given what a kill leaves in the middle of putting a file back: it has both names
    target = write(open_target(tmp_path / "day.csv"))
    target.trash(OPERATION)
    os.link(tmp_path / FOLDER / OPERATION / "day.csv", tmp_path / "day.csv")

    if step == "give_back":
        target.restore(OPERATION)
    else:
        target.trash(OPERATION)
        assert not target.exists()
        target.restore(OPERATION)

    assert read(target) == "old"
    assert os.listdir(tmp_path) == ["day.csv"]  # noqa: PTH208


def test_a_stock_target_of_the_same_file_sees_the_same(tmp_path):
    write(open_target(tmp_path / "day.csv")).trash(OPERATION)
    assert not luigi.LocalTarget(str(tmp_path / "day.csv")).exists()
