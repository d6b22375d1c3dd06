"""Whether many targets exist, asked in bulk: the same answers as one by one."""

import os
from datetime import date

import luigi
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from targets import AtomicLocalTarget, existing, open_target
from targets.foresight import existing_files, view
from targets.sql import SqlTarget

NAMES = ["a", "b", "c.csv", "d.csv", "e", ".", "..", "", ".hidden", "folder", "link", "dangling"]


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Files, folders, links and links to nothing, two levels deep."""
    root = tmp_path_factory.mktemp("tree")
    for folder in (root, root / "folder", root / "e"):
        folder.mkdir(exist_ok=True)
        for name in ("a", "c.csv", ".hidden"):
            (folder / name).touch()
        (folder / "link").symlink_to(folder / "a")
        (folder / "dangling").symlink_to(folder / "nowhere")
    (root / "empty").mkdir()
    return root


folders = st.sampled_from(["", "/folder", "/e", "/empty", "/nowhere", "/a", "/folder/..", "/link", "/folder/"])
paths = st.lists(st.tuples(folders, st.sampled_from(NAMES)), max_size=40)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(parts=paths)
def test_files_are_said_to_exist_in_bulk_as_one_by_one(tree, parts):
    asked = [f"{tree}{folder}/{name}" for folder, name in parts]

    assert existing_files(asked) == [os.path.exists(path) for path in asked]  # noqa: PTH110


def test_a_large_folder_is_not_listed_for_a_few_files(tmp_path):
    for number in range(300):
        (tmp_path / f"{number}").touch()
    asked = [str(tmp_path / name) for name in ("1", "2", "3", "none", "4")]

    assert existing_files(asked) == [True, True, True, False, True]


def test_targets_of_all_kinds_are_answered_in_their_order(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("one", "three"):
        (tmp_path / name).touch()
    targets = [
        AtomicLocalTarget("one"),
        luigi.LocalTarget("two"),
        luigi.LocalTarget("three"),
        AtomicLocalTarget(tmp_path / "two"),
        AtomicLocalTarget(tmp_path / "three"),
    ]

    assert existing(targets) == [True, False, True, False, True]


def test_a_pass_knows_what_this_process_publishes_and_a_forked_process_knows_nothing():
    view.learn([("s3://b/one", False), ("s3://b/two", True)])
    view.published("s3://b/one")
    view.published("s3://b/three")
    assert [view.answer(f"s3://b/{name}") for name in ("one", "two", "three")] == [True, True, None]

    child = os.fork()
    if child == 0:
        os._exit(0 if view.answer("s3://b/one") is None else 1)
    assert os.waitpid(child, 0)[1] == 0

    view.forget()
    assert view.answer("s3://b/two") is None


class Fact(BaseModel):
    """A row."""

    day: date
    flights: int


def test_partitions_are_foreseen_too_and_what_is_written_meanwhile_is_known(tmp_path):
    days = [date(2013, 1, day) for day in range(1, 6)]
    targets = [
        open_target(f"sqlite:///{tmp_path}/facts.db#facts", model=Fact, partition={"day": day}, key=("day",))
        for day in days
    ]
    targets[1].write([Fact(day=days[1], flights=3)])

    assert SqlTarget.foresee(targets) == [False, True, False, False, False]

    targets[2].write([Fact(day=days[2], flights=4)])
    (tmp_path / "facts.db").rename(tmp_path / "away.db")
    assert [target.exists() for target in targets] == [False, True, True, False, False]
    SqlTarget.forget()
    assert not targets[1].exists()
