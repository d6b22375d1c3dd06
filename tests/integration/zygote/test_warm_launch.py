"""What a launch through the zygote gives, and what lives on when parts of the tree die."""

import os
import signal
import socket
import stat
import sys
from pathlib import Path

import pytest
from polling import until
from zygotes import Tree, ended, is_alive, number_in

from trigger_service.domain.errors import LaunchFailed, ZygoteUnavailable
from trigger_service.domain.failpoints import VARIABLE
from trigger_service.runner.ipc import BlockingChannel
from trigger_service.runner.linux import process_stat, processes


def test_a_launched_child_works_its_attempt_to_the_end(tree):
    tree.start()
    handle, folder = tree.run("Touch")

    report = ended(folder)

    assert report.outcome == "succeeded"
    assert int((tree.results / "out").read_text()) == handle.pid


def test_the_zygote_says_how_a_child_ended_and_rings_for_its_run(tree):
    tree.start()
    handle, folder = tree.run("Touch")
    run_id = folder.path.parent.name

    until(lambda: tree.client().words([handle.pid]), "word")

    assert tree.client().words([handle.pid, 1]) == {handle.pid: "ended with exit status 0"}
    assert tree.rung() == run_id


def test_a_module_is_imported_once_for_all_its_runs_and_once_more_to_compare_its_defaults(tree):
    count = f"open({str(tree.results / 'imports')!r}, 'a').write('x')"
    tree.write("counted.py", f"{count}\nfrom jobs import Touch\nclass Counted(Touch): pass\n")
    tree.start()

    for number in range(3):
        ended(tree.run("Counted", module="counted", name=str(number))[1])

    assert (tree.results / "imports").read_text() == "xx"


def test_each_child_has_a_session_of_its_own_and_none_of_the_zygotes_sockets(tree):
    tree.start()
    go = tree.results / "go"
    handle, folder = tree.run("Touch", wait_for=go)
    number_in(tree.results / "out.began")

    descriptors = [path.readlink() for path in Path(f"/proc/{handle.pid}/fd").iterdir()]

    assert process_stat(handle.pid).session == handle.pid
    assert not any(str(tree.home / "zygote.sock") in str(name) for name in descriptors)
    zygotes = {path.readlink() for path in Path(f"/proc/{tree.process.pid}/fd").iterdir()}
    assert not {name for name in descriptors if str(name).startswith("socket:")} & zygotes
    go.touch()
    ended(folder)


def test_children_of_one_zygote_draw_different_random_numbers(tree):
    tree.start()

    for number in range(3):
        ended(tree.run("Draw", name=str(number))[1])

    assert len({(tree.results / str(number)).read_text() for number in range(3)}) == 3


def test_a_burst_of_launches_needs_no_more_than_one_spare(tree):
    tree.start(spares=1)
    launched = [tree.run("Touch", name=str(number)) for number in range(12)]

    assert {ended(folder).outcome for _, folder in launched} == {"succeeded"}
    assert len({handle.pid for handle, _ in launched}) == 12


def test_private_values_reach_the_task_and_neither_its_spec_nor_its_events(tree):
    tree.start()
    spec, folder = tree.attempt("Secretive")
    tree.launcher(secrets={"password": "sesame-open"}).launch(spec, folder)

    assert ended(folder).outcome == "succeeded"

    assert (tree.results / "out").read_text() == "11"
    assert b"sesame-open" not in folder.spec_file.read_bytes() + folder.events_file(0).read_bytes()
    assert "sesame-open" not in tree.log()


def test_the_socket_is_for_its_owner_only_and_may_have_a_long_path(tmp_path, luigid_url):
    home = tmp_path / ("deep" * 20) / ("deeper" * 15)
    tree = Tree(tmp_path, luigid_url, home=home).start()

    assert ended(tree.run("Touch")[1]).outcome == "succeeded"
    assert stat.S_IMODE((home / "zygote.sock").stat().st_mode) == 0o600

    assert not tree.close()


def test_a_run_outlives_its_module_zygote_and_the_next_one_gets_a_new_one(tree):
    tree.start()
    go = tree.results / "go"
    handle, folder = tree.run("Touch", wait_for=go)
    number_in(tree.results / "out.began")

    for process in tree.nursery():
        if process.pid != handle.pid:
            os.kill(process.pid, signal.SIGKILL)
    go.touch()

    assert ended(folder).outcome == "succeeded"
    assert ended(tree.run("Touch", name="next")[1]).outcome == "succeeded"


def test_a_run_outlives_the_base_zygote_while_all_that_only_waits_goes_with_it(tree):
    tree.start()
    go = tree.results / "go"
    handle, folder = tree.run("Touch", wait_for=go)
    tree.client().validate("jobs", "Touch", {"out": "x"})
    number_in(tree.results / "out.began")

    tree.kill()

    until(lambda: [process.pid for process in tree.members()] == [handle.pid], "end of all that waits")
    launcher = tree.start().launcher()
    assert launcher.poll([handle])[0]
    go.touch()
    assert ended(folder).outcome == "succeeded"
    until(lambda: not launcher.poll([handle])[0], "end of the child")


def test_a_terminated_zygote_leaves_only_the_runs(tree):
    tree.start()
    go = tree.results / "go"
    handle, folder = tree.run("Touch", wait_for=go)
    number_in(tree.results / "out.began")

    tree.process.terminate()

    assert tree.process.wait(30) == 0
    until(lambda: [process.pid for process in tree.members()] == [handle.pid], "end of all that waits")
    go.touch()
    ended(folder)
    until(lambda: not is_alive(handle.pid), "end of the child")


def test_whatever_a_run_leaves_behind_is_reaped(tree):
    tree.start()
    handle, folder = tree.run("Parent")
    ended(folder)
    orphan = number_in(tree.results / "out.child")
    until(lambda: process_stat(orphan).parent == tree.process.pid, "adoption")

    os.kill(orphan, signal.SIGKILL)

    until(lambda: process_stat(orphan) is None, "reaping")
    until(lambda: process_stat(handle.pid) is None, "reaping")
    assert not [p for p in processes() if p.parent == tree.process.pid and not p.alive]


def test_a_module_that_cannot_be_imported_is_a_failed_launch_with_its_reason(tree):
    tree.write("bad.py", "1/0\n")
    tree.start()
    spec, folder = tree.attempt("Touch", module="bad")

    with pytest.raises(LaunchFailed, match=r"ZeroDivisionError: division by zero \(bad.py, line 1\)"):
        tree.launcher("bad").launch(spec, folder)


@pytest.mark.parametrize(
    "point",
    [
        "zygote before fork",
        "zygote between launch and handing over",
        "nursery between launch and handing over",
        "spare before run_attempt",
    ],
)
def test_wherever_the_tree_dies_in_a_launch_a_settled_attempt_has_run_at_most_once(tree, point):
    # Given a process that dies once at the point
    token = tree.results / point
    tree.start(**{VARIABLE: str(tree.results)})
    token.touch()
    spec, folder = tree.attempt("Touch")

    # When an attempt is launched and, if that fails or its child is gone, settled and launched anew as the service does
    outcome = _launch_and_settle(tree, spec, folder)
    if outcome != "succeeded":
        again, folder = tree.attempt("Touch")
        outcome = _launch_and_settle(tree, again, folder)

    # Then it has run, once
    assert not token.exists()
    assert outcome == "succeeded"
    assert len((tree.results / "out.ledger").read_text().splitlines()) == 1


def _launch_and_settle(tree, spec, folder):
    launcher = tree.launcher()
    handle = None
    try:
        handle = launcher.launch(spec, folder)
        until(lambda: folder.read_exit() or not launcher.poll([handle])[0], "end")
    except ZygoteUnavailable:
        tree.process.wait(30)
        tree.start()
    return launcher.settle(handle, folder).outcome


def test_a_message_that_makes_no_sense_hurts_only_who_sent_it(tree):
    tree.start()
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.connect(str(tree.home / "zygote.sock"))
        channel = BlockingChannel(stranger)
        told = []
        for request in ({"op": "dance"}, {"op": "launch"}, {"op": "validate", "module": 5}, {"op": "words", "pids": 1}):
            channel.send({"id": 9, **request})
            told.append(channel.receive())
        stranger.sendall(b"nonsense\n")
        assert channel.receive() is None

    assert all(answer["id"] == 9 and answer["error"] for answer in told)
    assert ended(tree.run("Touch")[1]).outcome == "succeeded"


def test_a_zygote_ends_with_the_process_that_started_it_and_its_runs_go_on(tree):
    # Given a zygote whose parent is not the test
    code = "import subprocess, sys; subprocess.Popen(sys.argv[1:]).wait()"
    tree.start(before=[sys.executable, "-c", code], after=["--die-with-parent"])
    go = tree.results / "go"
    handle, folder = tree.run("Touch", wait_for=go)
    number_in(tree.results / "out.began")

    tree.kill()

    until(lambda: [process.pid for process in tree.members()] == [handle.pid], "end of all that waits")
    go.touch()
    assert ended(folder).outcome == "succeeded"


def test_a_cache_of_completions_is_a_process_of_the_run_and_of_nobody_else(tree):
    tree.write("luigi.cfg", "[worker]\ncache_task_completion = true\n")
    tree.start()

    assert ended(tree.run("Touch")[1]).outcome == "succeeded"

    tree.kill()
    until(lambda: not tree.members(), "end of all that only waits")


def test_a_setting_of_the_worker_that_cannot_be_read_is_the_failure_of_the_run(tree):
    tree.write("luigi.cfg", "[worker]\ntimeout = soon\n")
    tree.start()

    report = ended(tree.run("Touch")[1])

    assert (report.outcome, report.error.type) == ("failed", "ValueError")
    assert "parsing the default value of 'timeout'" in report.error.message
