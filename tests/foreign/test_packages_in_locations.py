"""Packages that build on Luigi, each in a location whose environment has nothing but what pip installs for it."""

import shutil
import subprocess
from pathlib import Path

import pytest
from fetching import environment_of, source_of
from polling import until
from product import Up
from projects import PORTS, counts, files_below, lines, pipelines, plain, ran

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

HERE = Path(__file__).parent
PACKAGES = {"law": "law==0.1.21", "gokart": "gokart==1.12.2", "sciluigi": "sciluigi==0.10.1"}
#: What each location offers: our projects in the style of the package, and the tests of its own source distribution.
MODULES = {
    "law": "analysis",
    "gokart": "pipeline, test.test_build, test.test_restore_task_by_id, test.test_task_instance_parameter",
    "sciluigi": "workflow, test_dependencies, test_paramval",
}
#: Where the tests of sciluigi write, whoever runs them.
WRITTEN = ("out_x_*.txt", "out_x_*.txt.daa.txt", "intparamtask_intval_123.txt")


class Lodgings(Up):
    """`up` with a location for each package, and each project once more for plain `luigi`."""

    def __init__(self, folder):
        super().__init__(folder, ANALYSIS_STORE=str(folder / "store"))
        self.commands = {name: environment_of(requirement) for name, requirement in PACKAGES.items()}
        settings = [PORTS]
        for name, requirement in PACKAGES.items():
            settings += [f"[location:{name}]", f"python = {self.commands[name] / 'python'}", f"folder = served/{name}"]
            settings += [f"modules = {MODULES[name]}", "path = test" if name == "sciluigi" else ""]
            for root in (folder / "served", folder / "alone"):
                shutil.copytree(HERE / f"with_{name}", root / name)
                if name != "law":  # whose tests have no tasks
                    shutil.copytree(source_of(requirement) / "test", root / name / "test")
        (folder / "luigi.cfg").write_text("\n".join(settings))

    def wait_until_ready(self):
        """Nine processes take longer than three."""
        until(lambda: self.told() or self.process.poll() is not None, "service.json", 75.0)
        assert self.process.poll() is None, self.said()

    def plain(self, name, module, family, *options):
        """What plain `luigi` counts."""
        variables = {"ANALYSIS_STORE": str(self.folder / "alone/store"), "PYTHONPATH": "test"}
        python = self.commands[name] / "python"
        return plain(self.folder / "alone" / name, module, family, *options, python=python, **variables)

    def ran(self, name, family, parameters, **more):
        """A run in the location of a package, once it has ended; parameters as JSON values."""
        return ran(self, family, parameters, location=name, **more)

    def printed(self, run):
        """The lines that tasks have printed."""
        return {line["text"] for line in lines(self, run) if line["task"] and line["stream"] == "stdout"}


@pytest.fixture(scope="module")
def lodgings(tmp_path_factory):
    made = Lodgings(tmp_path_factory.mktemp("lodgings"))
    try:
        yield made.start()
    finally:
        made.end()


@pytest.fixture
def clean_slate():
    """Without the files that the tests of sciluigi write, before and after."""

    def clear():
        for pattern in WRITTEN:
            for file in Path("/tmp").glob(pattern):
                file.unlink()

    clear()
    yield clear
    clear()


@pytest.mark.parametrize("name", PACKAGES)
def test_the_environments_have_the_package_and_nothing_of_ours(lodgings, name):
    python = lodgings.commands[name] / "python"
    found = subprocess.run([python, "-m", "pip", "list"], capture_output=True, text=True, check=True).stdout.lower()
    assert name in found
    assert not {"luigi-trigger", "sqlalchemy", "flask"} & set(found.split())


def test_all_of_their_tasks_are_offered(lodgings):
    found, broken = pipelines(lodgings)
    assert broken == {}
    assert {
        ("analysis.tasks", "Everything"),
        ("pipeline", "Total"),
        ("test.test_build", "_ParallelRunner"),
        ("test.test_restore_task_by_id", "test.test_restore_task_by_id._SubDummyTask"),
        ("workflow", "Study"),
        ("test_dependencies", "MultiInOutWf"),
    } <= found


def test_a_workflow_of_law_gives_the_same(lodgings):
    done = lodgings.plain("law", "analysis.tasks", "Everything")
    run = lodgings.ran("law", "Everything", {}, workers=2)
    assert run["state"] == "succeeded", run["error"]
    assert counts(lodgings, run) == done.counts == {"scheduled": 10, "done": 10}
    assert files_below(lodgings.folder / "store") == files_below(lodgings.folder / "alone/store") != {}
    assert "counting luigi" in lodgings.printed(run)


def test_a_pipeline_of_gokart_gives_the_same(lodgings):
    done = lodgings.plain("gokart", "pipeline", "Total")
    run = lodgings.ran("gokart", "Total", {}, workers=2)
    assert run["state"] == "succeeded", run["error"]
    assert counts(lodgings, run) == done.counts == {"scheduled": 4, "done": 4}
    ours, theirs = (
        (lodgings.folder / root / "gokart/resources/total.txt").read_bytes() for root in ("served", "alone")
    )
    assert ours == theirs
    assert "4 squares" in lodgings.printed(run)


def test_tasks_of_gokarts_own_tests_end_as_they_do_without_us(lodgings):
    # One needs ten others, and one fails
    done = lodgings.plain("gokart", "test.test_build", "_ParallelRunner")
    run = lodgings.ran("gokart", "_ParallelRunner", {}, workers=2)
    assert counts(lodgings, run) == done.counts
    assert (run["state"], done.counts["done"]) == ("succeeded", done.counts["scheduled"])
    failed = lodgings.ran("gokart", "test.test_build._DummyFailedTask", {})
    assert (failed["state"], failed["error"]["message"]) == ("failed", "RuntimeError")
    assert lodgings.plain("gokart", "test.test_build", "test.test_build._DummyFailedTask").counts["failed"] == 1


def test_a_workflow_of_sciluigi_gives_the_same(lodgings):
    done = lodgings.plain("sciluigi", "workflow", "Study")
    run = lodgings.ran("sciluigi", "Study", {})
    assert run["state"] == "succeeded", run["error"]
    assert counts(lodgings, run) == done.counts == {"scheduled": 4, "complete": 1, "done": 3}
    ours, theirs = (files_below(lodgings.folder / root / "sciluigi/out") for root in ("served", "alone"))
    assert ours == theirs != {}


@pytest.mark.parametrize(
    ("module", "family"), [("test_dependencies", "MultiInOutWf"), ("test_paramval", "NonStringParamWF")]
)
def test_workflows_of_sciluigis_own_tests_give_the_same(lodgings, clean_slate, module, family):
    done = lodgings.plain("sciluigi", module, family)
    assert done.counts["done"] == done.counts["scheduled"]
    clean_slate()
    run = lodgings.ran("sciluigi", family, {})
    assert run["state"] == "succeeded", run["error"]
    assert counts(lodgings, run) == done.counts
