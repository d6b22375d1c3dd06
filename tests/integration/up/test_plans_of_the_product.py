"""Plans by the whole product: shared with a live run, with history, ended when the client hangs up."""

import json
import socket
from urllib.parse import urlsplit

import psutil
import pytest
from polling import until
from product import Product

TASKS = '''
"""A tree with one task that goes on until a file appears, and one that is asked for ever."""
import os, time
from pathlib import Path
import luigi

class Leaf(luigi.Task):
    name = luigi.Parameter()
    def output(self):
        return luigi.LocalTarget(f"out/{self.name}")
    def run(self):
        while self.name.startswith("slow") and not Path(f"go-{self.name}").exists():
            time.sleep(0.02)
        with self.output().open("w") as file:
            file.write("x")

class Tree(Leaf):
    def requires(self):
        return [Leaf(f"slow-{self.name}"), Leaf(f"quick-{self.name}")]

class Endless(Leaf):
    def complete(self):
        Path(f"asked-{self.name}").write_text(str(os.getpid()))
        time.sleep(600)
'''


@pytest.fixture(scope="module")
def forest(tmp_path_factory):
    made = Product(tmp_path_factory.mktemp("forest"))
    (made.folder / "steps.py").write_text(TASKS)
    try:
        yield made.start()
    finally:
        made.end()


def plan(product, pipeline, **parameters):
    body = {"pipeline": pipeline, "parameters": parameters}
    answer = product.http.post(f"{product.url}/api/v1/plans", json=body, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def states(document):
    return {task["parameters"]["name"]: (task["state"], task["run_id"]) for task in document["tasks"]}


def test_a_plan_follows_what_becomes_of_the_tree(forest):
    # Given nothing done
    before = plan(forest, "Tree", name="a")
    assert {state for state, _ in states(before).values()} == {"will_run"}
    assert before["expected"]["basis"] == "no history"
    # When a run is at it
    run_id = forest.trigger("Tree", "a", workers=2)
    until((forest.folder / "out/quick-a").exists, "the quick leaf is built")
    until(lambda: "running" in {task["status"] for task in forest.get(f"/runs/{run_id}/tasks")["items"]}, "slow runs")
    # Then what it builds is shared, what it has built is complete
    during = states(plan(forest, "Tree", name="a"))
    assert during == {"quick-a": ("complete", None), "slow-a": ("shared", run_id), "a": ("shared", run_id)}
    # And once it is through, there is nothing to run; another tree has a history
    forest.go("slow-a")
    forest.reaches(run_id, "succeeded")
    assert states(plan(forest, "Tree", name="a")) == {"a": ("complete", None)}
    after = plan(forest, "Tree", name="b")["expected"]
    assert (after["basis"], after["without_history"]) == ("tasks", [])
    assert 0 <= after["span"]["low"] <= after["span"]["seconds"] <= after["span"]["high"]


def asked_by(forest, name):
    """The pid of the process that asks the endless task of a name."""
    file = forest.folder / f"asked-{name}"
    return int(until(lambda: file.exists() and file.read_text(), "the task is asked"))


def test_a_client_that_hangs_up_leaves_nothing_running(forest):
    address = urlsplit(forest.url)
    body = json.dumps({"pipeline": "Endless", "parameters": {"name": "left"}})
    head = f"POST /api/v1/plans HTTP/1.1\r\nHost: {address.hostname}\r\nContent-Type: application/json\r\n"
    with socket.create_connection((address.hostname, address.port)) as client:
        client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        pid = asked_by(forest, "left")
        assert psutil.pid_exists(pid)

    until(lambda: not psutil.pid_exists(pid), "the plan's process is gone")
    until(lambda: not list((forest.home / "plans").iterdir()), "its folder is gone")
