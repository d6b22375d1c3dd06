"""The tasks of a run as rows: what their states are called, their order, what they have used; when the run may end."""

import pytest
from run_tasks import BEGAN, run, table, task

from trigger_service.domain.tasks import ABANDONED
from trigger_service.web.pages.outlook import outlook, starts
from trigger_service.web.pages.run_facts import commands, prefill, why


@pytest.mark.parametrize(
    ("shown", "state", "words"),
    [
        (task("A", "running", start=BEGAN), "running", ("running", "Running")),
        (task("A", "done", start=BEGAN, end=BEGAN), "running", ("succeeded", "Done")),
        (task("A", "complete"), "running", ("complete", "Complete before")),
        (task("A", needs=["B"]), "running", ("pending", "Waits")),
        (task("A", needs=["B"]), "failed", ("pending", "Not reached")),
        (task("A", needs=["B"]), "succeeded", ("complete", "Not needed")),
        (task("A", "complete", done_by="run 7"), "succeeded", ("shared", "Done by another run")),
        (task("A", waiting_for="run 7"), "running", ("shared", "Shared")),
        (task("A", explanation="This is external data."), "failed", ("blocked", "Missing")),
        (task("A", "unknown"), "failed", ("warning", "Not asked")),
        (
            task("A", "failed", start=BEGAN, explanation=f"{ABANDONED}on request"),
            "cancelled",
            ("cancelled", "Cancelled"),
        ),
        (task("A", "failed", start=BEGAN, explanation="KeyError"), "cancelled", ("failed", "Failed")),
        (task("A", "failed", start=BEGAN, explanation=f"{ABANDONED}too long"), "failed", ("failed", "Failed")),
    ],
)
def test_a_state_is_called_by_what_it_means_in_this_run(shown, state, words):
    (row,) = table([shown], run(state)).by_id.values()
    assert (row.kind.state, row.kind.word) == words


def test_what_is_chosen_comes_first_then_what_failed_and_what_runs_and_the_newest_that_is_done():
    # Given
    tasks = [
        task("Old_1", "done", start=BEGAN, end=BEGAN + 1),
        task("New_1", "done", start=BEGAN, end=BEGAN + 2),
        task("Before_1", "complete"),
        task("Runs_1", "running", start=BEGAN),
        task("Fails_1", "failed", start=BEGAN, end=BEGAN + 3),
    ]
    # Then
    rows = table(tasks, chosen="Before_1").rows("", 10)
    assert [row.task.family for row in rows] == ["Before", "Fails", "Runs", "New", "Old"]
    assert [row.task.family for row in table(tasks).rows("done", 1)] == ["New"]
    assert {kind.name: count for kind, count in table(tasks).counts.items()} == {
        "failed": 1, "running": 1, "done": 2, "complete": 1,
    }  # fmt: skip


def test_what_a_failure_stopped_is_all_that_needs_it_directly_or_not():
    tasks = [
        task("A", "failed"),
        task("B", needs=["A"]),
        task("C", needs=["B"]),
        task("D", "done"),
        task("E", needs="D"),
    ]
    assert [row.task.task_id for row in table(tasks, run("failed")).stopped_by("A")] == ["B", "C"]


def test_the_label_of_a_task_is_what_the_others_of_its_family_do_not_have():
    same = {"root": "data"}
    tasks = [task("A_1", parameters={**same, "day": "1"}), task("A_2", parameters={**same, "day": "2"}), task("B_1")]
    assert [row.name for row in table(tasks).by_id.values()] == ["A 1", "A 2", "B"]


@pytest.mark.parametrize(
    ("target", "end"),
    [
        ("data/a.csv", "data/a.csv"),
        ("/srv/days/2013-05-01/facts.parquet", "…/2013-05-01/facts.parquet"),
        ("s3://bucket/raw/a.csv", "…/raw/a.csv"),
        ("", ""),
    ],
)
def test_a_target_is_told_by_its_end_where_there_is_little_room(target, end):
    (row,) = table([task("A", outputs=(target,) if target else ())]).by_id.values()
    assert row.target_end == end


def test_what_the_tasks_used_is_their_sum_and_the_largest():
    tasks = [task("A", "done", cpu_s=1.5, peak_bytes=7), task("B", "done", cpu_s=0.5, peak_bytes=9), task("C")]
    used = table(tasks).used
    assert (used.cpu_s, used.peak_bytes, used.largest.task.task_id) == (2.0, 9, "B")
    assert table([task("C")]).used is None


def test_the_expected_end_is_that_of_the_longest_chain_or_of_all_work_shared():
    # Given one that has run for half of its time, one that needs it and three that need nothing
    tasks = [task("A", "running", start=BEGAN), task("B", needs=["A"]), *(task(f"C_{n}") for n in range(3))]
    medians, now = {"A": 20.0, "B": 5.0, "C": 8.0}, BEGAN + 10
    rows = list(table(tasks, medians=medians, now=now).by_id.values())
    # Then
    assert outlook(run(workers=1), rows, None, now).end == now + 10 + 5 + 24
    assert outlook(run(workers=9), rows, None, now).end == now + 15
    assert starts(rows, now)["B"] == now + 10


def test_without_a_history_of_each_family_that_of_runs_counts_and_without_both_it_says_what_lacks():
    rows = list(table([task("A"), task("B")], medians={"A": 1.0}).by_id.values())
    assert outlook(run(), rows, 90.0, BEGAN + 10).end == BEGAN + 90
    assert outlook(run(), rows, None, BEGAN).why == "no history of B"
    assert outlook(run(), [], None, BEGAN).why == "its tasks are not known yet"


@pytest.mark.parametrize(
    ("of", "tasks", "usual", "said"),
    [
        (run("queued", reason="waits for a slot"), [], None, ("queued", "Waits for a slot.")),
        (run(), [task("A", waiting_for="run 7")], None, ("shared", "Nothing is done twice")),
        (run(), [task("A", "running", start=BEGAN)], 20.0, ("late", "Now: A.")),
        (run(), [task("A", "failed"), task("B", "running", start=BEGAN)], None, ("warning", "Now: B.")),
        (run("succeeded", verified=False), [], None, ("warning", "runs every time")),
        (run("failed", reason="the disk is full"), [], None, ("failed", "The disk is full.")),
    ],
)
def test_the_sentence_says_why_it_is_in_its_state(of, tasks, usual, said):
    found = why(of, table(tasks, of), usual, BEGAN + 60)
    assert found.state == said[0]
    assert said[1] in found.rest


def test_commands_repeat_a_run_and_are_quoted_for_a_shell():
    of = run(location="lab").evolve(texts={"some_day": "2013-01-01", "who": "a b'; rm"})
    made = commands(of)
    assert made["Run it again"] == """luigi-trigger run Root -p some_day=2013-01-01 -p 'who=a b'"'"'; rm'"""
    assert " --some-day 2013-01-01 " in made["Plain Luigi, without the service"]
    assert prefill(of) == "some_day=2013-01-01&who=a+b%27%3B+rm&_location=lab"
