"""Events on their way from a child to the service, and what they say of a task."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trigger_service.domain import tasks
from trigger_service.domain.events import RunEvent, decode, encode, read_batch
from trigger_service.domain.run import Progress

TASK = "Work_1"


def event(kind: str, time: float = 1.0, task: str | None = TASK, **data: object) -> RunEvent:
    return RunEvent(kind, time, task, data)


def after(*events: RunEvent):
    task = None
    for each in events:
        task = tasks.apply(task, each, "r", 1)
    return task


DISCOVERED = event(
    "discovered", family="Work", parameters={"n": "1"}, dependencies=["A", "B"], outputs=["/x"], status="pending"
)


@given(st.text(), st.dictionaries(st.text(), st.text() | st.integers()), st.none() | st.text())
def test_any_event_survives_the_way(kind, data, task):
    line = encode(RunEvent(kind, 1.5, task, data))
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode(line) == RunEvent(kind, 1.5, task, data)


@given(st.binary())
def test_bytes_that_are_no_event_are_none(line):
    assert decode(line) is None


@given(st.lists(st.integers(0, 100), max_size=10), st.integers(0, 400))
def test_a_file_read_in_two_pieces_gives_each_event_once(numbers, cut):
    lines = b"".join(encode(event("note", text=str(n))) for n in numbers)
    first = read_batch(lines[:cut], 0, 1, 0)
    second = read_batch(lines[first.next_offset :], first.next_offset, 1, 0)
    both = [*first.events, *second.events]
    assert [e.data["text"] for _, e in both] == [str(n) for n in numbers]
    assert len({seq for seq, _ in both}) == len(numbers)
    assert second.next_offset == len(lines)


def test_a_torn_line_costs_itself_and_nothing_else():
    whole = encode(event("note", text="x"))
    batch = read_batch(whole + whole[:10] + b"\n" + whole, 0, 1, 0)
    assert [seq for seq, _ in batch.events] == [0, len(whole) + 11]


def test_a_task_goes_from_pending_over_running_to_done():
    task = after(DISCOVERED)
    assert (task.family, task.status, task.dependencies, task.outputs) == ("Work", "pending", ("A", "B"), ("/x",))
    task = after(DISCOVERED, event("began", 2.0, pid=7))
    assert (task.status, task.started_at, task.pid, task.executions) == ("running", 2.0, 7, 1)
    task = after(
        DISCOVERED, event("began", 2.0, pid=7), event("ended", 3.0, pid=7), event("status", 3.1, status="done")
    )
    assert (task.status, task.finished_at) == ("done", 3.0)


def test_a_failure_keeps_its_explanation_and_a_second_try_counts():
    failed = event("status", 3.0, status="failed", explanation="Traceback ...")
    task = after(DISCOVERED, event("began", 2.0, pid=7), failed, event("began", 4.0, pid=8))
    assert (task.status, task.explanation, task.executions, task.finished_at) == ("running", "Traceback ...", 2, None)


def test_a_dynamic_task_that_resumes_counts_once():
    suspended = event("ended", 3.0, pid=7, suspended=True)
    waits = event("status", 3.0, status="pending")
    task = after(event("began", 2.0, pid=7), suspended, waits, event("began", 5.0, pid=7, resumed=True))
    assert (task.executions, task.started_at) == (1, 2.0)


def test_what_a_task_used_is_that_of_its_last_execution_with_all_of_its_parts():
    # Given a try that failed, and one that suspended itself and went on
    first = [event("began", 1.0, pid=7), event("ended", 2.0, pid=7, cpu_s=9.0, peak_bytes=900)]
    second = [event("began", 3.0, pid=7), event("ended", 4.0, pid=7, suspended=True, cpu_s=1.5, peak_bytes=300)]
    resumed = [event("began", 5.0, pid=8, resumed=True), event("ended", 6.0, pid=8, cpu_s=0.25, peak_bytes=200)]
    # Then
    used = after(*first, *second, *resumed)
    assert (used.cpu_s, used.peak_bytes) == (1.75, 300)
    strange = after(*first, event("ended", 3.0, pid=7, cpu_s=float("nan"), peak_bytes="lots"))
    assert (strange.cpu_s, strange.peak_bytes) == (9.0, 900)


def test_a_task_found_again_with_other_dependencies_keeps_both():
    again = event("discovered", family="Work", parameters={}, dependencies=["B", "C"], outputs=[], status="pending")
    assert after(DISCOVERED, again).dependencies == ("A", "B", "C")


def test_who_builds_it_is_told_until_it_is_built():
    waiting = event("waiting", **{"for": "run 1"})
    assert after(DISCOVERED, waiting).waiting_for == "run 1"
    assert after(DISCOVERED, waiting, event("status", status="complete")).waiting_for is None


def test_who_did_it_elsewhere_is_told_until_it_is_run_here():
    elsewhere = event("status", status="complete", by="run 1")
    assert (after(DISCOVERED, elsewhere).status, after(DISCOVERED, elsewhere).done_by) == ("complete", "run 1")
    assert after(DISCOVERED, elsewhere, event("began", 2.0, pid=7)).done_by is None


def test_half_of_a_pair_is_written_as_text_and_a_pair_stays_what_it_is():
    # Given what Python makes of the name of a file that is no UTF-8, and a letter beyond the first plane
    told = event("discovered", outputs=["/data/caf\udce9"], parameters={"\ud800": "\U0001f600"})
    # Then
    read = decode(encode(told))
    assert read.data == {"outputs": ["/data/caf\\udce9"], "parameters": {"\\ud800": "\U0001f600"}}


def test_events_about_no_task_change_none():
    assert tasks.apply(None, event("started", task=None), "r", 1) is None


def test_progress_counts_what_was_complete_before_as_done():
    counts = {"done": 2, "complete": 3, "failed": 1, "disabled": 1, "running": 1, "pending": 4, "unknown": 1}
    assert tasks.progress(counts) == Progress(total=13, done=5, failed=3, running=1)
