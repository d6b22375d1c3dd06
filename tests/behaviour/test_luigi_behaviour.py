"""Everything that Luigi can do, by plain `luigi` and by the product: what each case expects stands in its module."""

import collections

import expectations
import pytest
from both_ways import Outcome
from expectations import Expectation

FACES = {"succeeded": ":)", "failed": ":("}


@pytest.mark.timeout(150)  # far more than any needs alone: on a busy machine a chain of 300 takes its time
@pytest.mark.parametrize("case", expectations.names())
def test_a_module_does_the_same_both_ways_and_is_reported_as_a_careful_person_would(bench, case):
    for number, expected in enumerate(expectations.read(case).rounds()):
        outcome = bench.play(case, expected)
        seen, wanted = described(outcome, expected), wish(outcome, expected)
        if number or expected.plain_exit is None:
            # luigid still knows what it was told in the round before, or by a command that was killed at something
            wanted |= {key: seen[key] for key in ("graph", "plain tasks")}
        assert {k: v for k, v in seen.items() if v != wanted[k]} == {k: v for k, v in wanted.items() if v != seen[k]}


def wish(outcome: Outcome, expected: Expectation):
    """What should be seen."""
    plain_tasks = collections.Counter()
    for status, number in expected.tasks.items():
        plain_tasks[{"complete": "done"}.get(status, status)] += number
    ours, run = outcome.ours, outcome.ours.run
    graph = outcome.by_luigi.graph if expected.graph is None else expected.graph
    return {
        "state": expected.state,
        "verified": expected.verified if expected.state == "succeeded" else None,
        "error": expected.error,
        "tasks": expected.tasks,
        "progress": counted(ours.tasks),
        "ran": ordered(expected.ran, expected),
        "graph": graph,
        "printed": sorted(outcome.by_luigi.printed) if expected.same_output else None,
        "files": {name: content for name, content in outcome.by_luigi.files.items() if name not in expected.differing},
        "log": [],
        "details": expected.details,
        "plain exit": expected.plain_exit,
        "plain face": FACES[run["state"]] if expected.plain_face == "" else expected.plain_face,
        "plain ran": ordered(expected.ran if expected.plain_ran is None else expected.plain_ran, expected),
        "plain tasks": plain_tasks if expected.plain_tasks is None else expected.plain_tasks,
    }


def described(outcome: Outcome, expected: Expectation):
    """What is seen, in the same form."""
    ours, run = outcome.ours, outcome.ours.run
    names = {task["task_id"]: named(task) for task in ours.tasks}
    # what only the product knows are the joined executions of batches, which stand alone
    graph = {task: below for task, below in outcome.by_us.graph.items() if below or task in outcome.by_luigi.graph}
    if expected.graph is not None:
        graph = {names[task]: sorted(names[d] for d in below) for task, below in graph.items()}
    return {
        "state": run["state"],
        "verified": run["verified"],
        "error": error_of(run, names, expected),
        "tasks": dict(collections.Counter(outcome.by_us.statuses.values())),
        "progress": run["progress"],
        "ran": ordered(outcome.by_us.ran, expected),
        "graph": graph,
        "printed": sorted(outcome.by_us.printed) if expected.same_output else None,
        "files": {name: content for name, content in outcome.by_us.files.items() if name not in expected.differing},
        "log": missing_lines(ours.lines, names, expected),
        "details": details(ours.tasks, expected),
        "plain exit": outcome.plain.exit,
        "plain face": outcome.plain.face,
        "plain ran": ordered(outcome.by_luigi.ran, expected),
        "plain tasks": dict(collections.Counter(outcome.by_luigi.statuses.values())),
    }


def ordered(ran, expected):
    """The ledger as it is compared: in its order, sorted, or only its length."""
    if isinstance(ran, int):
        return ran
    if isinstance(expected.ran, int):
        return len(ran)
    return ran if expected.in_order else sorted(ran)


def named(task):
    """The class of a task with its parameters, as the cases' ledger writes it."""
    values = ",".join(value for _, value in sorted(task["parameters"].items()))
    return task["family"].rpartition(".")[2] + (f"({values})" if values else "")


def counted(tasks):
    """What the progress of a run with these tasks should be."""
    statuses = collections.Counter(task["status"] for task in tasks)
    return {
        "total": len(tasks),
        "done": statuses["done"] + statuses["complete"],
        "failed": statuses["failed"] + statuses["disabled"] + statuses["unknown"],
        "running": statuses["running"],
    }


def error_of(run, names, expected):
    """Type, message and task; of the message only what is expected of it, if it has that."""
    error = run["error"]
    if error is None:
        return None
    part = expected.error[1] if expected.error and expected.error[1] in error["message"] else error["message"]
    known = {run["task_id"]: expected.root, **names}
    return [error["type"], part, known.get(error["task_id"], error["task_id"])]


def missing_lines(lines, names, expected):
    """The expected lines that the log does not have."""
    said = collections.defaultdict(list)
    for line in lines:
        said[names.get(line["task"], line["task"] or "")].append(line["text"])
    wanted = [(task, part) for task, parts in expected.log.items() for part in parts]
    absent = [(task, part) for task, part in wanted if not any(part in text for text in said[task])]
    return [*absent, dict(said)] if absent else []


def details(tasks, expected):
    """What is said of the tasks of which something is expected; of a text only the expected part, if it has that."""
    found = {}
    for task in tasks:
        wanted = expected.details.get(named(task), {})
        for key, value in wanted.items():
            real = task[key]
            same = isinstance(real, str) and isinstance(value, str) and value in real
            found.setdefault(named(task), {})[key] = value if same else real
    return found
