"""A place that is slow or does not answer holds up no other one."""

import contextlib
import signal
import time

import psutil
from polling import until

REPORTS = {"location": "reports", "environment": "staging"}
#: Seconds within which a run of another place has to end, whatever goes on here.
PROMPTLY_S = 6.0


def is_zygote_of(place, command):
    """Whether this is the command line of the base zygote of a further place."""
    return "trigger_service.runner.zygote" in command and any(word.endswith(f"/places/{place}") for word in command)


@contextlib.contextmanager
def stopped_zygote(settlement, place):
    """The base zygote of a place answers nothing, as a process on a machine that swaps."""
    children = psutil.Process(settlement.process.pid).children()
    zygote = next(child for child in children if is_zygote_of(place, child.cmdline()))
    zygote.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        zygote.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def import_that_waits(settlement):
    """The code of the location `reports` changes to some whose import does not end."""
    helper, gate = settlement.folder / "reports/lib/helper.py", settlement.folder / "gate"
    before = helper.read_text()
    gate.unlink(missing_ok=True)
    waiting = f"import os, time\nwhile not os.path.exists({str(gate)!r}):\n    time.sleep(0.01)\n"
    helper.write_text(waiting + before)
    try:
        yield
    finally:
        gate.touch()


def retried(settlement, run_id):
    """The id of a new run of the same task: accepted without asking the code."""
    answer = settlement.http.post(f"{settlement.url}/api/v1/runs/{run_id}/retry", timeout=30)
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def test_a_place_whose_zygote_does_not_answer_holds_up_no_other(settlement):
    # Given a run of a place whose zygote has stopped
    first = settlement.ended(settlement.trigger_with("Painted", {}, **REPORTS))
    with stopped_zygote(settlement, "reports/staging"):
        again = retried(settlement, first["id"])
        until(lambda: settlement.state(again) == "starting", "it is being started")
        # When others are asked for
        since = time.monotonic()
        ended = [settlement.ended(settlement.trigger_with("Painted", {}, location="default")) for _ in range(2)]
        print(f"two runs of the default place took {time.monotonic() - since:.2f} s")
        assert time.monotonic() - since < PROMPTLY_S
        # Then they run, while the place waits
        assert [run["state"] for run in ended] == ["failed", "failed"]
        assert settlement.state(again) in ("starting", "queued")
    assert settlement.ended(again)["error"]["message"] == "ValueError: blue"


def test_a_place_whose_modules_take_long_to_import_holds_up_no_other(settlement):
    # Given a run that cannot start before its module has been imported
    first = settlement.ended(settlement.trigger_with("Witness", {"how": "slow"}, **REPORTS))
    (settlement.folder / "reports/data/witness-slow").unlink()
    with import_that_waits(settlement):
        again = retried(settlement, first["id"])
        until(lambda: settlement.state(again) == "starting", "it is being started")
        # When others are asked for
        ended = settlement.ended(settlement.trigger_with("Painted", {}, location="default"))
        # Then they run, while the place imports
        assert ended["state"] == "failed"
        assert settlement.state(again) == "starting"
    assert settlement.ended(again)["state"] == "succeeded"
