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


def test_what_is_required_is_seen_through_helpers_lists_decorators_and_bases(offered):
    names = ("ByHelper", "InList", "ByDecorator", "ByBase", "ByParameter", "ByInstance", "ByNested", "Unused")
    pipelines = offered(
        far="import luigi\n" + "".join(f"class {n}(luigi.Task): pass\n" for n in names),
        parts="import far\nSOURCES = [far.InList]\nREADY = {'one': far.ByInstance()}\n"
        "def sources():\n    return [each() for each in (lambda: far.ByHelper(),)]\n",
        seen="""
import functools, luigi, far, parts
from luigi.util import requires, inherits

def logged(method):
    @functools.wraps(method)
    def call(self):
        return method(self)
    return call

class Base(luigi.Task):
    def requires(self):
        return far.ByBase()
    def run(self):
        raise NotImplementedError

class Helped(luigi.Task):
    @logged
    def requires(self):
        return parts.sources() + [source() for source in parts.SOURCES] + [parts.READY["one"]]

@requires(far.ByDecorator)
class Decorated(luigi.Task):
    pass

class Inheriting(Base):
    def requires(self):
        return [super().requires()]

class Replacing(Base):
    def requires(self):
        return []

class Choosing(luigi.Task):
    which = luigi.TaskParameter(default=far.ByParameter)

class Nesting(luigi.Task):
    def run(self):
        def late():
            yield far.ByNested()
        yield from late()

@inherits(far.Unused)
class Borrowing(luigi.Task):
    pass
""",
    )

    assert {name: pipelines[name]["required_by"] for name in names} == {
        "ByHelper": ["Helped"],
        "InList": ["Helped"],
        "ByInstance": ["Helped"],
        "ByDecorator": ["Decorated"],
        "ByBase": ["Base", "Inheriting"],
        "ByParameter": ["Choosing"],
        "ByNested": ["Nesting"],
        "Unused": [],
    }
    assert pipelines["Base"]["root"]


def test_classes_that_another_module_made_for_this_one_are_this_ones(offered):
    pipelines = offered(
        makers="""
import luigi

def noisy(cls):
    class Wrapped(cls):
        loud = luigi.BoolParameter()
    Wrapped.__name__ = cls.__name__
    return Wrapped

def make(name):
    return type(name, (luigi.Task,), {})
""",
        mine="""
import luigi, makers

@makers.noisy
class Job(luigi.Task):
    pass

Made = makers.make("Made")
""",
        borrows="from mine import Job, Made\n",
    )

    assert {name: (entry["module"], entry["line"]) for name, entry in pipelines.items()} == {
        "Job": ("mine", 5),
        "Made": ("mine", 8),
    }
    assert [parameter["name"] for parameter in pipelines["Job"]["parameters"]] == ["loud"]
    assert [name for name, _ in find_task("mine", "Job").get_params()] == ["loud"]


def test_a_family_that_two_classes_of_one_module_have_is_not_offered_but_told(offered):
    made = "import luigi\ndef make():\n    class Job(luigi.Task): pass\n    return Job\nOne = make()\nTwo = make()\n"
    assert offered(twins=made) == {}

    (remark,) = catalogue(["twins"])["twins"]["remarks"]

    assert remark["module"] == "twins"
    assert "the family 'Job' is that of several classes: One (line 5), Two (line 6)" in remark["reason"]


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


def test_a_class_that_cannot_be_described_hides_no_other_and_names_of_luigis_own_are_free(offered):
    offered(
        odd="""
import luigi

class Csv(luigi.Parameter):
    _choices = None
    _enum = None

class Mute(luigi.Parameter):
    @property
    def significant(self):
        raise LookupError("nobody knows")
    @significant.setter
    def significant(self, value):
        pass

class Good(luigi.Task):
    words = Csv(default="a")

class Bad(luigi.Task):
    what = Mute()
"""
    )

    part = catalogue(["odd"])["odd"]

    assert [entry["family"] for entry in part["pipelines"]] == ["Good"]
    reasons = [remark["reason"] for remark in part["remarks"]]
    assert reasons == ["Bad cannot be described, so it is not offered: LookupError: nobody knows"]


def test_a_default_that_ends_the_process_or_gives_no_answer_hides_no_pipeline_and_is_told(offered, configured):
    configured("[Leaving]\nhow = now\n[Hanging]\nhow = now\n[Waiting]\nhow = now\n")

    pipelines = offered(
        odd="""
import luigi, sys, time

class Exit(luigi.Parameter):
    def parse(self, text):
        sys.exit(3)

class Sleep(luigi.Parameter):
    def parse(self, text):
        time.sleep(600)

class Good(luigi.Task):
    n = luigi.IntParameter(default=1)

class Leaving(luigi.Task):
    how = Exit()

class Hanging(luigi.Task):
    how = Sleep()

class Waiting(luigi.Task):
    how = Sleep(visibility=luigi.parameter.ParameterVisibility.PRIVATE)
"""
    )

    assert {family: entry["remark"] for family, entry in pipelines.items()} == {
        "Good": "",
        "Leaving": "the default of how cannot be used: SystemExit: 3",
        "Hanging": "the default of how cannot be used: NoAnswer: its code gave no answer within 2 s",
        "Waiting": "the default of how cannot be used",
    }


def test_what_a_module_holds_besides_tasks_is_not_touched(offered):
    pipelines = offered(
        lazy="""
import luigi

class Lazy:
    '''Connects to something when anybody looks at it.'''
    def __getattribute__(self, name):
        raise ConnectionError(name)

session = Lazy()

class Loads(luigi.Task):
    def requires(self):
        return session.query()
""",
        twin="import luigi\nfrom lazy import session\nclass Loads(luigi.Task): pass\n",
    )

    assert pipelines.keys() == {"Loads"}
    assert find_task("lazy", "Loads").__module__ == "lazy"
