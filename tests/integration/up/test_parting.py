"""Ctrl-C on the terminal of `luigi-trigger up`."""

import os
import signal

import pytest
from polling import until

CTRL_C = "\x03"
LIVE = "state=starting&state=running&state=cancelling"


@pytest.fixture
def product(lasting):
    """On a terminal, with no live run; started again where an earlier test has ended it."""
    if not lasting.is_up():
        on_terminal(lasting)
    until(lambda: not lasting.get(f"/runs?{LIVE}")["items"], "the runs of earlier tests have ended")
    return lasting


@pytest.fixture
def name(tmp_path):
    """That of this test's task."""
    return tmp_path.name


@pytest.fixture
def run_id(product, name):
    """A run in the middle of its work."""
    run_id = product.trigger("Waiting", name)
    product.reaches(run_id, "running")
    yield run_id
    product.go(name)


def on_terminal(product):
    product.launch_on_terminal()
    product.shows("Luigi Trigger is ready")
    product.shows("visualizer")


def test_without_live_runs_it_stops_at_once(product):
    product.press(CTRL_C)
    assert product.wait() == 0


def test_with_a_live_run_it_asks_and_leaves_it_running_on_request(product, run_id):
    product.press(CTRL_C)
    assert "1 run still live" in product.shows("> ")
    product.press("l\n")
    assert product.wait() == 0
    product.abandon_runs()


def test_an_answer_that_is_none_is_asked_again_and_going_on_serving_is_one(product, run_id, name):
    product.press(CTRL_C)
    product.shows("> ")
    product.press("what?\n")
    product.shows("l, c, w or s> ")
    product.press("s\n")
    product.go(name)
    product.reaches(run_id, "succeeded")


def test_it_can_wait_for_the_run(product, run_id, name):
    product.press(CTRL_C)
    product.shows("> ")
    product.press("w\n")
    product.shows("Waiting for the live runs")
    product.go(name)
    assert product.wait() == 0
    assert (product.folder / "out" / name).exists()


def test_a_second_ctrl_c_cancels_the_runs_and_then_stops(product, run_id):
    product.press(CTRL_C)
    product.shows("> ")
    product.press(CTRL_C)
    product.shows("Cancelling the live runs")
    assert product.wait() == 0
    assert not product.left_behind()
    on_terminal(product)
    assert product.state(run_id) == "cancelled"


def test_what_dies_while_it_asks_is_started_again(product, run_id, name):
    # Given
    product.press(CTRL_C)
    product.shows("> ")
    # When
    os.kill(product.pids()["luigid"], signal.SIGKILL)
    # Then
    product.shows("luigid was killed by signal 9")
    product.press("s\n")
    product.go(name)
    product.reaches(run_id, "succeeded")
