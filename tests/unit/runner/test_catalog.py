"""What of a module is offered as a pipeline, and how it is described."""

import sys

import pytest

from trigger_service.domain.errors import PipelineNotFound
from trigger_service.runner.catalog import catalogue, merge
from trigger_service.runner.loading import find_task


@pytest.fixture
def offered(tmp_path, monkeypatch):
    """Imports modules from their texts; gives the catalogue by family."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def offer(**modules):
        for name, text in modules.items():
            (tmp_path / f"{name}.py").write_text(text)
        for name in modules:
            __import__(name)
        return {pipeline["family"]: pipeline for pipeline in merge(catalogue(modules).values())}

    yield offer
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_only_tasks_that_can_be_asked_for_are_offered(offered):
    pipelines = offered(
        shapes="""
import abc, luigi
from luigi.contrib.simulate import RunAnywayTarget
from luigi import ExternalTask

class settings(luigi.Config):
    depth = luigi.IntParameter(default=1)

class Base(luigi.Task, metaclass=type(luigi.Task)):
    @property
    @abc.abstractmethod
    def source(self):
        "Where from."

class Mixin:
    n = luigi.IntParameter()

class Real(Mixin, Base):
    source = "here"

class Hidden(luigi.Task):
    _visible_in_registry = False

Alias = Real
""",
        user="import luigi\nfrom shapes import Real\nclass Mine(Real):\n    task_namespace = 'ours'\n",
    )

    assert pipelines.keys() == {"Real", "ours.Mine"}
    assert [p["name"] for p in pipelines["Real"]["parameters"]] == ["n"]
    assert pipelines["ours.Mine"]["module"] == "user"


def test_a_pipeline_is_described_by_its_own_words(offered):
    pipelines = offered(
        told="""
import luigi
from luigi.parameter import ParameterVisibility

class Report(luigi.Task):
    '''Makes the report.

        Of a month.
    '''
    owner_email = ["a@x.org", "b@x.org"]
    tags = ("daily", "report")
    month = luigi.MonthParameter(description="which month")
    key = luigi.Parameter(default="hush", visibility=ParameterVisibility.PRIVATE, significant=False)

class Heir(Report):
    @property
    def owner_email(self):
        return "c@x.org"
"""
    )
    report = pipelines["Report"]

    assert report["doc"] == "Makes the report.\n\nOf a month."
    assert (report["owner"], report["tags"], report["line"]) == ("a@x.org, b@x.org", ["daily", "report"], 5)
    assert report["file"].endswith("told.py")
    month, key = report["parameters"]
    assert (month["required"], month["description"], month["type"]) == (True, "which month", "MonthParameter")
    assert (key["required"], key["visibility"], key["significant"]) == (False, "private", False)
    assert "hush" not in str(pipelines)
    assert (pipelines["Heir"]["doc"], pipelines["Heir"]["owner"]) == ("", "")


def test_what_another_task_names_is_required_and_roots_stand_first(offered):
    pipelines = offered(
        upstream="import luigi\n" + "".join(f"class {n}(luigi.Task): pass\n" for n in ("Load", "Clean", "Late")),
        flow="""
import luigi, upstream
from luigi.util import requires
from upstream import Clean

@requires(upstream.Load)
class Join(luigi.Task):
    pass

class Root(luigi.WrapperTask):
    def requires(self):
        from upstream import Late as Later
        yield Join()
        yield self.clone(Clean)
        yield Later()

class Again(luigi.Task):
    def requires(self):
        return Again()
""",
    )

    assert {family: tuple(p["required_by"]) for family, p in pipelines.items()} == {
        "Again": (),
        "Root": (),
        "Load": ("Join",),
        "Join": ("Root",),
        "Clean": ("Root",),
        "Late": ("Root",),
    }
    assert [p["root"] for p in pipelines.values()] == [True, True, False, False, False, False]


def test_a_family_of_two_modules_is_found_in_each(offered):
    text = "import luigi\nclass Same(luigi.Task): pass\n"

    offered(one=text, two=text)

    assert find_task("one", "Same").__module__ == "one"
    assert find_task("two", "Same").__module__ == "two"


def test_a_class_that_a_decorator_has_wrapped_is_found_as_it_is_now(offered):
    offered(
        wrapped="""
import luigi

def noisy(cls):
    class Wrapped(cls):
        loud = luigi.BoolParameter()
    Wrapped.__name__ = cls.__name__
    return Wrapped

@noisy
class Job(luigi.Task):
    pass
"""
    )

    assert [name for name, _ in find_task("wrapped", "Job").get_params()] == ["loud"]


def test_a_family_that_is_not_there_is_told_with_its_neighbours(offered):
    offered(near="import luigi\nclass FlightsReport(luigi.Task): pass\n")

    with pytest.raises(PipelineNotFound, match="FlightsReport"):
        find_task("near", "FlightReport")
