"""When schedules fire: what people get wrong about cron, changes of the clocks, intervals, single times."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trigger_service.domain.schedule import Timing
from trigger_service.service.occurrences import Occurrences

BERLIN = "Europe/Berlin"
LORD_HOWE = "Australia/Lord_Howe"
DAY_S = 24 * 3600


def moment_of(local, zone="UTC"):
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).timestamp()


def fires(timing, after, count):
    """The local times, with their offsets, of the first fires after a local time."""
    shown = Occurrences(timing).preview(moment_of(after, timing.timezone), count)
    return [f"{fire.local[:16]}{fire.offset}".replace("T", " ") for fire in shown]


def cron(expression, after, count=4, zone="UTC"):
    return [fire[:16] for fire in fires(Timing("cron", expression, zone), after, count)]


def notes(timing, after, count):
    return [fire.note for fire in Occurrences(timing).preview(moment_of(after, timing.timezone), count)]


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        # the 13th or a Friday, not Friday the 13th
        (
            "0 0 13 * FRI",
            "2026-11-05",
            ["2026-11-06 00:00", "2026-11-13 00:00", "2026-11-20 00:00", "2026-11-27 00:00"],
        ),
        (
            "0 0 13 * FRI",
            "2026-12-11",
            ["2026-12-13 00:00", "2026-12-18 00:00", "2026-12-25 00:00", "2027-01-01 00:00"],
        ),
        # ... but both where one field begins with a star: Fridays that are odd days
        (
            "0 0 */2 * FRI",
            "2026-11-01",
            ["2026-11-13 00:00", "2026-11-27 00:00", "2026-12-11 00:00", "2026-12-25 00:00"],
        ),
        # Sunday is 0 and 7, and 1 is Monday
        ("0 0 * * 7", "2026-11-22", ["2026-11-29 00:00", "2026-12-06 00:00", "2026-12-13 00:00", "2026-12-20 00:00"]),
        ("0 0 * * 0", "2026-11-22", ["2026-11-29 00:00", "2026-12-06 00:00", "2026-12-13 00:00", "2026-12-20 00:00"]),
        ("0 0 * * 1", "2026-11-22", ["2026-11-23 00:00", "2026-11-30 00:00", "2026-12-07 00:00", "2026-12-14 00:00"]),
        (
            "0 0 * * FRI-7",
            "2026-11-26",
            ["2026-11-27 00:00", "2026-11-28 00:00", "2026-11-29 00:00", "2026-12-04 00:00"],
        ),
        # a step begins anew with each hour, month, week
        (
            "*/45 * * * *",
            "2026-11-22",
            ["2026-11-22 00:45", "2026-11-22 01:00", "2026-11-22 01:45", "2026-11-22 02:00"],
        ),
        (
            "0 */5 * * *",
            "2026-11-22T14:00",
            ["2026-11-22 15:00", "2026-11-22 20:00", "2026-11-23 00:00", "2026-11-23 05:00"],
        ),
        (
            "0 0 */10 * *",
            "2026-11-22",
            ["2026-12-01 00:00", "2026-12-11 00:00", "2026-12-21 00:00", "2026-12-31 00:00"],
        ),
        (
            "50/5 4 * * *",
            "2026-11-22",
            ["2026-11-22 04:50", "2026-11-22 04:55", "2026-11-23 04:50", "2026-11-23 04:55"],
        ),
        (
            "59 23 31 12 *",
            "2026-12-31T23:58",
            ["2026-12-31 23:59", "2027-12-31 23:59", "2028-12-31 23:59", "2029-12-31 23:59"],
        ),
        # months without such a day are left out
        ("0 0 31 * *", "2026-02-01", ["2026-03-31 00:00", "2026-05-31 00:00", "2026-07-31 00:00", "2026-08-31 00:00"]),
        ("0 0 29 2 *", "2096-01-01", ["2096-02-29 00:00", "2104-02-29 00:00", "2108-02-29 00:00", "2112-02-29 00:00"]),
        ("0 0 L 2 *", "2026-02-01", ["2026-02-28 00:00", "2027-02-28 00:00", "2028-02-29 00:00", "2029-02-28 00:00"]),
        ("0 0 LW * *", "2026-01-01", ["2026-01-30 00:00", "2026-02-27 00:00", "2026-03-31 00:00", "2026-04-30 00:00"]),
        ("0 0 * * 5L", "2026-01-01", ["2026-01-30 00:00", "2026-02-27 00:00", "2026-03-27 00:00", "2026-04-24 00:00"]),
        (
            "0 0 * * mon#1",
            "2026-01-01",
            ["2026-01-05 00:00", "2026-02-02 00:00", "2026-03-02 00:00", "2026-04-06 00:00"],
        ),
        ("@weekly", "2026-11-22", ["2026-11-29 00:00", "2026-12-06 00:00", "2026-12-13 00:00", "2026-12-20 00:00"]),
        ("@Yearly", "2026-11-22", ["2027-01-01 00:00", "2028-01-01 00:00", "2029-01-01 00:00", "2030-01-01 00:00"]),
    ],
)
def test_cron_is_what_its_manual_says(expression, after, expected):
    assert cron(expression, after) == expected


def test_a_fire_is_after_the_moment_and_never_at_it():
    noon = moment_of("2026-11-22T12:00")
    daily = Occurrences(Timing("cron", "0 12 * * *"))
    assert next(daily.after(noon)) == noon + DAY_S
    assert next(daily.after(noon - 0.001)) == noon
    assert next(daily.after(noon + 0.5)) == noon + DAY_S


def test_due_are_the_fires_since_the_last_look_and_none_if_the_clock_was_put_back():
    noon = moment_of("2026-11-22T12:00")
    hourly = Occurrences(Timing("cron", "@hourly"))
    assert list(hourly.due(noon - 3 * 3600, noon)) == [noon - 7200, noon - 3600, noon]
    assert list(hourly.due(noon, noon + 3599)) == []
    assert list(hourly.due(noon, noon - DAY_S)) == []


def test_several_local_times_that_the_clocks_skip_are_one_fire_right_after_the_gap():
    timing = Timing("cron", "*/20 2 * * *", BERLIN)
    assert fires(timing, "2026-03-28T02:30", 3) == [
        "2026-03-28 02:40+01:00",
        "2026-03-29 03:00+02:00",
        "2026-03-30 02:00+02:00",
    ]


def test_a_skipped_midnight_fires_at_one_and_a_step_over_hours_does_not_lose_it():
    for expression in ("0 0 * * *", "0 */12 * * *"):
        shown = fires(Timing("cron", expression, "America/Sao_Paulo"), "2018-11-03T12:00", 1)
        assert shown == ["2018-11-04 01:00-02:00"]


def test_a_local_time_that_comes_twice_fires_the_first_time_also_if_asked_in_between():
    timing = Timing("cron", "*/20 2 * * *", BERLIN)
    assert fires(timing, "2026-10-25T01:59", 4) == [
        "2026-10-25 02:00+02:00",
        "2026-10-25 02:20+02:00",
        "2026-10-25 02:40+02:00",
        "2026-10-26 02:00+01:00",
    ]
    second = datetime(2026, 10, 25, 2, 10, tzinfo=ZoneInfo(BERLIN), fold=1).timestamp()
    assert Occurrences(timing).preview(second, 1)[0].local == "2026-10-26T02:00:00"


@pytest.mark.parametrize(("zone", "day"), [(BERLIN, "2026-03-29"), (BERLIN, "2026-10-25"), (LORD_HOWE, "2026-04-05")])
@pytest.mark.parametrize("hours", ["*", "*/1", "0-23"])
def test_a_schedule_for_every_hour_neither_pauses_nor_bursts(zone, day, hours):
    ten_minutes = Occurrences(Timing("cron", f"*/10 {hours} * * *", zone))
    found = list(islice(ten_minutes.after(moment_of(day, zone) - 1), 200))
    assert {later - sooner for sooner, later in pairwise(found)} == {600}


def test_in_a_zone_of_half_an_hour_each_time_that_the_clocks_show_is_a_fire():
    timing = Timing("cron", "45 * * * *", LORD_HOWE)
    assert fires(timing, "2026-04-05T01:00", 3) == [
        "2026-04-05 01:45+11:00",
        "2026-04-05 01:45+10:30",
        "2026-04-05 02:45+10:30",
    ]
    assert fires(timing, "2026-10-04T01:00", 2) == ["2026-10-04 01:45+10:30", "2026-10-04 02:45+11:00"]


def test_a_preview_says_what_the_clocks_do():
    nightly = Timing("cron", "30 2 * * *", BERLIN)
    assert notes(nightly, "2026-03-28T00:00", 3) == [
        None,
        "the clocks go forward: 02:30 does not exist, fires at 03:00",
        None,
    ]
    assert notes(nightly, "2026-10-25T00:00", 2) == [
        "the clocks go back: 02:30 comes twice, fires the first time",
        "the clocks have gone back by 60 minutes since the fire before",
    ]
    assert notes(Timing("cron", "30 * * * *", BERLIN), "2026-10-25T01:00", 4) == [
        None,
        "the clocks go back: 02:30 comes twice, this is the first time",
        "the clocks go back: 02:30 comes twice, this is the second time",
        None,
    ]
    assert notes(Timing("cron", "@hourly", LORD_HOWE), "2026-10-04T01:00", 2) == [
        "the clocks have gone forward by 30 minutes since the fire before",
        None,
    ]
    assert notes(Timing("interval", "1 day", "Pacific/Apia", start="2011-12-29T08:00"), "2011-12-29T12:00", 2) == [
        "the clocks go forward: 2011-12-30 08:00 does not exist, fires at 2011-12-31 00:00",
        None,
    ]


def test_a_preview_has_each_time_as_local_and_as_utc():
    [fire] = Occurrences(Timing("cron", "30 2 * * *", BERLIN)).preview(moment_of("2026-03-29", BERLIN), 1)
    assert fire.at == moment_of("2026-03-29T01:00")
    assert (fire.local, fire.offset, fire.utc) == ("2026-03-29T03:00:00", "+02:00", "2026-03-29T01:00:00Z")
    [fire] = Occurrences(Timing("cron", "0 0 * * *")).preview(moment_of("2026-03-29T12:00"), 1)
    assert (fire.local, fire.offset, fire.note) == ("2026-03-30T00:00:00", "+00:00", None)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("every 90 minutes", ["2026-03-29 00:00+01:00", "2026-03-29 01:30+01:00", "2026-03-29 04:00+02:00"]),
        ("12 hours", ["2026-03-29 08:30+02:00", "2026-03-29 20:30+02:00", "2026-03-30 08:30+02:00"]),
        ("1 Day", ["2026-03-29 19:30+02:00", "2026-03-30 19:30+02:00", "2026-03-31 19:30+02:00"]),
        ("2 days", ["2026-03-30 19:30+02:00", "2026-04-01 19:30+02:00", "2026-04-03 19:30+02:00"]),
        ("1800 seconds", ["2026-03-29 00:00+01:00", "2026-03-29 00:30+01:00", "2026-03-29 01:00+01:00"]),
    ],
)
def test_an_interval_is_counted_from_its_start_and_only_days_keep_the_time_of_day(expression, expected):
    timing = Timing("interval", expression, BERLIN, start="2026-03-28T19:30")
    assert fires(timing, "2026-03-28T23:45", 3) == expected
    assert fires(timing, "2020-01-01", 1) == ["2026-03-28 19:30+01:00"]


def test_an_interval_without_a_start_begins_at_midnight():
    assert fires(Timing("interval", "6 hours"), "2026-03-28T07:00", 2) == [
        "2026-03-28 12:00+00:00",
        "2026-03-28 18:00+00:00",
    ]
    assert fires(Timing("interval", "1 day", BERLIN), "2026-03-28T07:00", 2) == [
        "2026-03-29 00:00+01:00",
        "2026-03-30 00:00+02:00",
    ]


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([BERLIN, LORD_HOWE, "America/Sao_Paulo", "Pacific/Apia"]),
    st.datetimes(datetime(2009, 1, 1), datetime(2012, 1, 1)),
    st.integers(1, 40),
    st.integers(0, 1000),
)
def test_an_interval_of_days_shows_the_local_time_of_its_start_wherever_there_is_one(zone, start, days, later):
    start = start.replace(microsecond=0)
    timing = Timing("interval", f"{days} days", zone, start=start.isoformat())
    moment = moment_of(start.isoformat(), zone) + later * DAY_S
    for fire in Occurrences(timing).preview(moment, 5):
        assert fire.at > moment
        shown = datetime.fromisoformat(fire.local)
        if fire.note is None or "not exist" not in fire.note:
            assert (shown - start) % timedelta(days=days) == timedelta(0)
        moment = fire.at


def test_a_single_time_fires_once():
    once = Timing("once", "2026-07-01T12:00", BERLIN)
    assert fires(once, "2026-01-01", 5) == ["2026-07-01 12:00+02:00"]
    assert fires(once, "2026-07-01T12:00", 5) == []
    with_offset = Timing("once", "2026-07-01T12:00:30.25Z", BERLIN)
    assert fires(with_offset, "2026-01-01", 5) == ["2026-07-01 14:00+02:00"]
    assert notes(Timing("once", "2026-03-29T02:30", BERLIN), "2026-01-01", 1) == [
        "the clocks go forward: 02:30 does not exist, fires at 03:00"
    ]


def test_the_second_of_two_equal_local_times_can_be_meant_by_its_offset():
    second = Timing("once", "2026-10-25T02:30+01:00", BERLIN)
    assert fires(second, "2026-10-01", 1) == ["2026-10-25 02:30+01:00"]
    assert notes(second, "2026-10-25T02:00", 1) == ["the clocks go back: 02:30 comes twice, this is the second time"]
    daily = Timing("interval", "1 day", BERLIN, start="2026-10-25T02:30+01:00")
    assert fires(daily, "2026-10-01", 2) == ["2026-10-25 02:30+01:00", "2026-10-26 02:30+01:00"]


def test_start_and_end_are_times_at_which_it_may_still_fire():
    timing = Timing("cron", "@hourly", BERLIN, start="2026-11-22T10:00", end="2026-11-22T12:00")
    for after in ("2020-01-01", "2026-11-22T09:59"):
        assert [fire[11:16] for fire in fires(timing, after, 9)] == ["10:00", "11:00", "12:00"]
    assert fires(timing, "2026-11-22T12:00", 9) == []


def test_the_calendar_has_an_end_and_nothing_breaks_there():
    for timing in (Timing("cron", "0 0 29 2 *"), Timing("interval", "3650 days"), Timing("interval", "1 hour")):
        late = Occurrences(timing)
        assert len(late.preview(moment_of("9870-01-01"), 3)) == 3
        assert list(late.after(moment_of("9999-01-01"))) == []
