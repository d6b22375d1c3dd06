"""A child that luigid does not hear of for long: the machine slept, or C code did not let go of the interpreter."""

import json
import signal
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from luigid_process import LuigidProcess
from polling import until
from test_shared_work import ledger, waiting_for


@pytest.fixture
def luigid(tmp_path):
    """One that forgets a worker after two seconds, not sixty."""
    (tmp_path / "luigi.cfg").write_text("[scheduler]\nworker_disconnect_delay = 2\n")
    own = LuigidProcess(tmp_path)
    try:
        yield own.start()
    finally:
        own.kill()


def ask(luigid, method):
    form = urlencode({"data": "{}"}).encode()
    with urlopen(f"{luigid.url}/api/{method}", form) as answer:
        return json.loads(answer.read())["response"]


def is_forgotten(luigid):
    ask(luigid, "prune")
    return not ask(luigid, "worker_list")


@pytest.mark.parametrize(
    ("family", "kind", "running", "workers"),
    [("OnGated", "Gated", "gate", 1), ("GatedAfterBatch", "GatedBatch", "batch", 2)],
)
def test_a_child_that_was_forgotten_goes_on_and_what_it_runs_is_run_by_nobody_else(
    attempt, results, luigid, family, kind, running, workers
):
    run = attempt(family, workers=workers).start()
    until((results / f"{running}.running").exists, "running task")
    run.child.send_signal(signal.SIGSTOP)
    until(lambda: is_forgotten(luigid), "a luigid that has forgotten the child")

    run.child.send_signal(signal.SIGCONT)
    until(lambda: ask(luigid, "worker_list"), "the child is heard again")
    other = attempt(family, workers=workers, name="other").start()

    until(lambda: f"run {run.run_id}" in waiting_for(other), "waiting")
    for gate in (running, "one", "other"):
        (results / f"{gate}.go").touch()
    assert run.wait().outcome == "succeeded"
    assert other.wait().outcome == "succeeded"
    assert ledger(results, "start", kind) == 1


def test_a_child_that_was_forgotten_and_reports_at_once_goes_on(attempt, results, luigid):
    run = attempt("OnGated").start()
    until((results / "gate.running").exists, "running task")
    run.child.send_signal(signal.SIGSTOP)
    until(lambda: is_forgotten(luigid), "a luigid that has forgotten the child")

    (results / "gate.go").touch()
    run.child.send_signal(signal.SIGCONT)

    assert run.wait().outcome == "succeeded"
    assert ledger(results, "start", "Gated") == 1
