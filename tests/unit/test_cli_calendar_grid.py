"""Calendars as grids of marks."""

import pytest

from trigger_service.cli.calendar_grid import lines


def items(**statuses):
    return [{"value": value, "status": status, "reason": ""} for value, status in statuses.items()]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["2013-01-30", "2013-01-31", "2013-02-02"], [("2013-01", " " * 29 + "■■"), ("2013-02", " ■")]),
        (["2012-12", "2013-02"], [("2012", " " * 11 + "■"), ("2013", " ■")]),
        (["2012-W53", "2013-W01"], [("2012", " " * 52 + "■"), ("2013", "■")]),
        (["2009", "2010", "2011"], [("200x", " " * 9 + "■"), ("201x", "■■")]),
        (["2013-01-01T00", "2013-01-01T23"], [("2013-01-01", "■" + " " * 22 + "■")]),
        (["2013-01-01T1900", "2013-01-01T1901"], [("2013-01-01T19", "■■")]),
        (["2013-01-01T190059"], [("2013-01-01T1900", " " * 59 + "■")]),
    ],
)
def test_periods_of_one_larger_period_stand_in_a_line_each_in_its_place(values, expected):
    assert lines(items(**dict.fromkeys(values, "complete"))) == expected


def test_each_status_has_a_mark():
    days = {"2013-01-01": "complete", "2013-01-02": "missing", "2013-01-03": "unknown"}
    assert lines(items(**days)) == [("2013-01", "■·?")]


@pytest.mark.parametrize("values", [["ada"], ["2013-01-01", "ada"], ["2013-01-01", "2013-02"]])
def test_other_values_have_no_grid(values):
    assert lines(items(**dict.fromkeys(values, "complete"))) is None


def test_numbers_have_no_grid_either():
    assert lines([{"value": 2013, "status": "complete", "reason": ""}]) is None
