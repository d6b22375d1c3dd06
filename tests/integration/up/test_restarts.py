"""Whatever dies is started again, and the others do not notice; a killed supervisor takes all with it but the runs."""

import os
import signal

import psutil
import pytest
import requests
from polling import until


@pytest.fixture
def product(lasting):
    """Whole and running; started again where an earlier test has ended it."""
    if not lasting.is_up():
        lasting.start()
    until(lambda: len(lasting.pids()) == 3 and ready(lasting), "everything is ready")
    return lasting


@pytest.fixture
def stopped(lasting):
    """The product before a start of its own."""
    if lasting.is_up():
        lasting.process.terminate()
        lasting.wait()
    return lasting


def ready(product):
    return requests.get(f"{product.url}/readyz", timeout=30).status_code == 200


def anew(product, killed):
    """The pids once there are three again, none of them the killed one."""
    pids = product.pids()
    return pids if len(pids) == 3 and killed not in pids.values() else None


@pytest.mark.parametrize("name", ["service", "zygote", "luigid"])
def test_a_killed_process_is_started_again_beside_the_others(product, name):
    # Given
    before, url, said = product.pids(), product.url, product.said()
    # When
    os.kill(before[name], signal.SIGKILL)
    # Then
    after = until(lambda: anew(product, before[name]), "three processes again")
    assert {other for other in before if before[other] != after[other]} == {name}
    until(lambda: ready(product), "ready")
    assert product.url == url
    product.reaches(product.trigger("Quick", f"after-{name}"), "succeeded")
    assert "was killed by signal 9; starting it again" in product.said().removeprefix(said)


def test_a_process_that_somebody_kills_again_and_again_at_the_start_is_started_again_each_time(stopped):
    # Given
    said = stopped.said() if stopped.output.exists() else ""
    stopped.launch()
    killed = set()
    # When luigid is killed as soon as it is there, more often than a process may fail
    while len(killed) < 4:
        pid = until(lambda: stopped.pids().get("luigid"), "a luigid")
        killed.add(pid)
        os.kill(pid, signal.SIGKILL)
        until(lambda pid=pid: stopped.pids().get("luigid") != pid, "its death")
    # Then everything is ready in the end
    stopped.wait_until_ready()
    assert stopped.said().removeprefix(said).count("luigid was killed by signal 9") == 4


def test_requests_wait_for_a_killed_worker_instead_of_being_refused(product):
    # Given
    (worker,) = psutil.Process(product.pids()["service"]).children()
    # When
    worker.kill()
    # Then
    assert requests.get(f"{product.url}/healthz", timeout=20).status_code == 200


def test_a_killed_supervisor_takes_all_with_it_and_a_run_goes_on_at_the_next_start(product):
    # Given a run in the middle of its work
    run_id = product.trigger("Waiting", "kill")
    product.reaches(run_id, "running")
    pids, url = product.pids(), product.url
    # When
    product.process.kill()
    product.process.wait()
    # Then
    until(lambda: not any(psutil.pid_exists(pid) for pid in pids.values()), "its processes are gone")
    product.start()
    assert product.url == url
    assert product.state(run_id) == "running"
    product.go("kill")
    product.reaches(run_id, "succeeded")
    assert (product.folder / "out/kill").read_text() == "kill"


def test_sigterm_stops_at_once_and_the_next_start_takes_up_the_run(product):
    # Given
    run_id = product.trigger("Waiting", "term")
    until(lambda: [task["status"] for task in product.get(f"/runs/{run_id}/tasks")["items"]] == ["running"], "it runs")
    # When
    product.process.send_signal(signal.SIGTERM)
    # Then
    assert product.wait() == 0
    assert not product.told()
    product.go("term")
    until((product.folder / "out/term").exists, "the task has gone on by itself")
    product.start()
    product.reaches(run_id, "succeeded")
    assert product.get(f"/runs/{run_id}")["attempts"] == 1


def test_ctrl_c_without_a_terminal_stops_at_once(product):
    product.reaches(run_id := product.trigger("Waiting", "int"), "running")
    product.process.send_signal(signal.SIGINT)
    assert product.wait() == 0
    product.go("int")
    product.start()
    product.reaches(run_id, "succeeded")


def test_an_open_stream_does_not_hold_up_the_end(product):
    product.reaches(run_id := product.trigger("Waiting", "stream"), "running")
    with requests.get(f"{product.url}/api/v1/runs/{run_id}/events", stream=True, timeout=30) as stream:
        assert stream.status_code == 200
        product.process.send_signal(signal.SIGTERM)
        assert product.wait(8) == 0
    product.abandon_runs()


def test_a_hangup_ends_it_as_sigterm_does(product):
    product.process.send_signal(signal.SIGHUP)
    assert product.wait() == 0
    assert not product.told()
