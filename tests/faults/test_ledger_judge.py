"""The judge of the fault tests is worth nothing unless it sees each kind of fault."""

from dataclasses import replace

import pytest
from ledger_judge import Entry, Evidence, RunEvidence, faults, not_once, stamp
from load_tasks import FIRST_HALF, SECOND_HALF

from trigger_service.domain.events import RunEvent

LINE = "task_a 7 100 0"
BEGAN, DONE = RunEvent("began", 10.0, "task_a", {"pid": 7}), RunEvent("status", 12.0, "task_a", {"status": "done"})


def shown(event, event_id):
    data = dict(event.data)
    return {"id": event_id, "kind": event.kind, "task": event.task, "time": stamp(event.time), "data": data}


RUN = RunEvidence(
    document={"id": "r", "state": "succeeded", "reason": "", "parameters": {"name": "a"}},
    tasks=[{"task_id": "task_a", "status": "done", "parameters": {"name": "a"}}],
    events=[shown(BEGAN, 1), shown(DONE, 2)],
    log=[LINE],
    written={(1, 0): [(0, BEGAN), (80, DONE)]},
    kept={(1, 0): [0, 80]},
)
SOUND = Evidence(
    ledger=[Entry("start", "task_a", 7, 10.1, "alone"), Entry("end", "task_a", 7, 11.0, "-")],
    printed=[LINE],
    targets={"a": FIRST_HALF.format("a") + SECOND_HALF.format("a")},
    runs={"r": RUN},
    listed=["r"],
)


def with_run(**changes):
    return {"runs": {"r": replace(RUN, **changes)}}


def with_state(state, reason=""):
    return with_run(document={**RUN.document, "state": state, "reason": reason})


def test_what_is_sound_has_no_fault():
    assert faults(SOUND) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (with_state("running"), "is running"),
        (with_state("failed", "so it goes"), "target a exists"),
        ({"targets": {}}, "does not exist"),
        ({"listed": []}, "is not listed"),
        ({"listed": ["r", "r"]}, "listed 2 times"),
        ({"listed": ["r", "s"]}, "nobody was told"),
        ({"ledger": [*SOUND.ledger, Entry("start", "task_a", 7, 10.2, "beside")]}, "another execution"),
        ({"ledger": [*SOUND.ledger, Entry("start", "task_a", 7, 13.0, "alone")]}, "reported as done"),
        ({"ledger": [*SOUND.ledger, Entry("start", "task_b", 8, 10.2, "alone")]}, "no event says so"),
        ({"ledger": [*SOUND.ledger, Entry("half", "task_b", 8, 10.2, "a")]}, "half written"),
        ({"targets": {"a": FIRST_HALF.format("a")}}, "is visible and holds"),
        (with_run(log=[]), "not in any log"),
        (with_run(log=[LINE, LINE]), "more than once"),
        (with_run(kept={(1, 0): [0]}), "are kept"),
        (with_run(catalogue=[(1, "task_a", "/a")]), "the catalogue has"),
        (with_run(kept={(1, 0): [0, 80, 80]}), "are kept"),
        (with_run(kept={(1, 0): [80, 0]}), "are kept"),
        (with_run(kept={(1, 0): [0, 80], (2, 0): [0]}), "are kept"),
        (with_run(events=[shown(BEGAN, 1)]), "does not show"),
        (with_run(events=[shown(BEGAN, 2), shown(DONE, 1)]), "strictly increasing"),
        (with_run(tasks=[{**RUN.tasks[0], "task_id": "task_b", "parameters": {}}]), "has no end"),
        (with_run(tasks=[{**RUN.tasks[0], "status": "running"}]), "still running"),
    ],
)
def test_each_kind_of_fault_is_seen(changes, fault):
    found = faults(replace(SOUND, **changes))
    assert any(fault in line for line in found), found


@pytest.mark.parametrize(
    ("wanted", "killed", "faults"),
    [
        ({"a", "b"}, {7}, []),
        ({"a", "b"}, {5}, []),
        ({"a", "b"}, (), ["a was started again after 7, which nobody had killed and which did not come to its end"]),
        ({"a", "b", "c"}, {7}, ["c has never come to its end"]),
        ({"a"}, {7}, ["b was started, and nothing has asked for it"]),
    ],
)
def test_what_is_done_once_is_done_again_only_after_a_kill(wanted, killed, faults):
    ledger = [Entry(word, task, pid, 0.0, "alone", leader=pid - 2) for word, task, pid in
              [("start", "a", 7), ("start", "a", 8), ("end", "a", 8), ("start", "b", 9), ("end", "b", 9)]]  # fmt: skip
    assert not_once(wanted, ledger, killed) == faults
