"""What pages show, without a page: durations, slots, sentences."""

import pytest

from trigger_service.web.pages.forms import number
from trigger_service.web.pages.references import with_runs
from trigger_service.web.pages.slots import Usage
from trigger_service.web.pages.times import clock, lasting

NOON = 1_774_526_400.0  # 26 March 2026, 12:00 UTC


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3, "0 s"),
        (0, "0 s"),
        (0.004, "<0.01 s"),
        (0.9, "0.90 s"),
        (59, "59 s"),
        (265, "4 min 25 s"),
        (300, "5 min 0 s"),
        (3600, "1 h 0 min"),
        (11_540, "3 h 12 min"),
        (200_000, "2 d 7 h"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds, words):
    assert lasting(seconds) == words


def test_a_time_of_another_day_says_which():
    assert clock(NOON - 1, NOON) == "11:59:59 UTC"
    assert clock(NOON - 86_400, NOON) == "25 March 2026, 12:00:00 UTC"


@pytest.mark.parametrize(
    ("held", "slots", "kinds"),
    [
        (1, 3, ["held", "free", "free"]),
        (3, 2, ["held", "held", "over"]),
        (0, 1, ["free"]),
        (2, 0, []),
        (2, 17, []),
        (17, 2, []),
    ],
)
def test_each_slot_is_a_square_as_long_as_they_are_few(held, slots, kinds):
    assert [square.kind for square in Usage(held, slots).squares] == kinds


def test_many_slots_are_a_bar_that_is_never_more_than_full():
    assert (Usage(5, 40).percent, Usage(50, 40).percent, Usage(5, 0).percent) == (12, 100, 0)
    assert (Usage(50, 40).over, Usage(5, 0).over) == (10, 0)


def test_a_run_that_is_named_is_a_link_and_all_else_is_text():
    run = "01a20821-8ace-7758-bd44-19246e62733a"
    shown = str(with_runs(f"held by {run} & <b>"))
    assert shown == f'held by <a class="mono" href="/runs/{run}">01a20821-8ace</a> &amp; &lt;b&gt;'


@pytest.mark.parametrize(("text", "value"), [("4", 4), (" 4 ", 4), ("-1", -1), ("4.0", "4.0"), ("٣", "٣"), ("x", "x")])
def test_a_number_is_written_in_digits(text, value):
    assert number(text) == value
