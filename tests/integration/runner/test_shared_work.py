"""Runs that need the same task. Judged by the ledger that the tasks keep."""

import signal

from polling import until
from test_child import stock


def ledger(results, word, family):
    return results.joinpath("ledger").read_text().count(f"{word} {family}(")


def waiting_for(run):
    return [task.waiting_for for task in run.tasks().values() if task.waiting_for]


def test_a_run_waits_for_what_another_builds_and_says_for_whom(attempt, results, luigid):
    first = attempt("OnGated", name="first").start()
    until((results / "gate.running").exists, "running task")
    plain = stock(luigid, results, "OnGated", "--name", "plain")
    plain.communicate()
    assert plain.returncode == 0
    assert not results.joinpath("plain").exists()

    second = attempt("OnGated", name="second").start()

    until(lambda: waiting_for(second) == [f"run {first.run_id}"], "waiting")
    (results / "gate.go").touch()
    assert first.wait().outcome == "succeeded"
    assert second.wait().outcome == "succeeded"
    assert ledger(results, "start", "Gated") == 1


def test_the_same_root_twice_is_built_once_and_both_succeed(attempt, results):
    first = attempt("Gated", name="gate").start()
    until((results / "gate.running").exists, "running task")
    second = attempt("Gated", name="gate").start()
    until(lambda: waiting_for(second), "waiting")

    (results / "gate.go").touch()

    assert first.wait().outcome == "succeeded"
    assert second.wait().outcome == "succeeded"
    assert ledger(results, "start", "Gated") == 1


def test_a_worker_that_is_not_ours_is_named_by_host_and_pid(attempt, results, luigid):
    plain = stock(luigid, results, "Gated", "--name", "gate")
    until((results / "gate.running").exists, "running task")

    run = attempt("OnGated").start()

    (reason,) = until(lambda: waiting_for(run), "waiting")
    assert reason.endswith(f" pid {plain.pid}")
    (results / "gate.go").touch()
    assert run.wait().outcome == "succeeded"
    plain.communicate()


def test_what_another_run_failed_is_taken_over_and_built(attempt, results):
    first = attempt("OnGatedThenFails", name="first").start()
    until((results / "gate.running").exists, "running task")
    second = attempt("OnGatedThenFails", name="second").start()
    until(lambda: waiting_for(second), "waiting")

    # the other takes it over once the first has ended; where it is quicker, the first waits in its turn for the second
    second.child.send_signal(signal.SIGSTOP)
    (results / "gate.go").touch()
    assert first.wait().outcome == "failed"
    second.child.send_signal(signal.SIGCONT)

    assert second.wait().outcome == "succeeded"
    assert ledger(results, "start", "GatedThenFails") == 2
