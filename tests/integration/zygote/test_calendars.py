"""Calendars by a real child of a real zygote: what it finds of each value, and where it is cut."""

import json
import os
import time
from datetime import date, timedelta

import pytest
from zygotes import Tree

from trigger_service.domain.calendars import Question
from trigger_service.domain.ids import uuid7
from trigger_service.domain.place import Place
from trigger_service.domain.spec import RunSpec
from trigger_service.launchers.places import Places
from trigger_service.launchers.planner import LocalPlanner

TASKS = '''
import datetime
import json
import time
from pathlib import Path
import luigi
from luigi.parameter import ParameterVisibility
from luigi.util import inherits

class Daily(luigi.Task):
    day = luigi.DateParameter()
    shop = luigi.Parameter(default="x")
    def output(self):
        return luigi.LocalTarget(f"out/{self.shop}-{self.day}")

class Bulk(Daily):
    """Names what is complete in one go, and says with what it was asked."""
    @classmethod
    def bulk_complete(cls, values):
        made = [cls(value) for value in values]
        Path("asked").write_text(json.dumps([len(made), sorted({task.shop for task in made})]))
        return [task.day for task in made if task.output().exists()]
    def complete(self):
        raise AssertionError("asked by itself")

class Unwilling(Daily):
    @classmethod
    def bulk_complete(cls, values):
        raise RuntimeError("not today")

class Moody(luigi.Task):
    number = luigi.IntParameter()
    password = luigi.Parameter(default="none", visibility=ParameterVisibility.PRIVATE)
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.number == 13:
            raise ValueError("unlucky")
    def complete(self):
        print("asked", self.number)
        if self.number == 2:
            raise OSError(f"no answer for {self.password}")
        if self.number == 4:
            time.sleep(600)
        return self.number == 1

class Rounded(luigi.Task):
    day = luigi.DateParameter(interval=2, start=datetime.date(2013, 1, 1))
    def complete(self):
        return True
'''
THREADED = "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """One project with its zygote for all tests; each has targets of its own."""
    made = Tree(tmp_path_factory.mktemp("shop"), "")
    made.write("shop.py", TASKS)
    made.write("cold.py", THREADED + TASKS)
    made.start()
    (made.project / "out").mkdir()
    yield made
    left = made.close()
    assert not left, f"left behind: {left}"


@pytest.fixture
def surveyed(tree):
    """Makes the calendar of a pipeline of the module `shop`."""

    def survey(family, question, module="shop", seconds=20.0, secrets=None, **parameters):
        spec = RunSpec(
            uuid7(time.time(), os.urandom(10)), 0, module, family, parameters, "", deadline=time.time() + seconds
        )
        places = Places({Place(): tree.client("shop", "cold")})
        found = LocalPlanner(tree.home, places).survey(spec, secrets or {}, question, lambda: False)
        assert not list((tree.home / "plans").iterdir())
        return found

    return survey


def days(count):
    return tuple((date(2013, 1, 1) + timedelta(days=number)).isoformat() for number in range(count))


def statuses(survey, question):
    return {item.value: item.status for item in survey.items(question)}


def test_a_thousand_days_of_a_file_are_told_with_the_path_that_is_missing(tree, surveyed):
    for day in days(3):
        (tree.project / "out" / f"x-{day}").touch()
    question = Question("day", days(1000))

    survey = surveyed("Daily", question, day="2013-01-01")

    assert (survey.cut, survey.refusal, survey.problems) == ("", None, ())
    items = survey.items(question)
    assert [item.status for item in items] == ["complete"] * 3 + ["missing"] * 997
    assert items[3].reason == "out/x-2013-01-04 does not exist"


def test_a_class_that_answers_in_one_go_is_asked_in_one_go_with_what_was_fixed(tree, surveyed):
    (tree.project / "out" / "y-2013-01-02").touch()
    question = Question("day", days(3))

    survey = surveyed("Bulk", question, day="2013-01-01", shop="y")

    assert statuses(survey, question) == {"2013-01-01": "missing", "2013-01-02": "complete", "2013-01-03": "missing"}
    assert json.loads((tree.project / "asked").read_text()) == [3, ["y"]]


def test_a_class_whose_bulk_answer_fails_is_asked_one_by_one(surveyed):
    question = Question("day", days(2))

    survey = surveyed("Unwilling", question, day="2013-01-01", shop="u")

    assert [item.reason for item in survey.items(question)] == [f"out/u-{day} does not exist" for day in days(2)]


def test_a_parameter_that_is_not_the_first_is_asked_one_by_one(tree, surveyed):
    (tree.project / "out" / "b-2013-01-01").touch()
    question = Question("shop", ("a", "b"))

    survey = surveyed("Daily", question, day="2013-01-01", shop="a")

    assert statuses(survey, question) == {"a": "missing", "b": "complete"}


def test_values_that_raise_are_unknown_with_the_reason_and_private_values_stay_private(surveyed):
    question = Question("number", (1, 2, 3, 13))

    survey = surveyed("Moody", question, number="1", secrets={"password": "hunter2"})

    assert statuses(survey, question) == {1: "complete", 2: "unknown", 3: "missing", 13: "unknown"}
    reasons = {item.value: item.reason for item in survey.items(question)}
    assert reasons[2].startswith("complete() raised OSError: no answer for ") and "hunter2" not in reasons[2]
    assert reasons[13] == "it cannot be made: ValueError: unlucky"
    assert survey.printed.splitlines() == ["asked 1", "asked 2", "asked 3"]


def test_what_was_not_asked_in_time_is_unknown(surveyed):
    question = Question("number", (1, 4, 5))

    survey = surveyed("Moody", question, seconds=2.0, number="1")

    assert statuses(survey, question) == {1: "complete", 4: "unknown", 5: "unknown"}
    assert "the time was over while" in survey.cut
    assert survey.items(question)[2].reason == survey.cut


def test_values_that_the_parameter_reads_as_one_are_one(surveyed):
    question = Question("day", days(4))

    survey = surveyed("Rounded", question, day="2013-01-01")

    assert [item.value for item in survey.items(question)] == ["2013-01-01", "2013-01-03"]


def test_values_that_cannot_be_read_are_named_with_their_place(surveyed):
    question = Question("number", (1, "x", [3]))

    survey = surveyed("Moody", question, number="1")

    assert [problem.pointer for problem in survey.problems] == ["/values/1", "/values/2"]
    assert survey.problems[0].detail == '"x" cannot be used: expected an integer, for example 5'


def test_a_module_that_cannot_be_forked_is_asked_in_a_process_of_its_own(surveyed):
    question = Question("day", days(2))

    survey = surveyed("Rounded", question, module="cold", day="2013-01-01")

    assert statuses(survey, question) == {"2013-01-01": "complete"}
