"""What plans remember of Luigi's task classes."""

import luigi
import pytest

from trigger_service.runner.introspection import remember_parameters


class Base(luigi.Task):
    first = luigi.Parameter(default="1")


class Own(Base):
    second = luigi.IntParameter(default=2)

    @classmethod
    def get_params(cls):
        return [(name, parameter) for name, parameter in super().get_params() if name != "first"]


@pytest.fixture(autouse=True)
def put_back(monkeypatch):
    monkeypatch.setattr(luigi.Task, "get_params", vars(luigi.Task)["get_params"])


def test_every_class_has_the_parameters_that_luigi_finds():
    classes = (Base, Own, luigi.Task, luigi.WrapperTask)
    before = [cls.get_params() for cls in classes]

    remember_parameters()

    for _ in range(2):
        assert [cls.get_params() for cls in classes] == before
    assert Own().to_str_params() == {"second": "2"}


def test_what_is_added_to_a_class_or_its_base_is_found():
    remember_parameters()

    class Later(Base):
        pass

    assert [name for name, _ in Later.get_params()] == ["first"]
    Later.third = luigi.Parameter(default="3")
    assert [name for name, _ in Later.get_params()] == ["first", "third"]


def test_a_caller_may_change_what_it_gets():
    remember_parameters()

    Base.get_params().clear()

    assert [name for name, _ in Base.get_params()] == ["first"]
