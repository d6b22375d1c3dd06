"""Packages that build on Luigi, each in an environment of its own: projects in their style, both ways."""

import shutil
from pathlib import Path

import pytest
from fetching import environment_with
from product import Up
from projects import counts, files_below, lines, pipelines, plain, ran, settings_beside

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]

HERE = Path(__file__).parent


class Both:
    """A project twice: for plain `luigi`, and with `up` running in it, both of the same environment."""

    def __init__(self, folder, project, commands, modules):
        self.alone, self.served = (Path(shutil.copytree(HERE / project, folder / name)) for name in ("alone", "served"))
        self._python = commands / "python"
        beside = settings_beside(folder / "beside.cfg", modules)
        store = {"ANALYSIS_STORE": str(self.served / "store")}
        self.up = Up(self.served, str(commands / "luigi-trigger"), **beside, **store)

    def plain(self, module, family, *options):
        """What plain `luigi` counts."""
        store = {"ANALYSIS_STORE": str(self.alone / "store")}
        return plain(self.alone, module, family, *options, python=self._python, **store)

    def refusal(self, family, parameters):
        """What a request is refused with."""
        body = {"pipeline": family, "parameters": parameters}
        answer = self.up.http.post(f"{self.up.url}/api/v1/runs", json=body, timeout=30)
        assert answer.status_code == 422, answer.text
        return answer.json()["errors"]

    def told(self, run):
        """Stream, family of the task, and text of each line of a run that a task has said."""
        return [(line["stream"], line["task"].partition("_")[0], line["text"]) for line in lines(self.up, run)
                if line["task"]]  # fmt: skip

    def tasks(self, run):
        """The tasks of a run by family; of several the last."""
        return {task["family"]: task for task in self.up.get(f"/runs/{run['id']}/tasks")["items"]}


def started(tmp_path_factory, project, requirement, modules):
    both = Both(tmp_path_factory.mktemp(project), project, environment_with(requirement), modules)
    try:
        both.up.start()
        yield both
    finally:
        both.up.end()


@pytest.fixture(scope="module")
def law(tmp_path_factory):
    yield from started(tmp_path_factory, "with_law", "law==0.1.21", "analysis")


@pytest.fixture(scope="module")
def gokart(tmp_path_factory):
    yield from started(tmp_path_factory, "with_gokart", "gokart==1.12.2", "pipeline, quickstart")


@pytest.fixture(scope="module")
def sciluigi(tmp_path_factory):
    yield from started(tmp_path_factory, "with_sciluigi", "sciluigi==0.10.1", "workflow")


def test_workflows_of_law_give_the_same(law):
    # When
    done = law.plain("analysis.tasks", "Everything")
    run = ran(law.up, "Everything", {}, workers=2)

    # Then each branch is a task
    assert run["state"] == "succeeded", run["error"]
    assert counts(law.up, run) == done.counts == {"scheduled": 10, "done": 10}
    for version in ("v1", "other"):
        for task in ("Histogram", "Merged"):
            ours, theirs = (files_below(root / "store" / task / version) for root in (law.served, law.alone))
            assert ours == theirs != {}
    assert law.tasks(run)["Merged"]["outputs"][0].startswith(str(law.served / "store" / "Merged"))
    assert {("stdout", "Histogram", "counting luigi"), ("analysis.tasks", "Merged", "6 letters")} <= set(law.told(run))
    assert counts(law.up, ran(law.up, "Everything", {})) == {"scheduled": 1, "complete": 1}

    # And what fails fails with its own error
    failed = ran(law.up, "Failing", {"attempts": 2})
    assert (failed["state"], failed["error"]["message"]) == ("failed", "RuntimeError: attempt 2 is no good")


def test_parameters_of_law_are_read_as_law_reads_them(law):
    # Given
    text = {"words": "x,yy", "branch": 1, "version": "text"}

    # When
    done = law.plain("analysis.tasks", "Histogram", "--words", "x,yy", "--branch", "1", "--version", "text")
    run = ran(law.up, "Histogram", text)

    # Then
    assert counts(law.up, run) == done.counts == {"scheduled": 1, "done": 1}
    found = {root: (root / "store/Histogram/text/histogram_1.json").read_bytes() for root in (law.alone, law.served)}
    assert set(found.values()) == {b'{"y": 2}'}
    window = {"version": "window", "window": "90s"}
    assert law.tasks(ran(law.up, "Merged", window))["Merged"]["parameters"]["window"] == "01:30"

    # And what is none of law's texts is refused, as are law's parameters that only print and leave
    assert "cannot parse duration string 'soon'" in law.refusal("Merged", {"window": "soon"})[0]["detail"]
    assert "expected a text" in law.refusal("Merged", {"words": ["a", "b"]})[0]["detail"]
    (error,) = law.refusal("Histogram", {"print_status": "0"})
    assert error == {"pointer": "/parameters", "detail": error["detail"]}
    assert "Histogram cannot be made: SystemExit" in error["detail"]


def test_every_task_of_law_is_in_the_catalogue(law):
    families = {("analysis.tasks", name) for name in ("Everything", "Failing", "Histogram", "Merged")}
    assert pipelines(law.up) == (families, {})


def of_pipeline(folder):
    """What gokart keeps of the values of tasks; its own notes hold times."""
    found = files_below(folder / "resources")
    return {name: content for name, content in found.items() if not name.startswith(("log/", "quickstart/"))}


def test_tasks_of_gokart_give_the_same(gokart):
    # When
    done = gokart.plain("pipeline", "Total")
    run = ran(gokart.up, "Total", {}, workers=2)

    # Then
    assert run["state"] == "succeeded", run["error"]
    assert counts(gokart.up, run) == done.counts == {"scheduled": 4, "done": 4}
    expected = of_pipeline(gokart.alone)
    assert {name: of_pipeline(gokart.served).get(name) for name in expected} == expected
    assert of_pipeline(gokart.served)["total.txt"].startswith(b"total 28, drawn ")
    assert gokart.tasks(run)["Total"]["outputs"] == ["./resources/total.txt"]
    assert ("stdout", "Squares", "4 squares") in gokart.told(run)
    assert counts(gokart.up, ran(gokart.up, "Total", {})) == {"scheduled": 1, "complete": 1}

    # And a task that is given as a parameter can be given again as gokart writes it
    source = gokart.tasks(run)["Scaled"]["parameters"]["source"]
    scaled = ran(gokart.up, "Scaled", {"source": source, "factor": 10})
    assert counts(gokart.up, scaled) == {"scheduled": 2, "complete": 1, "done": 1}
    assert {error["pointer"] for error in gokart.refusal("Scaled", {"source": "Squares"})} == {"/parameters/source"}


def test_what_gokart_is_told_to_do_is_done(gokart):
    # Given a task that asks gokart for a value while it runs, one that dumps nothing, and one to be done again
    built = gokart.plain("pipeline", "Built")
    run = ran(gokart.up, "Built", {})
    assert counts(gokart.up, run) == built.counts == {"scheduled": 1, "done": 1}
    assert (gokart.served / "resources/built.txt").read_text() == "built 3"
    assert ("stdout", "Built", "3 squares") in gokart.told(run)

    empty = ran(gokart.up, "Empty", {})
    assert (empty["state"], empty["error"]["message"]) == ("failed", "gokart.task.EmptyDumpError")
    assert gokart.plain("pipeline", "Empty").counts == {"scheduled": 1, "failed": 1}

    for _ in range(2):
        again = ran(gokart.up, "Squares", {"until": 6, "rerun": True})
        assert counts(gokart.up, again) == {"scheduled": 1, "done": 1}
        assert again["state"] == "succeeded"


def test_a_module_of_gokart_that_needs_what_a_pipeline_gives_at_import_is_refused_with_the_reason(gokart):
    found, broken = pipelines(gokart.up)
    assert found == {("pipeline", name) for name in ("Built", "Drawn", "Empty", "Scaled", "Squares", "Total")}
    assert broken.keys() == {"quickstart"}
    assert broken["quickstart"].startswith("FileNotFoundError: ")
    assert "; importing it would run a pipeline (quickstart.py, line 13); that is left out" in broken["quickstart"]


def test_workflows_of_sciluigi_give_the_same(sciluigi):
    # When
    done = sciluigi.plain("workflow", "Study")
    run = ran(sciluigi.up, "Study", {})

    # Then
    assert run["state"] == "succeeded", run["error"]
    assert counts(sciluigi.up, run) == done.counts == {"scheduled": 4, "complete": 1, "done": 3}
    assert files_below(sciluigi.served / "out") == files_below(sciluigi.alone / "out")
    assert (sciluigi.served / "out/joined.txt").read_text() == "one / two / three / ONE / TWO / THREE\n"
    assert sciluigi.tasks(run)["Joined"]["outputs"] == ["out/joined.txt"]
    said = [(stream, family) for stream, family, text in sciluigi.told(run) if text.startswith("Executing command")]
    assert said == [("sciluigi-interface", "Upper")]
    audits = [[name for name in files_below(root / "audit") if name.endswith(".audit")]
              for root in (sciluigi.alone, sciluigi.served)]  # fmt: skip
    assert [len(names) for names in audits] == [1, 1]

    # And the second time only the workflow itself runs, whose outputs are named after the time, with several workers
    again = ran(sciluigi.up, "Study", {}, workers=2)
    assert counts(sciluigi.up, again) == sciluigi.plain("workflow", "Study").counts
    assert counts(sciluigi.up, again) == {"scheduled": 2, "complete": 1, "done": 1}


def test_every_task_of_sciluigi_is_in_the_catalogue(sciluigi):
    assert pipelines(sciluigi.up) == ({("workflow", name) for name in ("Joined", "Study", "Upper", "Words")}, {})
