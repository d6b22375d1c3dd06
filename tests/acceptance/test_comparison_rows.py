"""Seven things that a comparison of orchestrators says are not first-class elsewhere, each on real runs."""

import json
import shutil
import threading
from collections import Counter
from pathlib import Path

import pytest
from product import Up

from trigger_service.client import Client

SETTINGS = "[trigger_service]\nmodules = comparison_tasks\nport = 0\nluigid_port = 0\n"
PIPELINES = Path(__file__).with_name("comparison_tasks.py")


@pytest.fixture(scope="module")
def up(tmp_path_factory):
    """The product on the tasks above."""
    folder = tmp_path_factory.mktemp("comparison")
    (folder / "luigi.cfg").write_text(SETTINGS)
    (folder / PIPELINES.name).write_text(PIPELINES.read_text())
    made = Up(folder)
    try:
        made.start()
        yield made
    finally:
        made.end()


@pytest.fixture
def client(up):
    """Speaks to the product; nothing has been done yet in its folder."""
    shutil.rmtree(up.folder / "out", ignore_errors=True)
    (up.folder / "ledger").unlink(missing_ok=True)
    return Client(up.url)


@pytest.fixture
def ledger(up, client):
    """How often tasks have started and ended, by their text."""

    def read():
        entries = [json.loads(line) for line in (up.folder / "ledger").read_text().splitlines()]
        starts, ends = (Counter(task for moment, task, _ in entries if moment == which) for which in ("start", "end"))
        assert starts == ends
        return starts

    return read


def succeeded(run, seconds=50.0):
    """The document of a run, once it has ended well."""
    document = run.wait(seconds)
    assert document["state"] == "succeeded", document
    assert document["verified"]
    return document


def result(up, client, run):
    """What the root of a run has made."""
    (root,) = [task for task in client.tasks(run["id"]) if task["task_id"].startswith(f"{run['pipeline']}_")]
    return json.loads((up.folder / "out" / f"{root['task_id']}.json").read_text())


def families(client, run):
    """How many tasks of each family a run has."""
    return Counter(task["family"] for task in client.tasks(run["id"]))


def test_a_run_needs_no_schedule_and_no_date(client, ledger):
    runs = [succeeded(client.run("Now", {"what": what})) for what in ("this", "that", "this")]

    assert [run["parameters"] for run in runs] == [{"what": "this"}, {"what": "that"}, {"what": "this"}]
    assert {run["trigger"]["kind"] for run in runs} == {"api"}
    assert ledger() == {"Now(what=this)": 1, "Now(what=that)": 1}
    # asked for again, it finds its target, and nothing to do
    assert runs[2]["progress"] == {"total": 1, "done": 1, "failed": 0, "running": 0}


def test_runs_of_one_pipeline_that_start_at_the_same_time_run_beside_each_other(up, client, ledger):
    together, asked = threading.Barrier(2), []

    def ask(name, other):
        own = Client(up.url)
        together.wait(30)
        asked.append(own.run("Meets", {"name": name, "other": other}).id)

    threads = [threading.Thread(target=ask, args=pair) for pair in (("left", "right"), ("right", "left"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # neither ends before the other has started
    assert [client.wait(run_id, 50)["state"] for run_id in asked] == ["succeeded", "succeeded"]
    assert sum(ledger().values()) == 2


def test_two_equal_runs_at_the_same_time_both_succeed_and_do_the_work_once(client, ledger):
    first = client.run("Many", {"count": 5})
    second = client.run("Many", {"count": 5})

    assert first.id != second.id
    totals = [succeeded(run)["progress"]["total"] for run in (first, second)]
    # a run whose root is complete when it comes to it looks no further
    assert 6 in totals
    assert set(totals) <= {1, 6}
    assert set(ledger().values()) == {1}


@pytest.mark.parametrize(
    ("rows", "way", "taken"),
    [
        (0, "Quarantined", {"Quarantined": 1}),
        (99, "Loaded", {"Loaded": 1}),
        (101, "Split", {"Split": 1, "Loaded": 2}),
    ],
)
def test_a_run_takes_the_branch_that_its_data_asks_for_and_comes_together_again(up, client, ledger, rows, way, taken):
    run = succeeded(client.run("Delivery", {"rows": rows}))

    assert result(up, client, run) == {"judged": way, "measured": rows}
    assert families(client, run) == {"Delivery": 1, "Judged": 1, "Measured": 1, **taken}
    assert Counter(task.partition("(")[0] for task in ledger()) == families(client, run)


@pytest.mark.timeout(180)
# the work of luigid grows as the square of their number
@pytest.mark.parametrize("count", [500, pytest.param(2000, marks=pytest.mark.long)])
def test_thousands_of_fast_tasks_are_one_run(client, ledger, count):
    run = succeeded(client.run("Many", {"count": count}), 170)

    assert run["progress"] == {"total": count + 1, "done": count + 1, "failed": 0, "running": 0}
    assert (len(ledger()), set(ledger().values())) == (count + 1, {1})


def test_a_step_hands_its_data_to_the_next_however_much_it_is(up, client):
    run = succeeded(client.run("Total", {"count": 1_000_000}))

    assert result(up, client, run) == 499_999_500_000
    assert families(client, run) == {"Total": 1, "Numbers": 1}


@pytest.mark.parametrize(("depth", "width", "tasks"), [(0, 3, 1), (1, 4, 5), (3, 2, 15)])
def test_parameters_say_what_the_graph_looks_like(client, ledger, depth, width, tasks):
    parameters = {"depth": depth, "width": width}
    plan = client.plan("Tree", parameters)
    assert (plan["total"], plan["counts"]["will_run"]) == (tasks, tasks)

    run = succeeded(client.run("Tree", parameters))

    assert run["progress"]["total"] == tasks == sum(ledger().values())


@pytest.mark.parametrize(("seed", "parts"), [(0, 2), (3, 5)])
def test_a_graph_may_be_known_only_while_it_runs(up, client, ledger, seed, parts):
    run = succeeded(client.run("Whole", {"seed": seed}))

    assert result(up, client, run) == parts
    assert families(client, run) == {"Whole": 1, "Found": 1, "Part": 3 * parts}
    assert sum(ledger().values()) == 2 + 3 * parts
