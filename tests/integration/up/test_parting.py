"""Ctrl-C on the terminal of `luigi-trigger up`."""

import pytest
from product import Product

CTRL_C = "\x03"


@pytest.fixture
def product(tmp_path):
    """On a terminal, with one run in the middle of its work."""
    made = Product(tmp_path)
    try:
        made.launch_on_terminal()
        made.shows("Luigi Trigger is ready")
        made.shows("visualizer")
        yield made
    finally:
        made.go("on")
        made.end()


@pytest.fixture
def run_id(product):
    run_id = product.trigger("Waiting", "on")
    product.reaches(run_id, "running")
    return run_id


def test_without_live_runs_it_stops_at_once(product):
    product.press(CTRL_C)
    assert product.wait(10) == 0


def test_with_a_live_run_it_asks_and_leaves_it_running_on_request(product, run_id):
    product.press(CTRL_C)
    assert "1 run still live" in product.shows("> ")
    product.press("l\n")
    assert product.wait(10) == 0
    product.abandon_runs()


def test_going_on_serving_is_one_of_the_answers(product, run_id):
    product.press(CTRL_C)
    product.shows("> ")
    product.press("s\n")
    product.go("on")
    product.reaches(run_id, "succeeded")


def test_an_answer_that_is_none_is_asked_again(product, run_id):
    product.press(CTRL_C)
    product.shows("> ")
    product.press("what?\n")
    product.shows("l, c, w or s> ")


def test_it_can_wait_for_the_run(product, run_id):
    product.press(CTRL_C)
    product.shows("> ")
    product.press("w\n")
    product.shows("Waiting for the live runs")
    product.go("on")
    assert product.wait(20) == 0
    assert (product.folder / "out/on").exists()


def test_a_second_ctrl_c_cancels_the_runs_and_then_stops(product, run_id):
    product.press(CTRL_C)
    product.shows("> ")
    product.press(CTRL_C)
    product.shows("Cancelling the live runs")
    assert product.wait(20) == 0
    assert not product.left_behind()
    product.start()
    assert product.state(run_id) == "cancelled"


def test_what_dies_while_it_asks_is_started_again(product, run_id):
    # Given
    product.press(CTRL_C)
    product.shows("> ")
    # When
    (luigid,) = (process for process in product.left_behind() if "trigger_service.luigid" in process.cmdline())
    luigid.kill()
    # Then
    product.shows("luigid was killed by signal 9")
    product.press("s\n")
    product.go("on")
    product.reaches(run_id, "succeeded")
