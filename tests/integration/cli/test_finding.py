"""A command in a folder: which service it finds, and what it says where there is none."""

import json
import os
import subprocess
import sys

import pytest
from served import service

from trigger_service.finding import NoService, find_service


@pytest.fixture
def at(monkeypatch, tmp_path):
    """Goes into a folder, made where there is none, with no service named by the environment."""
    monkeypatch.delenv("LUIGI_TRIGGER_URL", raising=False)

    def go(name="."):
        folder = tmp_path / name
        folder.mkdir(parents=True, exist_ok=True)
        monkeypatch.chdir(folder)
        return folder

    return go


@pytest.fixture
def gone():
    """The pid of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    return process.pid


def announce(folder, url, pid=None, home=".luigi-trigger"):
    (folder / home).mkdir(parents=True, exist_ok=True)
    (folder / home / "service.json").write_text(json.dumps({"url": url, "pid": pid or os.getpid()}))


def test_a_service_is_found_from_a_folder_below(at):
    announce(at(), "http://127.0.0.1:1")

    assert find_service(at("deep/below")).url == "http://127.0.0.1:1"


def test_a_service_is_found_where_luigi_cfg_puts_its_home(at):
    folder = at()
    (folder / "luigi.cfg").write_text("[trigger_service]\nhome = var/state\n")
    announce(folder, "http://127.0.0.1:2", home="var/state")

    assert find_service(folder).url == "http://127.0.0.1:2"


def test_of_two_services_the_nearest_that_lives_is_meant(at, gone):
    announce(at(), "http://127.0.0.1:1")
    announce(at("inner"), "http://127.0.0.1:2", pid=gone)

    assert find_service(at("inner")).url == "http://127.0.0.1:1"


def test_a_service_that_was_killed_is_told_with_what_it_left(luigi_trigger, at, gone):
    folder = at()
    announce(folder, "http://127.0.0.1:1", pid=gone)

    said = luigi_trigger("runs")

    assert said.code == 5
    assert f"is left from a service (pid {gone}) that was killed" in said.err
    assert f"Start it again with `luigi-trigger up` in {folder}" in said.err


def test_an_address_where_nothing_is_leads_to_the_service_of_the_folder(luigi_trigger, at):
    with service(at("home")) as running:
        announce(at(), running.url)

        said = luigi_trigger("runs", "--url", "http://127.0.0.1:1")

    assert said.code == 5
    assert f"at {running.url}: leave out --url" in said.err


def test_a_project_that_is_not_started_is_told_how_to_start_it(luigi_trigger, at):
    project = at("my project")
    (project / "luigi.cfg").write_text("[trigger_service]\nmodules = tasks\n")

    here, below = luigi_trigger("runs"), at("my project/tasks") and luigi_trigger("runs")

    assert here.err.endswith("Start it: luigi-trigger up\n")
    assert below.err.endswith(f"Start it: cd '{project}' && luigi-trigger up\n")


def test_above_a_project_with_a_service_its_folder_is_named(luigi_trigger, at):
    announce(at("project"), "http://127.0.0.1:1")
    at()

    assert f"One runs in {at('project')}: go there" in (at() and luigi_trigger("runs").err)


def test_a_broken_service_file_is_named_with_its_mend(luigi_trigger, at):
    (at(".luigi-trigger") / "service.json").write_text("{")
    folder = at()

    said = luigi_trigger("runs")

    assert said.code == 5
    assert f"{folder}/.luigi-trigger/service.json cannot be used" in said.err
    assert "Delete it" in said.err
    with pytest.raises(NoService):
        find_service(folder)


def test_web_opens_the_run_in_the_browser_and_prints_its_address(luigi_trigger, served, tmp_path, monkeypatch):
    opened = tmp_path / "opened"
    monkeypatch.setenv("BROWSER", f"{sys.executable} -c \"open('{opened}', 'w').write('%s')\"")

    run = luigi_trigger("run", "Hello", "-p", "who=you", "--web", "--wait")

    run_id = run.out.split("\t")[0]
    address = f"{served.url}/api/v1/runs/{run_id}"
    assert (run.code, run.err.strip(), opened.read_text()) == (0, address, address)


def test_web_prints_the_address_alone_where_there_is_no_screen(luigi_trigger, served, monkeypatch):
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    run_id = luigi_trigger("run", "Hello", "-p", "who=you", "--wait").out.split("\t")[0]

    shown = luigi_trigger("runs", run_id, "--web")

    assert (shown.code, shown.err) == (0, f"{served.url}/api/v1/runs/{run_id}\n")
