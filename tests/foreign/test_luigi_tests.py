"""Luigi's own tests of its scheduler and its worker, on the product's scheduler."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fetching import ROOT, luigi_source

pytestmark = [pytest.mark.long, pytest.mark.timeout(1200)]

MODULES = (
    "event_callbacks_test",
    "execution_summary_test",
    "priority_test",
    "scheduler_api_test",
    "scheduler_message_test",
    "scheduler_parameter_visibilities_test",
    "scheduler_test",
    "scheduler_visualisation_test",
    "task_progress_percentage_test",
    "task_running_resources_test",
    "task_status_message_test",
    "worker_external_task_test",
    "worker_keep_alive_test",
    "worker_multiprocess_test",
    "worker_parallel_scheduling_test",
    "worker_scheduler_com_test",
    "worker_task_test",
    "worker_test",
)
#: Tests that are not run, because how they end depends on how busy the machine is: they allow for so many seconds.
TIMED = (
    "task_running_resources_test.py::ConcurrentRunningResourcesTest",
    "worker_task_test.py::TaskProcessTest::test_cleanup_children_on_terminate",
)
#: How many tests these have, at least.
TESTS = 400
GIVEN_BACK = "what a worker that is gone ran is pending again, and not failed (decision 20)"
#: What the product's scheduler does otherwise on purpose, and why.
DIFFERENT = {
    "scheduler_api_test.py::SchedulerApiTest::test_assistant_doesnt_keep_alive_task": GIVEN_BACK,
    "scheduler_api_test.py::SchedulerApiTest::test_batch_fail_from_dead_worker": GIVEN_BACK,
    "scheduler_api_test.py::SchedulerApiTest::test_batch_fail_from_dead_worker_without_running": GIVEN_BACK,
    "scheduler_api_test.py::SchedulerApiTest::test_batch_fail_max_from_dead_worker": GIVEN_BACK,
    "scheduler_api_test.py::SchedulerApiTest::test_task_fails_when_assistant_dies": GIVEN_BACK,
    "scheduler_api_test.py::SchedulerApiTest::test_disable": "a disabling ends when the task is added again",
    "scheduler_api_test.py::SchedulerApiTest::test_pause_work": "work is answered with `was_done` beside",
    "scheduler_test.py::SchedulerIoTest::test_load_recovers_tasks_index": "a state is read once, then it is old",
}


@pytest.fixture
def failing(tmp_path):
    """Runs tests of Luigi, in a copy of its source distribution; gives those that fail and how many there were."""
    shutil.copytree(luigi_source(), tmp_path / "luigi")

    def run(names, ours):
        outcomes = tmp_path / "outcomes"
        outcomes.unlink(missing_ok=True)
        (tmp_path / "tmp").mkdir(exist_ok=True)
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{Path(__file__).parent}:{ROOT}",
            "TMPDIR": str(tmp_path / "tmp"),
            "OUTCOMES": str(outcomes),
            "OURS": "yes" if ours else "",
        }
        options = ["-q", "-c", os.devnull, "--rootdir", ".", "-p", "no:cacheprovider", "-p", "our_scheduler"]
        options += [f"--deselect=test/{name}" for name in TIMED]
        command = [sys.executable, "-m", "pytest", *options, *(f"test/{name}" for name in sorted(names))]
        done = subprocess.run(command, cwd=tmp_path / "luigi", env=environment, capture_output=True, text=True)
        assert done.returncode in (0, 1), done.stdout[-3000:] + done.stderr[-3000:]
        told = [line.split(" ", 2) for line in outcomes.read_text().splitlines()]
        failed = {test.removeprefix("test/") for _, outcome, test in told if outcome == "failed"}
        return failed, sum(when == "call" for when, _, _ in told)

    return run


def test_the_scheduler_does_what_luigis_tests_say_but_for_what_is_listed(failing):
    # When all tests are run with our scheduler
    failed, count = failing([f"{module}.py" for module in MODULES], ours=True)
    # Then those that are listed fail, for a listed one that does not is no difference any more
    assert count >= TESTS
    assert failed >= DIFFERENT.keys(), failed
    # And of the others, each is right when it is run with few others, or wrong with Luigi's own scheduler too
    strange = failed - DIFFERENT.keys()
    strange &= failing(strange, ours=True)[0] if strange else set()
    strange -= failing(strange, ours=False)[0] if strange else set()
    assert not strange
