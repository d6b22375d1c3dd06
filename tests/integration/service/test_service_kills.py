"""The service killed at every one of its fail points: each accepted run still reaches its true end, once.

In haste the whole product is killed there, by tests/faults/test_fail_points.py; here the service alone, under a load.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from houses import House
from polling import until

from trigger_service.domain.admission import Limits
from trigger_service.domain.failpoints import VARIABLE
from trigger_service.domain.queries import RunFilter
from trigger_service.domain.run import FINAL, may_change

FAIL_POINTS = (
    "before a submission is stored",
    "before a submission is committed",
    "after a submission is stored",
    "before the claim is committed",
    "between claim and launch",
    "between launch and stored handle",
    "in the middle of an ingest",
    "between exit read and final state",
    "before the attempt is ended",
    "before the end is committed",
    "after news is stored",
    "before the attempt is buried",
    "after a cancellation is stored",
    "after a child was told to stop",
)
RUNS = 6


def script(child):
    """Works, and keeps a ledger of it outside of all records."""
    with (Path(os.environ["LEDGER"]) / child.spec.run_id).open("a") as ledger:
        ledger.write(f"{child.spec.attempt}\n")
    child.task("Work_1")
    child.task("Work_2")


def script_that_waits(child):
    """As above; and what is called Other works until somebody stops it."""
    script(child)
    if child.spec.family == "Other":
        child.wait(threading.Event())


def is_done(spec):
    return False


def load(home: Path) -> None:
    """The program that is killed: submits runs, cancels one, and waits for all."""
    house = House(home, script_that_waits, Limits(runs=2), is_done).start()
    accepted = []
    for number in range(RUNS):
        accepted.append(house.submit(parameters={"n": number}, max_attempts=5))
        print(accepted[-1].id, flush=True)
    house.triggers.cancel(accepted[-1].id, "test")
    slow = house.submit("Other")
    house.until(slow, "running")
    house.triggers.cancel(slow.id, "test")
    until(lambda: all(house.run(run.id).state in FINAL for run in [*accepted, slow]), "all runs end")
    until(lambda: house.central.attempts, "something is buried")
    house.close()


@pytest.mark.long
@pytest.mark.parametrize("name", FAIL_POINTS)
def test_whatever_is_killed_every_accepted_run_reaches_its_end_and_nothing_is_doubled(name, tmp_path, monkeypatch):
    # Given a service under load that is killed at a certain point
    home, ledger, armed = tmp_path / "home", tmp_path / "ledger", tmp_path / "armed"
    home.mkdir()
    ledger.mkdir()
    armed.mkdir()
    (armed / name).touch()
    monkeypatch.setenv("LEDGER", str(ledger))
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(Path(__file__).parents[up]) for up in (2, 3)),
        VARIABLE: str(armed),
    }
    program = [sys.executable, __file__, str(home)]
    killed = subprocess.run(program, env=environment, capture_output=True, text=True, timeout=50, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    accepted = killed.stdout.split()
    # When another takes over
    house = House(home, script, Limits(runs=2), is_done).start()
    try:
        until(lambda: all(run.state in FINAL for run in house.insights.runs(RunFilter()).runs), "all runs end")
        shown = {run.id: run for run in house.insights.runs(RunFilter()).runs}
        # Then every accepted run is there, and has ended truly
        assert set(accepted) <= set(shown)
        for run in shown.values():
            judge(house, run, ledger)
    finally:
        house.close()


def judge(house: House, run, ledger: Path) -> None:
    entries = (ledger / run.id).read_text().split() if (ledger / run.id).exists() else []
    # no attempt ran twice, and a run has succeeded only where one of them ran
    assert max(Counter(entries).values(), default=0) <= 1
    assert run.state in ("succeeded", "cancelled") or run.pipeline == "Other", run
    if run.state == "succeeded":
        assert str(run.attempt) in entries
        assert run.progress.done == 2
    rows = house.insights.events(run.id)
    changes = [(row.data["from"], row.data["to"]) for row in rows if row.kind == "state"]
    assert changes[0] == (None, "queued")
    assert all(may_change(before, after) for before, after in changes[1:])
    assert all(first[1] == second[0] for first, second in pairwise(changes))
    assert changes[-1][1] == run.state
    events = [(row.kind, row.task, row.time) for row in rows if row.task]
    assert len(events) == len(set(events))


if __name__ == "__main__":
    load(Path(sys.argv[1]))
