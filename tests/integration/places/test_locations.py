"""Users' code on another interpreter, in its own folder, with its own luigi.cfg; nothing of ours on its path."""

import json
import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest
from polling import until
from product import COMMAND
from settlements import Settlement, bare_interpreter, found_python, interpreter_with, own_python


def witness(settlement, family, how):
    """What a task of the location `reports` has found around itself."""
    run = settlement.ended(settlement.trigger_with(family, {}, environment="staging"))
    assert run["state"] == "succeeded", run["error"]
    return json.loads((settlement.folder / f"reports/data/witness-{how}").read_text())


@pytest.mark.parametrize(("family", "how"), [("Witness", "warm"), ("Shivering", "cold")])
def test_code_finds_its_interpreter_its_folder_and_its_search_path_and_nothing_of_ours(settlement, family, how):
    # When
    sight = witness(settlement, family, how)
    # Then
    reports = settlement.folder / "reports"
    assert Path(sight["python"]).parts[-3:-1] == ("small", "bin")
    assert sight["folder"] == str(reports)
    assert sight["path"][:2] == [str(reports), str(reports / "lib")]
    assert not any("trigger_service" in entry for entry in sight["path"])
    assert sight["argv"][0].endswith("luigi/__main__.py")
    assert sight["helper"] == "the helper"
    assert sight["importable"] == []
    assert sight["variables"]["WHO"] == "nobody else"
    assert sight["variables"]["PYTHONPATH"] == str(reports / "lib")
    assert sight["variables"]["LUIGI_CONFIG_PATH"] == str(settlement.home / "places/reports/staging/overlays.cfg")


def test_a_pipeline_that_two_locations_have_is_asked_for_with_its_location(settlement):
    refused = settlement.ask({"pipeline": "Painted"})
    assert refused.status_code == 409
    assert "jobs (" in refused.json()["detail"]
    assert "jobs of location reports (" in refused.json()["detail"]
    assert refused.json()["detail"].endswith("Say which one is meant, by its location.")
    run = settlement.ended(settlement.trigger_with("Painted", {}, location="reports", environment="staging"))
    assert (run["location"], run["parameters"]["colour"]) == ("reports", "blue")


def test_the_luigi_cfg_of_the_other_folder_is_not_read(settlement):
    shown = settlement.get("/pipelines/Painted?location=reports")
    assert [parameter["schema"]["default"] for parameter in shown["parameters"]] == ["none", "none"]


def test_a_configuration_by_which_a_worker_would_wait_for_ever_does_not_keep_a_run_from_its_end(settlement):
    # Given a location whose luigi.cfg says keep_alive and retry_external_tasks
    run = settlement.ended(settlement.trigger_with("Needy", {}, location="reports"))
    assert run["state"] == "failed"
    assert "external data dependency and data does not exist" in run["error"]["message"]


def test_dynamic_tasks_run_in_four_processes_of_the_other_interpreter(settlement):
    run_id = settlement.trigger_with("Tree", {"tag": "four"}, location="reports", workers=4)
    assert settlement.ended(run_id)["progress"] == {"total": 4, "done": 4, "failed": 0, "running": 0}
    page = until(lambda: found if (found := settlement.get(f"/runs/{run_id}/logs"))["complete"] else None, "the log")
    printed = {line["text"] for line in page["items"] if line["task"]}
    assert {"leaf 0", "leaf 1", "leaf 2", "from a subprocess"} <= printed


def test_a_plan_is_made_where_the_run_would_be(settlement):
    body = {"pipeline": "Painted", "location": "reports", "environment": "staging"}
    answer = settlement.http.post(f"{settlement.url}/api/v1/plans", json=body, timeout=20)
    assert [(task["state"], task["parameters"]["colour"]) for task in answer.json()["tasks"]] == [("will_run", "blue")]


def test_the_command_line_asks_for_a_place_and_shows_it(settlement):
    call = {"cwd": settlement.folder, "capture_output": True, "text": True, "timeout": 30}
    place = ["--location", "reports", "--env", "staging"]
    done = subprocess.run([COMMAND, "run", "Tree", "-p", "tag=cli", *place, "--wait"], **call)
    assert done.returncode == 0, done.stderr
    listed = subprocess.run([COMMAND, "runs", "--pipeline", "Tree", *place], **call).stdout.splitlines()
    assert {line.split("\t")[-1] for line in listed if not line.startswith("ID")} == {"reports/staging"}


def test_a_place_whose_interpreter_has_no_luigi_is_named_and_the_others_work(tmp_path):
    # Given
    settlement = Settlement(tmp_path, bare_interpreter(tmp_path / "bare"))
    try:
        # When
        settlement.start()
        # Then
        checks = settlement.http.get(f"{settlement.url}/readyz", timeout=30).json()
        assert checks["ready"]
        unwell = {place for place, found in checks["places"].items() if not found["zygote"]["ok"]}
        assert unwell == {"reports/default", "reports/staging"}
        assert "reports/default cannot be used, the others can" in settlement.said()
        assert "(all of location reports)" in [item["module"] for item in settlement.get("/pipelines")["broken"]]
        assert settlement.ended(settlement.trigger_with("Tree", {"tag": "on"}, environment="staging"))["state"]
        assert settlement.ask({"pipeline": "Tree", "location": "reports"}).status_code == 503
    finally:
        settlement.end()


def test_the_processes_of_a_place_are_started_again_and_its_run_goes_on(tmp_path, settlement):
    # Given a run at work in a place
    run_id = settlement.trigger("Gated", "lasting", location="reports", environment="staging")
    until(lambda: settlement.ledger("elsewhere/lasting"), "it runs")
    killed = [child for child in supervised(settlement) if "reports/staging" in " ".join(child.cmdline())]
    assert len(killed) == 2
    others = set(supervised(settlement)) - set(killed)
    # When
    for child in killed:
        child.send_signal(signal.SIGKILL)
    # Then
    until(lambda: len(supervised(settlement)) == len(killed) + len(others), "as many as before")
    until(lambda: is_well(settlement, "reports/staging"), "the place is well again")
    assert others <= set(supervised(settlement))
    again = settlement.trigger_with("Tree", {"tag": "again"}, location="reports", environment="staging")
    settlement.open_gate("elsewhere/lasting")
    assert settlement.ended(run_id)["state"] == "succeeded"
    assert settlement.ended(again)["state"] == "succeeded"
    assert len(settlement.ledger("elsewhere/lasting")) == 1


def is_well(settlement, place):
    """Whether the place can be used."""
    found = settlement.http.get(f"{settlement.url}/readyz", timeout=30).json()["places"][place]
    return all(check["ok"] for check in found.values())


def supervised(settlement):
    """The live processes that the supervisor has started."""
    return [child for child in psutil.Process(settlement.process.pid).children() if is_alive(child)]


def is_alive(process):
    """Whether a process is there, and has not ended."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # gone since it was listed
        return False


@pytest.mark.long
@pytest.mark.parametrize(("version", "requirement"), [("", "luigi==3.6.0"), ("3.9", "luigi")])
def test_older_luigis_and_pythons_run_tasks_as_the_newest_do(tmp_path, version, requirement):
    # Given
    python = found_python(version) if version else own_python()
    if python is None:
        pytest.skip(f"there is no Python {version} on this machine")
    settlement = Settlement(tmp_path, interpreter_with(tmp_path / "older", python, requirement))
    try:
        settlement.start()
        place = {"location": "reports", "environment": "staging"}
        # Then it has another Luigi than the service
        one = settlement.ended(settlement.trigger_with("Tree", {"tag": "one"}, **place))
        assert (one["state"], one["progress"]["done"]) == ("succeeded", 4)
        assert (tmp_path / "reports/data/one").read_text() < "3.8"
        # And says what is complete
        asked = {"pipeline": "Tree", "parameter": "tag", "values": ["one", "none"], **place}
        calendar = settlement.http.post(f"{settlement.url}/api/v1/calendars", json=asked, timeout=30).json()
        assert [item["status"] for item in calendar["items"]] == ["complete", "missing"]
        # And runs in several processes, fails, ends what is overdue, starts cold, and is cancelled
        four = settlement.ended(settlement.trigger_with("Tree", {"tag": "four"}, workers=4, **place))
        assert four["state"] == "succeeded"
        failed = settlement.ended(settlement.trigger_with("Painted", {}, **place))
        assert failed["error"]["message"] == "ValueError: blue"
        overdue = settlement.ended(settlement.trigger_with("Overdue", {}, workers=2, **place))
        assert "timed out after 1 seconds" in overdue["error"]["message"]
        assert settlement.ended(settlement.trigger_with("Shivering", {}, **place))["state"] == "succeeded"
        for workers in (1, 4):
            slow = settlement.trigger("Gated", f"slow-{workers}", workers=workers, **place)
            until(lambda n=workers: settlement.ledger(f"elsewhere/slow-{n}"), "it runs")
            (pid,) = settlement.ledger(f"elsewhere/slow-{workers}")
            settlement.http.post(f"{settlement.url}/api/v1/runs/{slow}/cancel", timeout=30)
            assert settlement.ended(slow)["state"] == "cancelled"
            assert not os.path.exists(f"/proc/{pid}")  # noqa: PTH110
    finally:
        settlement.end()
