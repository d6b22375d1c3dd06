"""How an attempt ends, for every way in which it may end, and where stock Luigi would say something else."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from attempts import HERE, ROOT
from polling import until


def stock(luigid, results, family, *arguments):
    """Plain `luigi` on the same task and the same luigid."""
    command = [sys.executable, "-m", "luigi", "--module", "sample_tasks", family, "--root", str(results)]
    command += ["--scheduler-url", luigid.url, "--no-lock", *arguments]
    paths = os.pathsep.join((str(ROOT), str(HERE)))
    return subprocess.Popen(command, cwd=HERE, env={**os.environ, "PYTHONPATH": paths}, stderr=subprocess.PIPE)


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("workers", [1, 4])
def test_a_tree_of_tasks_runs_once_and_succeeds(attempt, results, workers):
    run = attempt("Many", workers=workers, count=10).start()

    report = run.wait()

    assert (report.outcome, report.verified, report.luigi_status) == ("succeeded", True, "SUCCESS")
    assert report.counts == {"done": 11}
    assert sorted(set(results.joinpath("ledger").read_text().split("\n"))) != []
    assert results.joinpath("ledger").read_text().count("start") == 11
    tasks = run.tasks().values()
    assert {task.status for task in tasks} == {"done"}
    assert all(task.executions == 1 and task.started_at <= task.finished_at for task in tasks)
    assert all(task.cpu_s >= 0 and task.peak_bytes > 1_000_000 for task in tasks)
    root = next(task for task in tasks if task.family == "Many")
    assert len(root.dependencies) == 10
    assert root.outputs == (str(results / "one"),)


def test_a_second_attempt_finds_everything_complete_and_runs_nothing(attempt, results):
    attempt("Many", count=3).start().wait()

    run = attempt("Many", count=3).start()

    report = run.wait()
    assert (report.outcome, report.counts) == ("succeeded", {"complete": 1})
    assert results.joinpath("ledger").read_text().count("start") == 4


def test_an_output_deleted_a_moment_ago_is_built_again(attempt, results):
    attempt("Quick").start().wait()
    results.joinpath("one").unlink()

    report = attempt("Quick").start().wait()

    assert (report.outcome, report.counts) == ("succeeded", {"done": 1})
    assert results.joinpath("one").exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failure_is_told_with_its_task_and_traceback(attempt, workers):
    run = attempt("OnFails", workers=workers).start()

    report = run.wait()

    assert report.outcome == "failed"
    assert report.error.type == "TaskFailed"
    assert report.error.message == "ValueError: the price is wrong"
    assert report.error.task_id.startswith("Fails_")
    assert "sample_tasks.py" in report.error.traceback
    statuses = {task.family: task.status for task in run.tasks().values()}
    assert statuses == {"OnFails": "pending", "Fails": "failed"}
    (raised,) = [task.raised for task in run.tasks().values() if task.family == "Fails"]
    assert (Path(raised["file"]).name, raised["function"]) == ("sample_tasks.py", "work")
    assert raised["lines"][raised["line"] - raised["first"]].strip() == 'raise ValueError("the price is wrong")'


def test_a_failure_is_told_also_where_luigis_summary_cannot_be_made(attempt):
    run = attempt("OnFailsAtFirst").start()

    report = run.wait()

    assert (report.error.type, report.error.message) == ("TaskFailed", "ValueError: the price is wrong")
    assert "Luigi's summary of the run could not be made: LookupError: the list is gone" in run.texts()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_task_that_names_a_retry_count_is_repeated_within_the_run(attempt, workers):
    run = attempt("Retried", workers=workers).start()

    assert run.wait().outcome == "succeeded"
    (task,) = run.tasks().values()
    assert (task.status, task.executions) == ("done", 3)


def test_missing_external_data_ends_the_run_at_once_with_that_reason(attempt):
    report = attempt("OnExternal").start().wait()

    assert report.outcome == "failed"
    assert report.error.type == "MissingExternal"
    assert report.error.task_id.startswith("External_")


def test_dynamic_requirements_are_built_and_become_dependencies(attempt, results):
    run = attempt("Dynamic").start()

    assert run.wait().outcome == "succeeded"
    dynamic = next(task for task in run.tasks().values() if task.family == "Dynamic")
    assert len(dynamic.dependencies) == 2
    assert dynamic.executions == 1
    assert results.joinpath("after-dynamic1").exists()


def test_a_task_that_says_done_without_its_output_fails(attempt, results, luigid):
    plain = stock(luigid, results, "Lies", "--name", "plain")
    said = plain.communicate()[1].decode()
    assert plain.returncode == 0
    assert "progress looks :)" in said

    report = attempt("Lies").start().wait()

    assert report.outcome == "failed"
    assert report.error.message == f"the task says done, but {results / 'one'} does not exist"


def test_a_task_without_outputs_succeeds_unverified(attempt):
    report = attempt("NoOutput").start().wait()

    assert (report.outcome, report.verified) == ("succeeded", False)


def test_a_task_process_that_leaves_with_status_0_has_failed_and_hangs_nothing(attempt):
    # what it does to a stock worker is shown by the tests of luigid's traps
    report = attempt("LeavesWithZero", workers=2).start().wait()

    assert report.outcome == "failed"
    assert "exit code 0" in report.error.message


def test_a_killed_task_process_is_noticed_at_once(attempt):
    def seconds(number):
        run = attempt("KillsItself", workers=2, name=number).start()
        assert "exit code -9" in run.wait().error.message
        (task,) = run.tasks().values()
        return task.finished_at - task.started_at

    # One of three: the machine may have something else to do for a while
    assert any(seconds(number) < 0.5 for number in range(3))


def test_a_task_that_ignores_termination_is_killed_and_failed_after_its_timeout(attempt, results, luigid):
    plain = stock(luigid, results, "IgnoresTermination", "--name", "plain", "--seconds", "2")
    assert "progress looks :)" in plain.communicate()[1].decode()
    assert results.joinpath("plain").exists()

    report = attempt("IgnoresTermination").start().wait()

    assert report.outcome == "failed"
    assert "timed out after 1 seconds" in report.error.message
    assert not results.joinpath("one").exists()


def test_progress_message_and_tracking_url_are_reported(attempt):
    run = attempt("Reports").start()
    run.wait()

    (task,) = run.tasks().values()
    assert (task.progress, task.message, task.tracking_url) == (40.0, "half way", "http://example.org/job/1")


def test_members_of_a_batch_share_its_fate(attempt, results):
    run = attempt("AllBatched").start()

    assert run.wait().outcome == "succeeded"
    assert results.joinpath("ledger").read_text().count("start") == 1
    assert {task.status for task in run.tasks().values()} == {"done"}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_batch_that_failed_is_repeated_once_for_all_of_its_members(attempt, results, workers):
    (results / "batch.go").touch()
    run = attempt("OnRetriedBatch", workers=workers).start()

    assert run.wait().outcome == "succeeded"
    assert results.joinpath("ledger").read_text().count("start RetriedBatch(") == 2


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupted_child_says_so_and_leaves_nothing_behind(attempt, results, workers):
    run = attempt("StartsGrandchild", workers=workers).start()
    until((results / "one.running").exists, "running task")

    run.child.send_signal(signal.SIGINT)
    report = run.wait()

    assert report.outcome == "cancelled"
    assert not results.joinpath("one").exists()
    grandchild = int((results / "grandchild").read_text())
    if workers == 2:
        assert not is_alive(grandchild)
    else:  # what the child itself has started is ended by whoever interrupts it, with the whole group
        os.kill(grandchild, signal.SIGKILL)


def test_an_interrupt_that_comes_just_before_a_blocking_call_is_noticed(attempt):
    report = attempt("MissesTheInterrupt").start().wait()

    assert report.outcome == "cancelled"


def test_task_processes_die_with_their_child(attempt, results, luigid):
    plain = stock(luigid, results, "Gated", "--name", "orphan", "--workers", "2")
    until((results / "orphan.running").exists, "running task")
    orphan = int(results.joinpath("ledger").read_text().split()[-1])
    plain.terminate()
    plain.wait()
    assert is_alive(orphan)
    (results / "orphan.go").touch()
    until((results / "orphan").exists, "what the orphan still writes")
    plain.communicate()

    run = attempt("Gated", workers=2, name="gate").start()
    until((results / "gate.running").exists, "running task")
    pid = int(results.joinpath("ledger").read_text().split()[-1])
    os.kill(run.child.pid, signal.SIGKILL)
    run.child.wait()

    until(lambda: not is_alive(pid), "end of the task process")


def test_a_second_child_on_the_same_folder_runs_nothing(attempt, results):
    run = attempt("Gated", name="gate").start()
    until((results / "gate.running").exists, "running task")

    command = [sys.executable, "-m", "trigger_service.runner", str(run.folder.path)]
    second = subprocess.run(command, env=run.environment, cwd=HERE, timeout=20)

    assert second.returncode == 0
    assert run.folder.read_exit() is None
    (results / "gate.go").touch()
    assert run.wait().outcome == "succeeded"
    assert results.joinpath("ledger").read_text().count("start") == 1
    assert subprocess.run(command, env=run.environment, cwd=HERE, timeout=20).returncode == 0
    assert results.joinpath("ledger").read_text().count("start") == 1


def test_an_error_whose_class_cannot_print_it_is_told_by_that_class(attempt):
    report = attempt("CannotBeMade").start().wait()

    assert (report.outcome, report.error.type) == ("failed", "SpeechlessError")
    assert report.error.message == "SpeechlessError: its message cannot be read"
    assert "in __init__" in report.error.traceback


def test_a_pipeline_that_cannot_be_found_is_told_so(attempt):
    report = attempt("Quikc").start().wait()

    assert report.error.message == "There is no pipeline 'Quikc'. The nearest names: Quick."
