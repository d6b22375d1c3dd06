"""Runs that share a task: each says of it what is true, on its page, in the API and on the command line."""

import re
import subprocess

import pytest
from polling import until
from product import COMMAND, STEPS, Product

REPORT = """

class Report(Quick):
    def requires(self):
        return Waiting(name="shared")
"""


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory):
    """The product, and two runs of which the second waited for a task of the first."""
    product = Product(tmp_path_factory.mktemp("shared"))
    (product.folder / "steps.py").write_text(STEPS + REPORT)
    try:
        product.start()
        first = product.trigger("Report", "one")
        until(lambda: "running" in statuses(product, first).values(), "the first works")
        second = product.trigger("Report", "two")
        until(lambda: any(task["waiting_for"] for task in tasks(product, second)), "the second waits")
        product.go("shared")
        for run_id in (first, second):
            product.reaches(run_id, "succeeded")
        yield product, first, second
    finally:
        product.end()


def tasks(product, run_id):
    return product.get(f"/runs/{run_id}/tasks")["items"]


def statuses(product, run_id):
    return {task["family"]: task["status"] for task in tasks(product, run_id)}


def page(product, path):
    """The text of a page without its tags."""
    answer = product.http.get(product.url + path, timeout=30)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_the_task_that_the_first_run_did_counts_as_done_in_the_second_and_says_by_whom(two_runs):
    product, first, second = two_runs
    # Then the first has done both tasks, and the second one of them
    assert {task["family"]: task["done_by"] for task in tasks(product, first)} == {"Report": None, "Waiting": None}
    done_by = {task["family"]: (task["status"], task["done_by"]) for task in tasks(product, second)}
    assert done_by == {"Report": ("done", None), "Waiting": ("complete", f"run {first}")}
    assert product.get(f"/runs/{second}")["progress"] == {"total": 2, "done": 2, "failed": 0, "running": 0}


def test_its_page_links_the_run_that_did_it_and_nothing_is_unreached(two_runs):
    product, first, second = two_runs
    html = product.http.get(f"{product.url}/runs/{second}", timeout=30).text
    assert f'by run <a class="mono" href="/runs/{first}">' in html
    shown = page(product, f"/runs/{second}")
    assert "2 of 2 tasks , 1 done by another run" in shown
    assert "Not reached" not in shown


def test_the_grid_of_the_pipeline_and_the_command_line_say_so_too(two_runs):
    product, _, second = two_runs
    html = product.http.get(f"{product.url}/pipelines/Report", timeout=30).text
    assert 'title="Waiting: done by another run"' in html
    assert 'title="Waiting: not reached"' not in html
    shown = subprocess.run([COMMAND, "runs", second], cwd=product.folder, capture_output=True, text=True, check=True)
    assert '"done": 2' in shown.stdout or "2 of 2" in shown.stdout
