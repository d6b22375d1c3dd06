"""From what the tasks said to what would happen."""

import pytest

from trigger_service.domain.plan import Builder, Fault, Finding, Walk
from trigger_service.service.arrangement import NAMED, arrange


def task(name, *requires, kind="ready", why="no", fault=None):
    return Finding(name, name, kind, why, requires=requires, fault=fault)


def arranged(*findings, builders=None, **walk):
    return {planned.task_id: planned for planned in arrange(Walk(findings, **walk), builders or {})}


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("complete", "complete"),
        ("ready", "will_run"),
        ("dynamic", "unknown"),
        ("missing", "blocked"),
        ("withheld", "blocked"),
        ("broken", "error"),
    ],
)
def test_each_kind_of_finding_has_its_state(kind, state):
    assert arranged(task("a", kind=kind))["a"].state == state


def test_what_is_required_stands_before_what_requires_it():
    tasks = arranged(task("a", "b", "c"), task("b", "d"), task("c", "d"), task("d", kind="complete"))

    order = list(tasks)
    assert order.index("d") < order.index("b") < order.index("a")
    assert order.index("d") < order.index("c") < order.index("a")


def test_a_missing_external_blocks_what_lies_above_it_and_nothing_else():
    tasks = arranged(task("a", "b", "c"), task("b", "x"), task("c"), task("x", kind="missing", why="x is away"))

    assert {name: planned.state for name, planned in tasks.items()} == {
        "x": "blocked",
        "b": "blocked",
        "c": "will_run",
        "a": "blocked",
    }
    assert tasks["a"].blocked_by == tasks["b"].blocked_by == ("x",)
    assert tasks["x"].blocked_by == ()
    assert tasks["a"].why == "it waits in vain for x"


def test_of_many_blockers_the_first_are_named():
    names = [f"x{number}" for number in range(30)]

    tasks = arranged(task("a", *names), *(task(name, kind="missing") for name in names))

    assert tasks["a"].blocked_by == tuple(names[:NAMED])
    assert tasks["a"].why == "it waits in vain for x0, x1, x2 and 27 more"


def test_an_error_blocks_what_lies_above_it():
    fault = Fault("b", "complete", "ValueError", "no")

    tasks = arranged(task("a", "b"), task("b", kind="broken", fault=fault))

    assert (tasks["b"].state, tasks["b"].fault) == ("error", fault)
    assert (tasks["a"].state, tasks["a"].blocked_by) == ("blocked", ("b",))


def test_what_lies_above_a_dynamic_task_will_run():
    tasks = arranged(task("a", "b"), task("b", kind="dynamic"))

    assert (tasks["a"].state, tasks["b"].state) == ("will_run", "unknown")


def test_a_circle_is_an_error_of_each_task_in_it():
    tasks = arranged(task("root", "a"), task("a", "b"), task("b", "c"), task("c", "a"))

    assert [tasks[name].state for name in ("a", "b", "c", "root")] == ["error", "error", "error", "blocked"]
    assert "a -> b -> c -> a" in tasks["b"].why


def test_a_task_that_requires_itself_is_a_circle():
    assert arranged(task("a", "a"))["a"].state == "error"


def test_what_another_run_builds_is_shared():
    builders = {"b": Builder("run 1", running=True), "c": Builder("run 2", running=False)}

    tasks = arranged(task("a", "b", "c"), task("b"), task("c", kind="dynamic"), builders=builders)

    assert [(tasks[name].state, tasks[name].run_id) for name in ("a", "b", "c")] == [
        ("will_run", None),
        ("shared", "run 1"),
        ("shared", "run 2"),
    ]


def test_a_task_that_waits_in_another_run_too_is_still_blocked():
    builders = {name: Builder("run 1", running=False) for name in ("a", "x")}

    tasks = arranged(task("a", "x"), task("x", kind="missing"), builders=builders)

    assert [tasks[name].state for name in ("a", "x")] == ["blocked", "blocked"]


def test_a_complete_task_is_complete_whoever_runs_it():
    assert arranged(task("a", kind="complete"), builders={"a": Builder("r", True)})["a"].state == "complete"


def test_what_a_cut_plan_did_not_reach_leaves_what_lies_above_it_unknown():
    tasks = arranged(task("a", "b", "c"), task("b", "d"), task("c"), cut="the time was over")

    assert {name: planned.state for name, planned in tasks.items()} == {"b": "unknown", "c": "will_run", "a": "unknown"}
    assert "cut" in tasks["a"].why


def test_where_luigi_refuses_the_run_nothing_of_it_would_run():
    fault = Fault("b", "requires", "TypeError", "no task")
    findings = (task("a", "b", "c"), task("b", kind="broken", fault=fault), task("c"), task("d", kind="complete"))

    tasks = arranged(*findings, refusal=fault)

    assert [tasks[name].state for name in "abcd"] == ["blocked", "error", "blocked", "complete"]
    assert tasks["c"].blocked_by == ("b",)


def test_a_chain_of_ten_thousand_is_no_trouble():
    chain = [task(f"t{number}", f"t{number + 1}") for number in range(10_000)]

    tasks = arranged(*chain, task("t10000", kind="missing"))

    assert all(planned.state == "blocked" for planned in tasks.values())
    assert next(iter(tasks)) == "t10000"
