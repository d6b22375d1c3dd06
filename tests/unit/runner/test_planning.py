"""The walk that plans are made of asks what Luigi's own worker asks, and finds the same."""

import collections
from pathlib import Path

import luigi
import pytest
from luigi.parameter import ParameterVisibility
from luigi.scheduler import Scheduler
from luigi.worker import TaskException, Worker

from trigger_service.runner.planning import TimeIsUp, Walker
from trigger_service.runner.privacy import Privacy


class AnyParameter(luigi.Parameter):
    """Takes anything, without a warning."""


class Root(luigi.Task):
    """Requires whatever the test says."""

    required = AnyParameter(significant=False)

    def requires(self):
        return self.required

    def complete(self):
        return False


class File(luigi.Task):
    path = luigi.PathParameter()

    def output(self):
        return luigi.LocalTarget(str(self.path))


class Pair(File):
    def requires(self):
        return {"files": (File(f"{self.path}.1"), [File(f"{self.path}.2")]), "same": File(f"{self.path}.1")}


class OneByOne(File):
    def requires(self):
        yield File(f"{self.path}.1")
        yield File(f"{self.path}.2")


class Given(luigi.ExternalTask):
    path = luigi.PathParameter()

    def output(self):
        return luigi.LocalTarget(str(self.path))


class Dynamic(File):
    def run(self):
        yield File(f"{self.path}.later")


class Everything(luigi.WrapperTask):
    path = luigi.PathParameter()

    def requires(self):
        return Pair(f"{self.path}.pair"), Given(f"{self.path}.given")


class Switched(File):
    disabled = True

    def requires(self):
        return File(f"{self.path}.below")


class Empty(luigi.Task):
    path = luigi.PathParameter()


class FailsWhenAsked(luigi.Task):
    path = luigi.PathParameter()

    def complete(self):
        raise OSError("the disk is away")


class SaysNothing(luigi.Task):
    path = luigi.PathParameter()

    def complete(self):
        return None


class RequiresNonsense(File):
    def requires(self):
        return File(self.nonsense)


class OutputFails(luigi.Task):
    path = luigi.PathParameter()

    def output(self):
        return luigi.LocalTarget(self.nowhere)


class Chain(File):
    length = luigi.IntParameter()

    def requires(self):
        return Chain(path=f"{self.path}.", length=self.length - 1) if self.length else []


class Circle(File):
    n = luigi.IntParameter()

    def requires(self):
        return Circle(path=self.path, n=(self.n + 1) % 3)


KINDS = (Pair, OneByOne, Given, Dynamic, Everything, Switched, Empty, FailsWhenAsked, SaysNothing, RequiresNonsense)
KINDS += (OutputFails,)


def privacy():
    return Privacy({}, "", in_memory=True, publish=lambda _: None)


def walked(root, **about):
    walker = Walker(lambda question: question(), about.get("task_limit"), about.get("knows") or privacy())
    return {finding.task_id: finding for finding in walker.walk(root)}, walker


def as_luigi_has_it(root, **config):
    """By task id what stock Luigi tells its scheduler: status and whether it can be run; and the dependencies."""
    told, dependencies = {}, {}

    class Listening(Scheduler):
        def add_task(self, *args, **kwargs):
            told[kwargs["task_id"]] = (kwargs["status"], bool(kwargs["runnable"]))
            dependencies[kwargs["task_id"]] = set(kwargs["deps"] or ())
            return super().add_task(*args, **kwargs)

    with Worker(scheduler=Listening(), worker_id="stock", **config) as worker:
        worker.add(root)
    return told, dependencies


#: What stock Luigi tells of a task of each kind.
TOLD = {
    "complete": {("DONE", False)},
    "ready": {("PENDING", True)},
    "dynamic": {("PENDING", True)},
    "missing": {("PENDING", False)},
    "broken": {("UNKNOWN", False)},
    "withheld": {("DISABLED", False), ("DISABLED", True), ("UNKNOWN", False)},
}


def check_against_luigi(root, **config):
    found, _ = walked(root, **config)
    told, dependencies = as_luigi_has_it(root, **config)
    assert found.keys() == told.keys()
    for task_id, finding in found.items():
        assert told[task_id] in TOLD[finding.kind], (task_id, finding.kind, told[task_id])
        assert set(finding.requires) == dependencies[task_id]
    return found


@pytest.mark.filterwarnings("ignore:Task .* without outputs")
@pytest.mark.parametrize("existing", [(), ("x",), ("x.1",), ("x.pair",), ("x.1", "x.2"), ("x.given", "x.pair.1")])
@pytest.mark.parametrize("kind", KINDS)
def test_it_finds_what_luigi_finds(kind, existing, tmp_path):
    for name in existing:
        (tmp_path / name).touch()

    check_against_luigi(Root(required=[kind(path=tmp_path / "x"), File(tmp_path / "other")]))


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
def test_what_is_beyond_luigis_task_limit_is_what_luigi_leaves_out(limit, tmp_path):
    found = check_against_luigi(Root(required=[Pair(tmp_path / "a"), Pair(tmp_path / "b")]), task_limit=limit)

    assert collections.Counter(finding.kind for finding in found.values())["withheld"] == len(found) - limit


def test_a_complete_tasks_requirements_are_not_looked_at(tmp_path):
    (tmp_path / "x").touch()

    found, _ = walked(Pair(tmp_path / "x"))

    assert [(finding.kind, finding.requires) for finding in found.values()] == [("complete", ())]


def test_the_reason_names_the_missing_output(tmp_path):
    (finding,) = walked(File(tmp_path / "x"))[0].values()

    assert finding.why == f"{tmp_path}/x does not exist"
    assert finding.outputs == (f"{tmp_path}/x",)


def test_a_generator_as_run_is_dynamic(tmp_path):
    (finding,) = walked(Dynamic(tmp_path / "x"))[0].values()

    assert finding.kind == "dynamic"
    assert "only known while it runs" in finding.why


@pytest.mark.parametrize(
    ("kind", "method", "type_", "said"),
    [
        (FailsWhenAsked, "complete", "OSError", "the disk is away"),
        (SaysNothing, "complete", "TypeError", "boolean"),
        (RequiresNonsense, "requires", "AttributeError", "nonsense"),
        (OutputFails, "output", "AttributeError", "nowhere"),
    ],
)
def test_an_error_is_located_in_the_users_code(kind, method, type_, said, tmp_path):
    (finding,) = walked(kind(path=tmp_path / "x"))[0].values()

    assert (finding.kind, finding.fault.method, finding.fault.type) == ("broken", method, type_)
    assert said in finding.fault.message
    if kind is not SaysNothing:
        line = Path(__file__).read_text().splitlines()[finding.fault.line - 1]
        assert finding.fault.file.endswith("test_planning.py")
        assert "raise OSError" in line or "self.no" in line


@pytest.mark.parametrize("odd", [luigi.LocalTarget("x"), "text", 7])
def test_what_is_no_task_makes_luigi_refuse_the_run_and_the_walk_says_so(odd, tmp_path):
    root = Root(required=[File(tmp_path / "x"), odd])
    with pytest.raises((Exception, TaskException)):
        as_luigi_has_it(root)

    found, walker = walked(root)

    assert found[root.task_id].kind == "broken"
    assert walker.refusal.method == "requires"
    assert type(odd).__name__ in walker.refusal.message


def test_a_task_that_ends_the_process_when_asked_makes_a_refusal(tmp_path):
    class Leaves(File):
        def complete(self):
            raise SystemExit(3)

    found, walker = walked(Root(required=[Leaves(tmp_path / "x")]))

    assert walker.refusal.type == "SystemExit"
    assert [finding.kind for finding in found.values()] == ["ready", "broken"]


def test_a_long_chain_and_a_circle_end(tmp_path):
    assert len(check_against_luigi(Chain(path=tmp_path / "x", length=300))) == 301
    assert len(check_against_luigi(Circle(path=tmp_path / "x", n=0))) == 3


def test_private_values_are_kept_apart(tmp_path):
    class Secretive(File):
        password = luigi.Parameter(visibility=ParameterVisibility.PRIVATE)
        hidden = luigi.Parameter(visibility=ParameterVisibility.HIDDEN, default="hush")
        flag = luigi.BoolParameter(visibility=ParameterVisibility.PRIVATE, default=True)

    knows = privacy()
    found, _ = walked(Secretive(path=tmp_path / "x", password="hunter2"), knows=knows)

    assert next(iter(found.values())).parameters == {"path": f"{tmp_path}/x"}
    assert next(iter(found.values())).private
    assert not any(finding.private for finding in walked(File(tmp_path / "x"))[0].values())
    assert knows.mask.text("hunter2 and hush") == "*** and ***"


def test_an_interruption_goes_through(tmp_path):
    def guard(question):
        raise TimeIsUp

    walker = Walker(guard, None, privacy())
    with pytest.raises(TimeIsUp):
        next(walker.walk(File(tmp_path / "x")))
    assert walker.asked == (File(tmp_path / "x").task_id, "output")
