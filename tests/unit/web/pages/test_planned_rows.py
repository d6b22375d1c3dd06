"""A plan in rows, counts and words."""

import pytest

from trigger_service.domain.plan import Expectation, Fault, Plan, PlannedTask, Span
from trigger_service.web.pages.planned import ROWS, Planned

RUN = "01a208da-be72-7c86-84d5-5c2e65e240fb"


def planned(*tasks, expectation=None):
    made = tuple(
        PlannedTask(f"{family}_{number}", family, state, why, {}, (), (f"out/{number}",), (), run_id, fault)
        for number, (family, state, why, run_id, fault) in enumerate((*task, None, None)[:5] for task in tasks)
    )
    return Planned(Plan("Root", "Root_1", {}, made, expectation or Expectation("nothing to run")), 0.0)


def test_tasks_of_a_family_and_state_are_one_row_the_root_first_and_complete_ones_last():
    shown = planned(
        ("Raw", "complete", "it is there"),
        ("Rows", "complete", "it is there"),
        ("Day", "complete", "it is there"),
        ("Day", "will_run", "out/3 does not exist"),
        ("Day", "will_run", "out/4 does not exist"),
        ("Day", "shared", "another run is at it now", RUN),
        ("Root", "will_run", "out/6 does not exist"),
    )

    assert [(row.name, row.count, row.why, row.look.word, row.run_id) for row in shown.rows] == [
        ("Root", "", "out/6 does not exist", "To run", None),
        ("Day", "1 of 4", "is at it now", "Shared", RUN),
        ("Day", "2 of 4", "out/3 does not exist, and 1 like it", "To run", None),
        ("Day and 2 more", "3", "targets exist", "Complete", None),
    ]
    assert [(look.word, count) for look, count in shown.counts] == [
        ("To run", 3), ("Complete", 3), ("Shared", 1), ("Blocked", 0)
    ]  # fmt: skip
    assert (shown.words, shown.total) == ("3 to run, 3 complete, 1 shared", "7 tasks")
    assert shown.written == ["out/3", "out/4", "out/6"]


def test_the_bar_is_full_and_begins_with_what_is_complete():
    bars = planned(*[("A", "will_run", "")] * 3, ("A", "complete", "")).bars

    assert [(bar.state, bar.x) for bar in bars] == [("succeeded", 0.0), ("running", 25.0)]
    assert bars[-1].x + bars[-1].width == pytest.approx(99.7)


def test_what_a_task_raised_is_told_and_a_long_plan_is_cut():
    fault = Fault("Root_1", "complete", "ValueError", "no", "a.py", 1)
    raised = planned(("Root", "error", "complete() raised ValueError", None, fault))
    long = planned(*[(f"F{number}", "will_run", "") for number in range(ROWS + 3)])

    assert raised.rows[0].why == "complete() raised ValueError: ValueError: no"
    assert [look.word for look, _ in raised.counts][-1] == "Error"
    assert (len(long.rows), long.more) == (ROWS, 3)


@pytest.mark.parametrize(
    ("expectation", "words"),
    [
        (Expectation("runs", Span(200.2, 1, 2, 14)), "About 3 min 20 s, as the last 14 runs took."),
        (Expectation("tasks", Span(0.4, 0, 1, 3)), "Less than 1 s, by what such tasks took before."),
        (
            Expectation("tasks", Span(61, 0, 1, 3), ("A",)),
            "At least 1 min 1 s, by what such tasks took before; 1 kind of task never ran here.",
        ),
        (
            Expectation("no history", None, ("A", "B")),
            "Nobody knows how long it takes yet: 2 kinds of task never ran here.",
        ),
        (Expectation("nothing to run", Span(0, 0, 0, 0)), "Nothing to run."),
    ],
)
def test_the_expected_duration_says_what_it_is_taken_from(expectation, words):
    shown = planned(("Root", "will_run", ""), expectation=expectation)

    assert shown.duration + shown.basis == words


def test_a_plan_that_is_blocked_has_nothing_that_can_run():
    assert planned(
        ("Root", "blocked", "missing"), expectation=Expectation("nothing to run", Span(0, 0, 0, 0))
    ).duration == ("Nothing can run")
