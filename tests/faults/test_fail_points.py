"""A process dies at each place in the code that has been named as dangerous, once; then all is as it should be."""

import re
import signal
from importlib import import_module
from pathlib import Path

import pytest
from evidence import judge
from fault_stage import ROOT
from polling import until
from process_roles import kill, send

pytestmark = pytest.mark.timeout(240)
#: Later there may be pumps that wait, and nothing to be forked.
FIRST_FORK = "zygote before fork"


def post_two(stage, **more):
    """Two runs that share a piece, with one and with two workers; gives their ids."""
    return [
        stage.post("Join", f"join{workers}", shared="shared", workers=workers, max_attempts=3, **more)
        for workers in (1, 2)
    ]


def nothing_more(stage):
    """A plain load leads there."""
    return post_two(stage), "succeeded"


def a_cancellation(stage):
    """The runs are cancelled while they wait at their gate."""
    accepted = post_two(stage, gate="never")
    stage.wait_for_starts(3)
    for run_id in accepted:
        answer = stage.request("POST", f"/api/v1/runs/{run_id}/cancel")
        assert answer.status_code in (202, 409), answer.text
    return accepted, "cancelled"


def a_launch_without_zygote(stage):
    """One run may be live; when it ends there is no zygote to launch the next, until the service has been killed."""
    accepted = post_two(stage, gate="go")
    stage.wait_for_starts(1)
    supervisor = stage.one("supervisor")
    send(supervisor, signal.SIGSTOP)
    kill(stage.one("base zygote"))
    stage.open_gate("go")
    until(lambda: not stage.is_armed(), "the fail point")
    send(supervisor, signal.SIGCONT)
    return accepted, "succeeded"


#: How each is reached.
POINTS = {
    "after a cancellation is stored": a_cancellation,
    "after a child was told to stop": a_cancellation,
    "after a submission is stored": nothing_more,
    "after news is stored": nothing_more,
    "before a submission is committed": nothing_more,
    "before a submission is stored": nothing_more,
    "before the attempt is buried": nothing_more,
    "before the attempt is ended": nothing_more,
    "before the claim is committed": nothing_more,
    "before the end is committed": nothing_more,
    "between claim and launch": nothing_more,
    "between exit read and final state": nothing_more,
    "between fence and queued again": a_launch_without_zygote,
    "between launch and stored handle": nothing_more,
    "child after exit.json": nothing_more,
    "child after it said that it started": nothing_more,
    "child before a task's status is reported": nothing_more,
    "child before the first task": nothing_more,
    "child before the tree is added": nothing_more,
    "child between the last task and exit.json": nothing_more,
    "in the middle of an ingest": nothing_more,
    "launcher between spec and launch": nothing_more,
    "nursery between launch and handing over": nothing_more,
    "pump after write": nothing_more,
    "pump between read and write": nothing_more,
    "spare before run_attempt": nothing_more,
    "task process after its result was reported": nothing_more,
    "task process after run": nothing_more,
    "task process before run": nothing_more,
    "zygote before fork": nothing_more,
    "zygote between launch and handing over": nothing_more,
}


def test_every_named_fail_point_is_tested():
    # Given the names in the code
    files = Path(ROOT / "trigger_service").rglob("*.py")
    named = {name for file in files for name in re.findall(r'fail_point\("([^"]+)"\)', file.read_text())}
    # Then they are those that are tried, here or where a test file has its own, and there are enough of them
    others = [file.stem for file in Path(__file__).parent.glob("test_*.py") if "def points()" in file.read_text()]
    others.remove(Path(__file__).stem)
    assert named == POINTS.keys() | {name for file in others for name in import_module(file).points()}
    assert len(named) >= 15


@pytest.fixture
def armed(name, lasting, stage):
    """The stage for a fail point: the lasting one, but where the point is reached only on a fresh one."""
    lone = POINTS[name] is a_launch_without_zygote
    fresh = lone or name == FIRST_FORK
    made = stage(limits="runs = 1" if lone else "") if fresh else lasting.ready()
    made.arm(name)
    return made.up()


@pytest.mark.parametrize("name", sorted(POINTS))
def test_a_kill_at_a_fail_point_loses_and_doubles_nothing(armed, name):
    # Given a service in which the first process that comes to this point will die there
    # When runs come to it
    accepted, end = POINTS[name](armed)
    # Then all of them end as they should, and everything that was told of them is true
    assert [armed.wait(run_id)["state"] for run_id in accepted] == [end, end]
    judge(armed, accepted)
    # And the point was reached
    assert not armed.is_armed()
