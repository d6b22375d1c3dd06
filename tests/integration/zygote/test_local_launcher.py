"""The local launcher: who is alive, who is stopped, and how an attempt without a last word is settled."""

import contextlib
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from polling import until
from zygotes import ended, is_alive, number_in

from trigger_service.domain.errors import LaunchFailed, PrivateValuesLost, ZygoteUnavailable
from trigger_service.domain.failpoints import VARIABLE
from trigger_service.domain.spec import ExitReport, Handle
from trigger_service.launchers.local import LocalLauncher
from trigger_service.launchers.processes import holders
from trigger_service.runner.linux import boot_id, process_stat, started_ticks


def at_work(tree, family="Touch", **parameters):
    """A launched child that has begun and waits for the file `go`."""
    handle, folder = tree.run(family, wait_for=tree.results / "go", **parameters)
    number_in(tree.results / "out.began")
    return handle, folder


def gone(launcher, handle):
    return until(lambda: not launcher.poll([handle])[0], "end of the child")


def test_poll_tells_the_living_from_the_dead(tree):
    tree.start()
    launcher = tree.launcher()
    handle, folder = at_work(tree)
    other = Handle(os.getpid(), started_ticks(os.getpid()) + 1, boot_id())

    before = replace(handle, boot_id="before")

    assert launcher.poll([handle, other, before]) == [True, False, False]

    os.kill(handle.pid, signal.SIGKILL)
    gone(launcher, handle)
    assert launcher.settle(before, folder).error.message == "the machine was restarted"


def test_poll_needs_no_zygote(tree):
    tree.start()
    launcher = tree.launcher()
    handle, folder = at_work(tree)
    tree.kill()

    assert launcher.poll([handle])[0]
    launcher.stop(handle, "kill")
    gone(launcher, handle)
    assert folder.read_exit() is None


def test_an_interrupted_child_says_that_it_was_cancelled(tree):
    tree.start()
    handle, folder = at_work(tree)

    tree.launcher().stop(handle, "interrupt")

    assert ended(folder).outcome == "cancelled"


@pytest.mark.parametrize("force", ["interrupt", "terminate", "kill"])
def test_stopping_a_child_that_is_gone_touches_nobody(tree, force):
    launcher = tree.start().launcher()
    stranger = Handle(os.getpid(), started_ticks(os.getpid()) + 1, boot_id())

    launcher.stop(stranger, force)
    launcher.stop(Handle(2**22 - 1, 1, boot_id()), force)

    assert is_alive(os.getpid())


def test_a_child_that_ignores_signals_is_killed(tree):
    tree.start()
    launcher = tree.launcher()
    handle, folder = at_work(tree, "Stubborn")
    launcher.stop(handle, "interrupt")
    launcher.stop(handle, "terminate")
    assert launcher.poll([handle])[0]

    launcher.stop(handle, "kill")

    gone(launcher, handle)
    assert launcher.settle(handle, folder).outcome == "lost"


def test_kill_reaches_what_has_left_the_session(tree):
    tree.start()
    launcher = tree.launcher()
    handle, folder = at_work(tree, "Parent")
    escaped = number_in(tree.results / "out.child")
    assert process_stat(escaped).session == escaped

    launcher.stop(handle, "kill")

    assert not is_alive(escaped)
    assert not is_alive(handle.pid)
    assert launcher.settle(handle, folder).outcome == "lost"


def test_settling_ends_what_a_dead_child_left_behind(tree):
    tree.start()
    launcher = tree.launcher()
    handle, folder = at_work(tree, "Parent")
    escaped = number_in(tree.results / "out.child")
    os.kill(handle.pid, signal.SIGKILL)
    gone(launcher, handle)

    report = launcher.settle(handle, folder)

    assert (report.outcome, report.error.type, report.error.message) == ("lost", "AttemptLost", "killed by signal 9")
    assert report == folder.read_exit()
    assert not is_alive(escaped)


def test_a_dead_child_whose_root_is_complete_has_succeeded(tree):
    tree.start()
    launcher = tree.launcher()
    handle, folder = at_work(tree)
    (tree.results / "out").write_text("made")
    os.kill(handle.pid, signal.SIGKILL)
    gone(launcher, handle)

    assert launcher.settle(handle, folder).outcome == "succeeded"


def test_a_last_word_is_believed_whatever_else_is_known(tree):
    launcher = tree.start().launcher()
    spec, folder = tree.attempt("Touch")
    folder.write_spec(spec)
    folder.write_exit(ExitReport("failed", finished_at=1.0))

    assert launcher.settle(None, folder).outcome == "failed"


def test_an_attempt_that_never_started_says_so_and_never_starts(tree):
    tree.start()
    launcher = tree.launcher()
    spec, folder = tree.attempt("Touch")
    folder.write_spec(spec)

    report = launcher.settle(None, folder)
    late = launcher.launch(spec, folder)
    gone(launcher, late)

    assert (report.outcome, report.error.type) == ("lost", "NeverStarted")
    assert not (tree.results / "out.ledger").exists()


def test_an_attempt_without_even_a_folder_never_started(tree):
    launcher = tree.start().launcher()
    _, folder = tree.attempt("Touch")

    assert launcher.settle(None, folder).error.type == "NeverStarted"


def test_a_child_whose_handle_was_lost_is_found_by_its_folder(tree):
    tree.start()
    launcher = tree.launcher()
    handle, folder = at_work(tree)

    assert launcher.find(folder) == handle

    assert launcher.settle(None, folder).error.type == "AttemptLost"
    assert not is_alive(handle.pid)
    assert launcher.find(folder) is None


def test_code_that_broke_meanwhile_leaves_the_attempt_lost(tree):
    tree.start()
    launcher = tree.launcher()
    handle, folder = at_work(tree)
    tree.write("jobs.py", "1/0\n")
    launcher.stop(handle, "kill")

    assert launcher.settle(handle, folder).outcome == "lost"


def test_a_root_that_hangs_when_it_is_asked_leaves_the_attempt_lost(tree):
    tree.write("mine.py", "import time\nfrom jobs import Touch\nclass Mine(Touch):\n"
               "    def complete(self):\n        time.sleep(600)\n")  # fmt: skip
    tree.start()
    launcher = tree.launcher("mine", check_patience_s=0.5)
    spec, folder = tree.attempt("Mine", module="mine")
    handle = launcher.launch(spec, folder)
    until(lambda: holders(folder), "child that holds the lock")
    until(lambda: folder.events_file(0).exists(), "events")
    launcher.stop(handle, "kill")

    assert launcher.settle(handle, folder).outcome == "lost"
    assert not holders(folder)


def test_without_a_zygote_nothing_is_launched_and_nothing_is_decided(tree):
    launcher = tree.launcher()
    spec, folder = tree.attempt("Touch")

    with pytest.raises(ZygoteUnavailable):
        launcher.launch(spec, folder)
    folder.events_file(0).write_text("{}\n")
    with pytest.raises(ZygoteUnavailable):
        launcher.settle(None, folder)
    assert folder.read_exit() is None


def test_a_service_that_dies_before_the_launch_leaves_an_order_that_nobody_took(tree):
    tree.start()
    (tree.results / "launcher between spec and launch").touch()
    spec, folder = tree.attempt("Touch")
    if (child := os.fork()) == 0:
        os.environ[VARIABLE] = str(tree.results)
        try:
            tree.launcher().launch(spec, folder)
        finally:
            os._exit(0)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert folder.read_spec() == spec
    assert tree.launcher().settle(None, folder).error.type == "NeverStarted"


def test_a_pump_is_started_where_none_is_and_the_log_is_whole_in_the_end(tree):
    tree.start()
    launcher = tree.launcher()
    handle, folder = at_work(tree)

    # Given a pump that is killed
    assert not launcher.tend_pump(folder)
    pump = until(lambda: _pump(folder), "pump")
    os.kill(pump, signal.SIGKILL)
    until(lambda: not is_alive(pump), "end of the pump")

    # When the run ends and the pump is tended
    (tree.results / "go").touch()
    ended(folder)
    until(lambda: launcher.tend_pump(folder), "whole log")

    # Then the log tells of the task
    assert "Touch" in folder.log_file.read_text()
    assert not folder.spool.exists()
    gone(launcher, handle)


def test_a_pump_goes_on_to_the_next_run_and_holds_nothing_of_the_last(tree):
    # Given a run whose log is whole
    tree.start()
    launcher = tree.launcher()
    first, pump = _pumped(tree, "first")
    until(lambda: launcher.tend_pump(first), "whole log")
    until(lambda: not _pump(first), "the pump's leave")
    # When there is another
    second, again = _pumped(tree, "second")
    # Then the same process has pumped, with nothing open but what is of this run
    assert again == pump
    assert not [path for path in _open_files(pump) if path.is_relative_to(first.path)]
    until(lambda: launcher.tend_pump(second), "whole log")
    assert "second" in second.log_file.read_text()
    assert "first" not in second.log_file.read_text()


def test_a_pump_that_is_killed_while_it_waits_is_not_missed(tree):
    tree.start()
    launcher = tree.launcher()
    first, pump = _pumped(tree, "first")
    until(lambda: launcher.tend_pump(first), "whole log")
    # Given that nobody has yet heard of its end
    os.kill(tree.process.pid, signal.SIGSTOP)
    os.kill(pump, signal.SIGKILL)
    os.kill(tree.process.pid, signal.SIGCONT)
    # Then the next run has a whole log all the same
    _, second = tree.run("Touch", name="second")
    until(lambda: launcher.tend_pump(second), "whole log")
    assert "second" in second.log_file.read_text()


def _pumped(tree, name):
    """The folder of a run that has ended, and the pid of its pump."""
    gate = tree.results / f"go {name}"
    _, folder = tree.run("Touch", name=name, wait_for=gate)
    tree.launcher().tend_pump(folder)
    pump = until(lambda: _pump(folder), "pump")
    gate.touch()
    ended(folder)
    return folder, pump


def _pump(folder):
    """The pid of the pump that holds the pump's lock."""
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or process.name == str(os.getpid()):
            continue
        if folder.pump_lock_file in _open_files(process.name):
            return int(process.name)
    return None


def _open_files(pid):
    files = []
    with contextlib.suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                files.append(descriptor.readlink())
    return files


def test_a_run_whose_private_values_are_lost_is_not_launched_and_says_why(tree):
    spec, folder = tree.attempt("Secretive")

    def lost(run_id):
        raise PrivateValuesLost(run_id=run_id, key_file="secrets.key")

    with pytest.raises(LaunchFailed, match=r"secrets\.key was lost or replaced"):
        LocalLauncher(None, lost, repr).launch(spec, folder)
