"""`oldshop`, a project as they have been written for ten years, runs unchanged and gives what plain `luigi` gives."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from product import Up
from projects import counts, files_below, lines, pipelines, plain, ran, settings_beside

OLDSHOP = Path(__file__).with_name("oldshop")
NIGHTLY = {"day": "2016-03-02"}
ENVIRONMENT = {"SHOP_REGION": "north", "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Two copies of the project: one for plain `luigi`, one with `up` running in it. A test does the same in both."""
    folder = tmp_path_factory.mktemp("oldshop")
    alone, served = (Path(shutil.copytree(OLDSHOP, folder / name)) for name in ("alone", "served"))
    service = Up(served, **settings_beside(folder / "beside.cfg", "shop"), **ENVIRONMENT)
    try:
        yield alone, service.start()
    finally:
        service.end()


def logged(folder):
    """What the project's own logging wrote, in whatever order tasks ran."""
    return sorted((folder / "shop.log").read_text().splitlines())


def outputs(folder):
    """What the tasks wrote; the days may have been closed in either order."""
    found = files_below(folder / "out")
    return {name: sorted(text.splitlines()) if name.endswith("marks.txt") else text for name, text in found.items()}


def test_an_old_project_gives_the_same_with_and_without_the_service(both):
    # Given
    alone, service = both

    # When
    done = plain(alone, "shop", "Nightly", "--day", "2016-03-02", **ENVIRONMENT)
    run = ran(service, "Nightly", NIGHTLY, workers=2)

    # Then the project is the same from outside
    assert done.status == 0, done.said
    assert run["state"] == "succeeded"
    assert run["progress"] == {"total": 15, "done": 15, "failed": 0, "running": 0}
    assert outputs(service.folder) == outputs(alone)
    assert b"net   101.05 EUR" in outputs(alone)["nightly/report-2016-03-02.txt"]
    assert logged(service.folder) == logged(alone)

    # And each line has its task, its logger and its level once
    told = [(line["level"], line["stream"], line["text"]) for line in lines(service, run) if line["task"]]
    assert told.count(("WARNING", "shop.Closing", "closing with 146 characters")) == 1
    assert told.count(("INFO", "stdout", "printed 1004")) == 1
    assert not [text for _, stream, text in told if stream == "stderr" and "closing" in text]

    # And there is nothing to do the second time
    assert counts(service, ran(service, "Nightly", NIGHTLY)) == {"scheduled": 1, "complete": 1}


def test_an_old_project_fails_as_it_does_in_luigi(both):
    alone, service = both
    done = plain(alone, "shop", "Broken", "--day", "2016-03-01", **ENVIRONMENT)
    run = ran(service, "Broken", {"day": "2016-03-01"})
    assert done.status == 30
    assert (run["state"], run["error"]["message"]) == ("failed", "ValueError: no tape in till 7")
    name = "event-Broken_2016_03_01_6266d03558.failure"
    assert outputs(service.folder)[f"nightly/{name}"] == outputs(alone)[f"nightly/{name}"]


def test_every_task_of_an_old_project_is_in_the_catalogue(both):
    _, service = both
    found, broken = pipelines(service)
    assert {module: {family for other, family in found if other == module} for module, _ in found} == {
        "shop.tasks.nightly": {"Broken", "Closing", "Nightly"},
        "shop.tasks.orders": {"Labels", "OrderFile", "Orders"},
        "shop.tasks.revenue": {"RegionReport", "Revenue"},
    }
    assert broken == {}


def test_the_tests_of_an_old_project_pass_beside_the_service(both):
    _, service = both
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(command, cwd=service.folder, capture_output=True, text=True, timeout=30)
    assert "2 passed" in done.stdout, done.stdout


def test_a_logging_configuration_that_is_not_there_fails_the_run_as_it_does_in_luigi(both):
    # Given
    alone, service = both
    for folder in (alone, service.folder):
        (folder / "etc").rename(folder / "elsewhere")

    # When
    done = plain(alone, "shop", "Orders", "--day", "2016-03-01", **ENVIRONMENT)
    run = ran(service, "Orders", {"day": "2016-03-01"})
    for folder in (alone, service.folder):
        (folder / "elsewhere").rename(folder / "etc")

    # Then
    told = "Unable to locate specified logging configuration file"
    assert done.status == 40
    assert told in done.said
    assert run["state"] == "failed"
    assert told in run["error"]["message"]


@pytest.mark.skipif(
    not find_spec("toml") and os.environ.get("CI") != "true", reason="luigi reads a luigi.toml by the package toml"
)
def test_a_luigi_toml_holds_as_a_luigi_cfg_does(up, tmp_path):
    # Given the project with its luigi.toml only, in which the product's settings stand too
    alone, served = (Path(shutil.copytree(OLDSHOP, tmp_path / name)) for name in ("alone", "served"))
    for folder in (alone, served):
        (folder / "luigi.cfg").unlink()
        (folder / "client.cfg").unlink()
    text = '[trigger_service]\nmodules = ["shop"]\nport = 0\nluigid_port = 0\n'
    served.joinpath("luigi.toml").write_text(OLDSHOP.joinpath("luigi.toml").read_text() + text)
    service = up(served, LUIGI_CONFIG_PARSER="toml", **ENVIRONMENT).start()

    # When
    done = plain(alone, "shop", "Nightly", "--day", "2016-03-02", LUIGI_CONFIG_PARSER="toml", **ENVIRONMENT)
    run = ran(service, "Nightly", NIGHTLY)

    # Then
    assert done.status == 0
    assert run["state"] == "succeeded"
    assert outputs(served) == outputs(alone)
    assert logged(served) == logged(alone)
    assert "INFO shop.events Nightly is done" in logged(served)


def test_a_parser_that_luigi_lacks_a_package_for_is_told(up, tmp_path):
    (tmp_path / "toml.py").write_text("raise ImportError('there is no toml')")
    service = up(tmp_path, LUIGI_CONFIG_PARSER="toml", PYTHONPATH=str(tmp_path)).launch()
    assert service.wait() == 2
    assert "luigi cannot be imported: Parser not installed yet" in service.said()
    assert "luigi[toml]" in service.said()
    assert "Traceback" not in service.said()
