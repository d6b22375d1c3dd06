"""What is no schedule is refused: each problem names the member, field and column, what was expected and a mend."""

from __future__ import annotations

import pytest

from trigger_service.domain.errors import InvalidRequest
from trigger_service.domain.schedule import Timing
from trigger_service.service.occurrences import Occurrences


def problems_of(*args, **members):
    with pytest.raises(InvalidRequest) as refused:
        Occurrences(Timing(*args, **members))
    return [(problem.pointer, problem.detail) for problem in refused.value.problems]


@pytest.mark.parametrize("expression", ["0 0 31 2 *", "0 0 30-31 2 *", "0 0 31 4,6,9,11 *", "0 0 */3 2 MON#5"])
def test_days_that_never_come_are_refused(expression):
    [(pointer, detail)] = problems_of("cron", expression)
    assert pointer == "/expression"
    assert detail.startswith("day-of-month, column 5: it never fires")


def test_each_field_of_an_expression_has_its_problem():
    told = problems_of("cron", "60 0 32 * *")
    assert [pointer for pointer, _ in told] == ["/expression", "/expression"]
    assert told[1][1].startswith("day-of-month, column 6:")


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("", "number, column 1: expected a whole number, as in 15 minutes, not nothing"),
        ("every day", "number, column 7: expected a whole number, as in 15 minutes, not 'day'"),
        (
            "15  weeks",
            "unit, column 5: expected seconds, minutes, hours or days (a week is 7 days; for months use cron)",
        ),
        ("1.5 hours", "unit, column 2:"),
        ("5 minutes and 3 seconds", "end, column 11:"),
        ("every 0 days", "number, column 7: expected 1 second to 3650 days"),
        ("3651 days", "number, column 1: expected 1 second to 3650 days"),
        ("5 \u017feconds", "unit, column 3:"),
    ],
)
def test_an_interval_that_is_none_is_refused_with_the_column(expression, told):
    [(pointer, detail)] = problems_of("interval", expression)
    assert pointer == "/expression"
    assert detail.startswith(told)


@pytest.mark.parametrize(
    ("time", "told"),
    [
        ("", "year, column 1: expected four digits, not nothing"),
        ("tomorrow", "year, column 1: expected four digits, not 'tomorrow'"),
        ("2026-13-01T00:00", "month, column 6: expected 01 to 12"),
        ("2026-02-30T00:00", "day, column 9:"),
        ("2026-02-20", "time of day, column 11: expected T and a time of day, not nothing"),
        ("2026-02-20T24:00", "hour, column 12: expected 00 to 23"),
        ("2026-02-20T23:60", "minute, column 15: expected 00 to 59"),
        ("2026-02-20T12:00+2", "end, column 17:"),
        ("2026-02-20T12:00 Europe/Berlin", "end, column 17:"),
        ("1969-12-31T00:00", "year, column 1: expected 1970 to 9899"),
        ("9999-12-31T00:00", "year, column 1: expected 1970 to 9899, not 9999; leave the time out where there is none"),
    ],
)
def test_a_time_that_is_none_is_refused_with_the_column(time, told):
    for pointer, members in (
        ("/expression", {"kind": "once", "expression": time}),
        ("/start", {"kind": "cron", "expression": "@daily", "start": time}),
        ("/end", {"kind": "cron", "expression": "@daily", "end": time}),
    ):
        [(where, detail)] = problems_of(**members)
        assert where == pointer
        assert detail.startswith(told)


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("europe/berlin", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("+02:00", "an IANA name such as"),
        ("", "an IANA name such as"),
        ("../../etc/passwd", "an IANA name such as"),
        ("Europe", "an IANA name such as"),
        ("localtime", "an IANA name such as"),
        ("right/Europe/Berlin", "Europe/Berlin"),
        ("x" * 5000, "an IANA name such as"),
        ("a\0b", "an IANA name such as"),
        ("\ud800", "an IANA name such as"),
    ],
)
def test_a_time_zone_that_is_none_is_refused_with_the_nearest(name, mend):
    [(pointer, detail)] = problems_of("cron", "@daily", name)
    assert pointer == "/timezone"
    assert "is no time zone" in detail
    assert mend in detail


def test_what_would_never_fire_between_start_and_end_is_refused():
    start, end = "2026-03-02T00:00", "2026-03-07T00:00"
    assert problems_of("cron", "@daily", start=end, end=start)[0][1].endswith("swap them")
    [(pointer, detail)] = problems_of("cron", "0 0 1 * *", start=start, end=end)
    assert pointer == "/end"
    assert "it never fires" in detail
    [(pointer, detail)] = problems_of("once", "2026-03-08T00:00", start=start, end=end)
    assert pointer == "/expression"
    assert "not between start and end" in detail


def test_all_problems_of_a_timing_are_told_at_once():
    told = problems_of("cron", "x * * * *", "Mars", start="never", misfire="later", jitter_s=-1)
    assert {pointer for pointer, _ in told} == {"/expression", "/timezone", "/start", "/misfire", "/jitter_s"}
    assert [pointer for pointer, _ in problems_of("hourly", "x")] == ["/kind"]
