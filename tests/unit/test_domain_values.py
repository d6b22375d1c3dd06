"""Ids, errors, folders, and the small files in them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trigger_service.domain import errors, logs
from trigger_service.domain.errors import InvalidRequest, InvalidSpec, PipelineNotFound, Problem, TriggerError
from trigger_service.domain.failpoints import VARIABLE
from trigger_service.domain.ids import is_run_id, uuid7
from trigger_service.domain.logs import LogLine
from trigger_service.domain.run import RunError
from trigger_service.domain.spec import ExitReport, Handle, RunFolder, RunSpec, attempt_folder, parse_worker_id

SPEC = RunSpec("r", 1, "tasks.work", "Work", {"n": "1"}, "http://127.0.0.1:8082")


@given(st.floats(0, 2**37), st.floats(0, 2**37), st.binary(min_size=10, max_size=10))
def test_run_ids_are_uuids_that_sort_by_time(first, second, randomness):
    ids = [uuid7(time, randomness) for time in (first, second)]
    assert all(is_run_id(run_id) for run_id in ids)
    if int(first * 1000) < int(second * 1000):
        assert ids[0] < ids[1]


@pytest.mark.parametrize("text", ["", "..", "../..", "x\0", "a\n", uuid7(1.0, bytes(10)).upper(), "'; drop table"])
def test_nothing_else_is_a_run_id(text):
    assert not is_run_id(text)


def test_an_error_is_its_docstring_filled_in():
    error = PipelineNotFound(name="Flight", nearest=("Flights",))
    assert str(error) == "There is no pipeline 'Flight'. The nearest names: Flights."
    assert str(InvalidRequest([Problem("/a", "x"), Problem("/b", "y")])) == "The request has 2 problem(s): /a: x; /b: y"


def test_every_error_has_a_message_and_stands_in_the_tree():
    classes = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]
    for found in classes:
        assert issubclass(found, TriggerError)
        assert found.__doc__
        assert found.__name__ in errors.__doc__


def test_a_log_line_cannot_imitate_the_end_of_a_record():
    line = LogLine(1.0, "INFO", "stdout", None, 7, 'x\n{"time": 1}\x00\u2028\udcff')
    record = logs.encode(line)
    assert record.count(b"\n") == 1
    assert logs.decode(record) == line
    assert logs.decode(record[:20]) is None


def test_a_folder_gives_back_what_was_put_into_it(tmp_path):
    folder = attempt_folder(tmp_path, "r", 1)
    assert list(folder.writers()) == []
    folder.write_spec(SPEC)
    assert folder.read_spec() == SPEC
    assert folder.read_exit() is None
    report = ExitReport("failed", error=RunError("ValueError", "x", "Work_1", "Traceback"), counts={"failed": 1})
    folder.write_exit(report)
    assert folder.read_exit() == report
    assert list(folder.writers()) == [0]
    assert Handle.from_json(json.loads(json.dumps(Handle(1, 2, "b").to_json()))) == Handle(1, 2, "b")


@pytest.mark.parametrize("content", ["", "{}", '{"protocol": 99}', '{"protocol": 1}', "[", "\0"])
def test_a_spec_that_cannot_be_used_says_so(tmp_path, content):
    folder = RunFolder(tmp_path)
    folder.spec_file.write_text(content)
    with pytest.raises(InvalidSpec):
        folder.read_spec()


@pytest.mark.parametrize(
    ("worker", "parsed"),
    [("run:abc:2:0", ("abc", 2)), ("Worker(salt=1)", None), ("run:abc:x:0", None), ("run:a:1", None)],
)
def test_workers_of_ours_are_told_from_others(worker, parsed):
    assert parse_worker_id(worker) == parsed


def test_a_fail_point_kills_once(tmp_path):
    # Given an armed fail point
    (tmp_path / "here").touch()
    code = "from trigger_service.domain.failpoints import fail_point; fail_point('here'); print('past it')"
    environment = {VARIABLE: str(tmp_path)}

    def reach():
        return subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
        )

    # Then the first process that reaches it dies, and the next one does not
    assert reach().returncode == -9
    assert reach().stdout == "past it\n"
