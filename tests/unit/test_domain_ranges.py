"""Ranges over calendar parameters: which values they have, and what is said of those that cannot be."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from luigi.date_interval import Custom, Date, Month, Week, Year
from luigi.parameter import (
    DateHourParameter,
    DateIntervalParameter,
    DateMinuteParameter,
    DateParameter,
    DateSecondParameter,
    IntParameter,
    MonthParameter,
    YearParameter,
)

from trigger_service.domain.errors import InvalidRequest
from trigger_service.domain.ranges import MOST_VALUES, Range, expand, list_problems
from trigger_service.runner.catalog import described
from trigger_service.runner.patience import Patience

NOW = datetime(2013, 2, 1, 12, 30, 15, tzinfo=UTC).timestamp()


def entry(parameter):
    """What the catalogue says of a parameter, as a pipeline has it."""

    class Family:
        @classmethod
        def get_task_family(cls):
            return "Family"

    return described(Family, "day", parameter, Patience())[0]


def values(parameter, now=NOW, **wanted):
    return expand(entry(parameter), Range(**wanted), now)


def problems(parameter, **wanted):
    with pytest.raises(InvalidRequest) as refused:
        values(parameter, **wanted)
    return {problem.pointer: problem.detail for problem in refused.value.problems}


@pytest.mark.parametrize(
    ("parameter", "start", "stop", "expected"),
    [
        (DateParameter(), "2012-02-28", "2012-03-01", ["2012-02-28", "2012-02-29", "2012-03-01"]),
        (MonthParameter(), "2012-11", "2013-02", ["2012-11", "2012-12", "2013-01", "2013-02"]),
        (YearParameter(), "2011", "2013", ["2011", "2012", "2013"]),
        (DateHourParameter(), "2012-12-31T22", "2013-01-01T00", ["2012-12-31T22", "2012-12-31T23", "2013-01-01T00"]),
        (DateMinuteParameter(), "2013-01-01T0059", "2013-01-01T0100", ["2013-01-01T0059", "2013-01-01T0100"]),
        (DateMinuteParameter(), "2013-01-01T00H59", "2013-01-01T0059", ["2013-01-01T0059"]),
        (DateSecondParameter(), "2013-01-01T235959", "2013-01-02T000000", ["2013-01-01T235959", "2013-01-02T000000"]),
        (DateIntervalParameter(), "2012", "2013", ["2012", "2013"]),
        (DateIntervalParameter(), "2012-12", "2013-01", ["2012-12", "2013-01"]),
        (DateIntervalParameter(), "2012-W52", "2013-W02", ["2012-W52", "2013-W01", "2013-W02"]),
        (DateIntervalParameter(), "2015-W53", "2016-W01", ["2015-W53", "2016-W01"]),
        (DateIntervalParameter(), "2012-12-31", "2013-01-01", ["2012-12-31", "2013-01-01"]),
        (DateParameter(), "2013-1-5", "2013-01-05", ["2013-01-05"]),
        (DateParameter(), "0001-01-01", "0001-01-02", ["0001-01-01", "0001-01-02"]),
        (DateParameter(), "9999-12-30", "9999-12-31", ["9999-12-30", "9999-12-31"]),
    ],
)
def test_a_range_has_every_period_of_its_unit_and_both_bounds(parameter, start, stop, expected):
    assert values(parameter, start=start, stop=stop) == expected
    assert [parameter.serialize(parameter.parse(text)) for text in expected if not text.startswith("0")] == [
        text for text in expected if not text.startswith("0")
    ]


@pytest.mark.parametrize(
    ("parameter", "start", "stop"),
    [
        (DateParameter(interval=7), "2013-01-01", "2013-03-01"),
        (DateParameter(interval=2, start=date(2013, 1, 2)), "2012-12-30", "2013-01-07"),
        (MonthParameter(interval=3), "2012-02", "2013-12"),
        (MonthParameter(interval=5, start=date(2012, 2, 1)), "2011-01", "2013-12"),
        (YearParameter(interval=10, start=date(1995, 1, 1)), "1990", "2030"),
        (DateHourParameter(interval=6, start=datetime(2013, 1, 1, 3)), "2013-01-01T00", "2013-01-03T00"),
        (DateMinuteParameter(interval=15), "2013-01-01T0007", "2013-01-01T0207"),
        (DateSecondParameter(interval=45), "2013-01-01T000000", "2013-01-01T000500"),
    ],
)
def test_a_parameter_that_takes_every_so_many_periods_gets_just_those_that_its_own_rounding_makes(
    parameter, start, stop
):
    # Given every period of the range, rounded by Luigi itself
    plain = type(parameter)()
    every = expand(entry(plain), Range(start=start, stop=stop), NOW)
    rounded = [parameter.serialize(parameter.normalize(parameter.parse(text))) for text in every]

    assert values(parameter, start=start, stop=stop) == list(dict.fromkeys(rounded))


def test_a_step_leaves_out_values_and_counts_from_the_start():
    assert values(DateParameter(), start="2013-01-01", stop="2013-01-08", step=3) == [
        "2013-01-01",
        "2013-01-04",
        "2013-01-07",
    ]
    assert values(MonthParameter(interval=3), start="2013-01", stop="2013-12", step=2) == ["2013-01", "2013-07"]


@pytest.mark.parametrize(
    ("parameter", "wanted", "expected"),
    [
        (DateParameter(), {"last": 3, "stop": "2013-01-01"}, ["2012-12-30", "2012-12-31", "2013-01-01"]),
        (DateParameter(), {"last": 2}, ["2013-01-30", "2013-01-31"]),
        (MonthParameter(), {"last": 2}, ["2012-12", "2013-01"]),
        (MonthParameter(interval=3), {"last": 2}, ["2012-07", "2012-10"]),
        (YearParameter(), {"last": 1}, ["2012"]),
        (DateHourParameter(), {"last": 2}, ["2013-02-01T10", "2013-02-01T11"]),
        (DateMinuteParameter(), {"last": 1}, ["2013-02-01T1229"]),
        (DateSecondParameter(), {"last": 1}, ["2013-02-01T123014"]),
        (DateIntervalParameter(), {"last": 2, "stop": "2013-W01"}, ["2012-W52", "2013-W01"]),
        (DateParameter(), {"start": "2013-01-30"}, ["2013-01-30", "2013-01-31"]),
        (DateIntervalParameter(), {"start": "2012-12"}, ["2012-12", "2013-01"]),
        (DateParameter(), {"last": 3, "step": 7, "stop": "2013-01-31"}, ["2013-01-17", "2013-01-24", "2013-01-31"]),
    ],
)
def test_the_last_so_many_end_with_the_stop_or_with_the_newest_period_that_is_over(parameter, wanted, expected):
    assert values(parameter, **wanted) == expected


def test_values_before_the_calendar_begins_are_left_out():
    assert values(YearParameter(), last=3, stop="0002") == ["0001", "0002"]
    assert values(YearParameter(interval=10), start="0003", stop="0011") == ["0010"]


@pytest.mark.parametrize(
    ("parameter", "wanted", "pointer", "said"),
    [
        (DateParameter(), {"start": "2013-13-01", "stop": "x"}, "/range/start", "expected a date YYYY-MM-DD"),
        (DateParameter(), {"start": "2013-01-01", "stop": "x"}, "/range/stop", '"x" cannot be used: expected a date'),
        (DateParameter(), {"start": "2013-01-02", "stop": "2013-01-01"}, "/range/stop", "is before the start"),
        (DateParameter(), {"start": "2013-02-01"}, "/range/start", "is not over yet"),
        (DateParameter(), {}, "/range", "give start, or last"),
        (DateParameter(), {"start": "2013-01-01", "last": 2}, "/range/last", "give one of them"),
        (DateParameter(), {"last": 0}, "/range/last", "expected 1 to 10000"),
        (DateParameter(), {"last": 1, "step": 0}, "/range/step", "expected 1 to 10000"),
        (
            DateParameter(),
            {"start": "1900-01-01", "stop": "2013-01-01"},
            "/range",
            "has 41274 values; expected at most",
        ),
        (DateIntervalParameter(), {"last": 2}, "/range/stop", "by days, weeks, months or years"),
        (DateIntervalParameter(), {"start": "2013", "stop": "2013-05"}, "/range/stop", "expected both to be as long"),
        (DateIntervalParameter(), {"start": "2013-W53", "stop": "2014-W01"}, "/range/start", "cannot be counted on"),
        (
            DateIntervalParameter(),
            {"start": "2013-01-01-2013-01-07", "stop": "2013-02-01"},
            "/range/start",
            "cannot be counted on",
        ),
        (IntParameter(), {"start": "1"}, "/parameter", "is a IntParameter, and ranges are of dates"),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_what_was_expected(parameter, wanted, pointer, said):
    assert said in problems(parameter, **wanted)[pointer]


def test_all_that_is_wrong_is_told_at_once():
    assert set(problems(DateParameter(), start="x", stop="y", last=0)) == {
        "/range/start",
        "/range/stop",
        "/range/last",
    }


def test_the_largest_range_is_taken_and_one_more_is_not():
    assert len(values(DateParameter(), last=MOST_VALUES)) == MOST_VALUES
    assert "/range/last" in problems(DateParameter(), last=MOST_VALUES + 1)
    assert not list_problems([0] * MOST_VALUES)
    assert [problem.pointer for problem in list_problems([])] == ["/values"]
    assert list_problems([0] * (MOST_VALUES + 1))


def test_a_users_own_reading_of_dates_has_no_range():
    class Fiscal(DateParameter):
        def parse(self, s):
            return super().parse(s.removeprefix("FY"))

    assert entry(Fiscal())["range"] is None


@pytest.mark.parametrize("text", ["2013", "2013-02", "2013-W05", "2013-02-03"])
def test_date_intervals_are_counted_as_luigi_goes_from_one_to_the_next(text):
    parsed = DateIntervalParameter().parse(text)
    assert isinstance(parsed, (Year, Month, Week, Date)) and not isinstance(parsed, Custom)

    assert values(DateIntervalParameter(), start=text, stop=parsed.next().to_string()) == [
        text,
        parsed.next().to_string(),
    ]
