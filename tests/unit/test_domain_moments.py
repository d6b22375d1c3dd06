"""Moments of a time zone: calendar and clock, clock changes, and the texts that Luigi reads."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import example, given
from hypothesis import strategies as st

from trigger_service.domain.moments import DIRECTIVES, UNITS, existing, floored, moved, unknown_directives, written

BERLIN, LORD_HOWE, SAO_PAULO = map(ZoneInfo, ("Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo"))
ZONES = st.sampled_from([BERLIN, LORD_HOWE, SAO_PAULO, ZoneInfo("America/New_York"), UTC])
MOMENTS = st.datetimes(datetime(1000, 1, 1), datetime(3000, 1, 1), timezones=ZONES)


def wall(moment):
    return moment.isoformat(timespec="minutes")


@pytest.mark.parametrize(
    ("start", "count", "unit", "expected"),
    [
        ("2013-03-31T05:30", -1, "month", "2013-02-28T05:30+01:00"),
        ("2012-03-31T05:30", -1, "month", "2012-02-29T05:30+01:00"),
        ("2012-02-29T05:30", -1, "year", "2011-02-28T05:30+01:00"),
        ("2013-01-31T05:30", 1, "month", "2013-02-28T05:30+01:00"),
        ("2013-01-15T05:30", -1, "month", "2012-12-15T05:30+01:00"),
        ("2013-01-01T05:30", -1, "day", "2012-12-31T05:30+01:00"),
        ("2013-01-01T05:30", 2, "week", "2013-01-15T05:30+01:00"),
        ("2013-01-01T05:30", -31, "minute", "2013-01-01T04:59+01:00"),
        # a day is a calendar day, also where it has 23 or 25 hours
        ("2013-03-31T05:30", -1, "day", "2013-03-30T05:30+01:00"),
        ("2013-10-27T05:30", -1, "day", "2013-10-26T05:30+02:00"),
        # an hour is one that passes
        ("2013-03-31T03:00", -1, "hour", "2013-03-31T01:00+01:00"),
        ("2013-10-27T03:00", -1, "hour", "2013-10-27T02:00+01:00"),
        ("2013-10-27T03:00", -2, "hour", "2013-10-27T02:00+02:00"),
        # a skipped time is the one so much later, a repeated one the first
        ("2013-04-01T02:30", -1, "day", "2013-03-31T03:30+02:00"),
        ("2013-10-26T02:30", 1, "day", "2013-10-27T02:30+02:00"),
    ],
)
def test_a_moment_is_moved_along_the_calendar_of_its_zone(start, count, unit, expected):
    moment = datetime.fromisoformat(start).replace(tzinfo=BERLIN)
    assert wall(existing(moved(moment, count, unit))) == expected


def test_the_hour_before_the_second_of_two_equal_hours_is_the_first():
    second = datetime(2013, 10, 27, 2, 30, tzinfo=BERLIN, fold=1)
    assert wall(moved(second, -1, "hour")) == "2013-10-27T02:30+02:00"
    assert wall(floored(second, "hour")) == "2013-10-27T02:00+01:00"


def test_a_half_hour_of_clock_change_is_passed_through():
    after = datetime(2013, 4, 7, 2, 0, tzinfo=LORD_HOWE)
    assert wall(moved(after, -1, "hour")) == "2013-04-07T01:30+11:00"


def test_a_day_without_midnight_begins_when_it_does():
    noon = datetime(2013, 10, 20, 12, 0, tzinfo=SAO_PAULO)
    assert wall(existing(floored(noon, "day"))) == "2013-10-20T01:00-02:00"


@given(MOMENTS, st.integers(-1000, 1000), st.sampled_from(["day", "week", "month", "year"]))
def test_calendar_units_are_those_of_dateutil(moment, count, unit):
    expected = moment.replace(tzinfo=None) + relativedelta(**{f"{unit}s": count})
    assert moved(moment, count, unit).replace(tzinfo=None) == expected


@given(MOMENTS, st.integers(-100_000, 100_000))
def test_hours_and_minutes_are_those_that_pass(moment, count):
    for unit, length in (("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        passed = moved(moment, count, unit).astimezone(UTC) - moment.astimezone(UTC)
        assert passed == count * length


@given(MOMENTS, st.sampled_from(UNITS))
def test_the_begin_of_a_unit_is_in_it_and_its_own_begin(moment, unit):
    begin = floored(moment, unit).replace(tzinfo=None)
    local = moment.replace(tzinfo=None)
    assert begin <= local < begin + relativedelta(**{f"{unit}s": 1})
    assert floored(floored(moment, unit), unit) == floored(moment, unit)


@given(MOMENTS)
@example(datetime(2515, 1, 1, microsecond=999999, tzinfo=ZoneInfo("Europe/Berlin")))
def test_directives_write_what_pythons_do(moment):
    own = {"%s", "%:z"}
    assert own < set(DIRECTIVES)
    for directive in set(DIRECTIVES) - own:
        assert written(moment, directive) == moment.strftime(directive)
    iso = datetime.fromisoformat(written(moment, "%Y-%m-%dT%H:%M:%S%:z"))
    assert iso.astimezone(UTC) == moment.replace(microsecond=0).astimezone(UTC)
    assert timedelta() <= moment - datetime.fromtimestamp(int(written(moment, "%s")), UTC) < timedelta(seconds=1)


def test_what_is_no_directive_is_found_where_it_stands():
    assert unknown_directives("%Y-%Q%%%-d %") == [(3, "%Q"), (7, "%-"), (11, "%")]


@pytest.mark.parametrize(
    ("count", "unit"),
    [
        (-2013, "year"),
        (7987, "year"),
        (-24_156, "month"),
        (-735_000, "day"),
        *((sign * 999_999_999, unit) for sign in (1, -1) for unit in UNITS if unit != "minute"),
    ],
)
def test_beyond_the_years_1_to_9999_is_an_overflow(count, unit):
    with pytest.raises(OverflowError):
        moved(datetime(2013, 1, 1, tzinfo=BERLIN), count, unit)


def test_the_first_and_the_last_year_are_reached():
    moment = datetime(2013, 1, 2, tzinfo=UTC)
    assert written(moved(moment, -2012, "year"), "%Y-%m-%d") == "0001-01-02"
    assert written(moved(moment, 7986, "year"), "%Y-%m-%d") == "9999-01-02"
