"""Targets that are far away are asked in bulk, level by level, before Luigi asks the tasks; the others never are."""

from typing import ClassVar

import luigi
import pytest

from trigger_service.runner.foresight import Foresight


class Far(luigi.Target):
    """Exists if it stands in `there`; notes who asked how."""

    there: ClassVar = set()
    bulk: ClassVar = []
    known: ClassVar = {}

    def __init__(self, name):
        self.name = name

    def exists(self):
        return self.known.get(self.name, self.name in self.there)

    @classmethod
    def foresee(cls, targets):
        cls.bulk.append([target.name for target in targets])
        cls.known.update({target.name: target.name in cls.there for target in targets})
        return [target.exists() for target in targets]

    @classmethod
    def forget(cls):
        cls.known.clear()


class Raw(luigi.Task):
    number = luigi.IntParameter()

    def output(self):
        return Far(f"raw{self.number}")


class Clean(luigi.Task):
    number = luigi.IntParameter()

    def requires(self):
        return Raw(self.number)

    def output(self):
        return Far(f"clean{self.number}")


class Every(luigi.WrapperTask):
    def requires(self):
        return [Clean(number) for number in range(3)]


class Near(luigi.Task):
    number = luigi.IntParameter()
    asked = 0

    def output(self):
        Near.asked += 1
        return luigi.LocalTarget(f"near{self.number}")


class Own(luigi.Task):
    number = luigi.IntParameter()

    def complete(self):
        return True

    def output(self):
        return Far(f"own{self.number}")


class Broken(luigi.Task):
    number = luigi.IntParameter()

    def output(self):
        raise RuntimeError("no output")


@pytest.fixture
def foresight(monkeypatch):
    for name, empty in {"there": set(), "bulk": [], "known": {}}.items():
        monkeypatch.setattr(Far, name, empty)
    return Foresight()


def test_the_targets_of_a_level_are_asked_together_and_then_those_of_what_is_missing_requires(foresight):
    Far.there = {"clean1"}

    foresight.ahead([Clean(number) for number in range(3)])

    assert Far.bulk == [["clean0", "clean1", "clean2"], ["raw0", "raw2"]]


def test_what_a_wrapper_wraps_is_asked_with_it(foresight):
    foresight.ahead([Every()])

    assert Far.bulk == [["clean0", "clean1", "clean2"], ["raw0", "raw1", "raw2"]]


def test_a_task_is_looked_at_once_in_a_pass_and_anew_in_the_next(foresight):
    foresight.ahead([Raw(1), Raw(2)])
    foresight.ahead([Raw(1), Raw(2)])
    foresight.end()
    foresight.ahead([Raw(1), Raw(2)])

    assert Far.bulk == [["raw1", "raw2"]] * 2


def test_a_single_target_is_as_well_asked_by_itself(foresight):
    foresight.ahead([Raw(1)])

    assert Far.bulk == []


def test_what_was_found_out_is_forgotten_at_the_end(foresight):
    foresight.ahead([Raw(1), Raw(2)])
    Far.there = {"raw1"}
    assert not Far("raw1").exists()

    foresight.end()

    assert Far("raw1").exists()


def test_tasks_with_near_targets_are_asked_for_their_output_once_for_their_class(foresight):
    Near.asked = 0
    foresight.ahead([Near(number) for number in range(10)])

    assert Near.asked == 1


def test_a_task_that_judges_itself_and_one_that_fails_are_left_to_luigi(foresight):
    foresight.ahead([Own(1), Own(2), Broken(1), Broken(2), Raw(1), Raw(2)])

    assert Far.bulk == [["raw1", "raw2"]]


def test_storage_that_cannot_be_asked_in_bulk_is_asked_one_by_one(foresight, monkeypatch):
    def refuse(_targets):
        raise OSError("no listing")

    monkeypatch.setattr(Far, "foresee", refuse)
    Far.there = {"raw1"}

    foresight.ahead([Raw(1), Raw(2)])

    assert (Far("raw1").exists(), Far("raw2").exists()) == (True, False)
