"""Parts of the calendar that are shown at a time, and their neighbours."""

from datetime import UTC, datetime

import pytest

from trigger_service.domain.ranges import Range
from trigger_service.web.pages.spans import present, span

NOW = datetime(2026, 3, 26, 14, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("unit", "text", "title", "wanted"),
    [
        ("date", "2013-05-07", "2013", Range("2013-01-01", "2013-12-31")),
        ("date", "2026", "2026", Range("2026-01-01")),
        ("month", "2013-05", "2010\N{EN DASH}2015", Range("2010-01", "2015-12")),
        ("month", "2026-01", "2022\N{EN DASH}2027", Range("2022-01")),
        ("date-hour", "2012-02-07T05", "Feb 2012", Range("2012-02-01T00", "2012-02-29T23")),
        ("date-hour", "2026-03", "Mar 2026", Range("2026-03-01T00")),
        ("month", "0001-01", "1\N{EN DASH}5", Range("0001-01", "0005-12")),
    ],
)
def test_a_span_is_that_of_a_value_and_ends_where_the_present_does(unit, text, title, wanted):
    found = span(unit, text)
    assert (found.title, found.range(NOW)) == (title, wanted)


@pytest.mark.parametrize("text", ["", "20x3", "2013-13", "tomorrow", "0000"])
def test_what_is_no_span_is_refused(text):
    with pytest.raises(ValueError):
        span("date-hour" if "-" in text else "date", text)


def test_neighbours_end_with_the_calendar_and_with_the_present():
    assert (span("date", "2013").before().at, span("date", "2013").after(NOW).at) == ("2012", "2014")
    assert present("date", NOW).after(NOW) is None
    assert span("date", "0001").before() is None
    assert span("date-hour", "2013-01").before().at == "2012-12"
