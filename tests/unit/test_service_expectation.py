"""How long a plan would take."""

import pytest

from trigger_service.domain.plan import PlannedTask, Span
from trigger_service.service.expectation import expect, span, with_history

RUNS = Span(60.0, 50.0, 90.0, 20)


def task(name, *requires, state="will_run", family=None):
    return PlannedTask(name, family or name, state, "", {}, requires, ())


def seconds(value):
    return Span(value, value / 2, value * 2, 5)


def test_a_span_is_the_middle_and_the_tenth_and_ninetieth_percentile():
    assert span([]) is None
    assert span([3.0]) == Span(3.0, 3.0, 3.0, 1)
    assert span([float(n) for n in range(11)]) == Span(5.0, 1.0, 9.0, 11)
    assert span([9.0, 1.0]).seconds == 5.0


def test_only_what_would_run_has_an_expectation():
    tasks = with_history([task("a"), task("b", state="complete"), task("c", state="blocked")], {"a": seconds(1)})

    assert [planned.expected for planned in tasks] == [seconds(1), None, None]


@pytest.mark.parametrize(("workers", "expected"), [(1, 30.0), (2, 20.0), (3, 20.0)])
def test_tasks_share_the_workers_but_wait_for_what_they_require(workers, expected):
    tasks = [task("a"), task("b"), task("c", "a", "b")]
    tasks = with_history(tasks, dict.fromkeys("abc", seconds(10)))

    expectation = expect(tasks, RUNS, workers)

    assert expectation.basis == "tasks"
    assert expectation.span == Span(expected, expected / 2, expected * 2, 5)


def test_a_shared_task_is_waited_for():
    tasks = with_history([task("a", state="shared"), task("b", "a")], {"a": seconds(10), "b": seconds(1)})

    assert expect(tasks, None, 4).span.seconds == 11.0


def test_what_other_runs_build_takes_none_of_the_workers():
    shared = [task(f"s{number}", state="shared", family="s") for number in range(10)]
    tasks = with_history([*shared, task("b", "s0")], {"s": seconds(10), "b": seconds(1)})

    assert expect(tasks, None, 1).span.seconds == 11.0


def test_runs_go_before_a_sum_that_lacks_tasks():
    tasks = with_history([task("a"), task("b")], {"a": seconds(10), "b": None})

    assert expect(tasks, RUNS, 1).basis == "runs"
    assert expect(tasks, RUNS, 1).span == RUNS
    lacking = expect(tasks, None, 1)
    assert (lacking.basis, lacking.span.seconds, lacking.without_history) == ("tasks", 10.0, ("b",))


def test_without_any_history_there_is_no_guess():
    expectation = expect([task("a"), task("b")], None, 1)

    assert (expectation.basis, expectation.span, expectation.without_history) == ("no history", None, ("a", "b"))


def test_nothing_to_run_takes_no_time():
    assert expect([task("a", state="complete")], RUNS, 1).basis == "nothing to run"
