"""What of two runs stands side by side."""

import pytest

from trigger_service.domain.logs import LogLine
from trigger_service.domain.run import TaskExecution
from trigger_service.domain.target_writes import TargetWrite
from trigger_service.service.logview import Row
from trigger_service.web.pages.new_lines import kind_of, only_lines
from trigger_service.web.pages.side_by_side import families, seconds_of, targets


def rows(*texts):
    return [Row(n, 1, LogLine(float(n), "INFO", "stdout", None, 1, text)) for n, text in enumerate(texts, start=1)]


def task(family, *, took, number=1):
    about = {"run_id": "r", "attempt": 1, "task_id": f"{family}_{number}", "family": family, "status": "done"}
    return TaskExecution(**about, started_at=10.0, finished_at=None if took is None else 10.0 + took)


def written(url, sha256="", size=None):
    told = {"pipeline": "P", "parameters": {}, "location": "default", "environment": "default"}
    about = {"task_id": "T_1", "family": "T", "module": "m", **told, "size": size, "sha256": sha256}
    return TargetWrite(url, "v", "r", 1, time=1.0, **about)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12:00:01.3 read 4,812 rows in 0.35 s", "13:59:59 read 7 rows in 12 s"),
        ("run 01a208ef-260a-7b2e-a17f-043a11756068 at 0x7f3a", "run 01a208f9-1508-7620-8a4d-f4e85451982e at 0x1"),
        ("\x1b[31mTask  Load_2013_01_31_44633fc0d7\x1b[0m done", "Task Load_2013_02_01_ab633fc0d7 done"),
    ],
)
def test_lines_that_differ_in_times_ids_and_numbers_are_of_one_kind(one, other):
    assert kind_of(one).replace("#", " ").split() == kind_of(other).replace("#", " ").split()
    assert kind_of(one) != kind_of("something else")


def test_new_lines_are_those_whose_kind_the_other_run_lacks_each_kind_once():
    first, second = rows("read 7 rows", "done"), rows("read 4 rows", "disk full", "read 9 rows", "", "disk full")
    gone, new = (
        [(line.row.number, line.row.line.text, line.count) for line in only] for only in only_lines(first, second)
    )
    assert new == [(2, "disk full", 2)]
    assert gone == [(2, "done", 1)]


def test_durations_are_summed_by_family_and_the_furthest_apart_come_first():
    first = [task("Load", took=1.0), task("Load", took=2.0, number=2), task("Same", took=5.0), task("Open", took=None)]
    second = [task("Load", took=13.0), task("Same", took=5.05), task("New", took=1.0)]
    found = families(first, second)
    assert [row.family for row in found] == ["Load", "New", "Same"]
    assert (found[0].a, found[0].count_a, found[0].change) == (3.0, 2, 10.0)
    assert [row.change for row in found[1:]] == [None, None]


def test_targets_say_how_their_content_differs():
    first = [
        written("/same", "ab", 1),
        written("/changed", "ab", 1),
        written("/size", "", 1),
        written("/a"),
        written("/x"),
    ]
    second = [written("/same", "ab", 1), written("/changed", "cd", 1), written("/size", "ff", 2), written("/x")]
    found = {row.url: row.word for row in targets(first, second)}
    expected = {
        "/changed": "changed",
        "/size": "changed",
        "/a": "only in the first",
        "/same": "same",
        "/x": "not known",
    }
    assert found == expected
    assert list(found)[:3] == ["/changed", "/size", "/a"]


def test_seconds_are_as_precise_as_they_need_to_be():
    assert [seconds_of(seconds) for seconds in (0.421, 12.34, 265.0)] == ["0.42 s", "12.3 s", "4 min 25 s"]
