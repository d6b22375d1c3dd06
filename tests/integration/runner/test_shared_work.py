"""Runs that need the same task. Judged by the ledger that the tasks keep."""

import signal

from polling import until
from test_child import stock


def ledger(results, word, family):
    return results.joinpath("ledger").read_text().count(f"{word} {family}(")


def waiting_for(run):
    return [task.waiting_for for task in run.tasks().values() if task.waiting_for]


def done_by(run, family):
    """What is known of a family's only task: its status, and who did it."""
    (found,) = [(task.status, task.done_by) for task in run.tasks().values() if task.family == family]
    return found


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
    report = second.wait()
    assert (report.outcome, report.counts) == ("succeeded", {"done": 1, "complete": 1})
    assert ledger(results, "start", "Gated") == 1
    assert (done_by(first, "Gated"), done_by(second, "Gated")) == (("done", None), ("complete", f"run {first.run_id}"))


def test_what_another_run_did_of_a_run_that_fails_is_told_too(attempt, results):
    # Given one that builds what both need, and one that needs besides what fails
    first = attempt("Gated", name="gate").start()
    until((results / "gate.running").exists, "running task")
    second = attempt("OnGatedAndFails", workers=2).start()
    until(lambda: waiting_for(second), "waiting")
    # When
    (results / "gate.go").touch()
    # Then
    assert second.wait().outcome == "failed"
    assert done_by(second, "Gated") == ("complete", f"run {first.run_id}")
    assert done_by(second, "OnGatedAndFails") == ("pending", None)


def test_what_lies_below_a_task_that_another_run_did_is_told_too(attempt, results):
    # Given two that need the same task, which needs another
    first = attempt("OnOnGated", name="first").start()
    until((results / "gate.running").exists, "running task")
    second = attempt("OnOnGated", name="second").start()
    until(lambda: waiting_for(second), "waiting")
    # When the one that did the first of them goes on, and does the second one too
    second.child.send_signal(signal.SIGSTOP)
    (results / "gate.go").touch()
    assert first.wait().outcome == "succeeded"
    second.child.send_signal(signal.SIGCONT)
    # Then
    assert second.wait().outcome == "succeeded"
    assert {done_by(second, family) for family in ("Gated", "OnGated")} == {("complete", f"run {first.run_id}")}


def test_the_same_root_twice_is_built_once_and_both_succeed(attempt, results):
    first = attempt("Gated", name="gate").start()
    until((results / "gate.running").exists, "running task")
    second = attempt("Gated", name="gate").start()
    until(lambda: waiting_for(second), "waiting")

    (results / "gate.go").touch()

    assert first.wait().outcome == "succeeded"
    assert second.wait().outcome == "succeeded"
    assert ledger(results, "start", "Gated") == 1
    assert done_by(second, "Gated") == ("complete", f"run {first.run_id}")


def test_a_worker_that_is_not_ours_is_named_by_host_and_pid(attempt, results, luigid):
    plain = stock(luigid, results, "Gated", "--name", "gate")
    until((results / "gate.running").exists, "running task")

    run = attempt("OnGated").start()

    (reason,) = until(lambda: waiting_for(run), "waiting")
    assert reason.endswith(f" pid {plain.pid}")
    (results / "gate.go").touch()
    assert run.wait().outcome == "succeeded"
    assert done_by(run, "Gated") == ("complete", reason)
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
