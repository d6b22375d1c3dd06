"""The report says what the source says, and is one file that needs nothing else."""

import re
from datetime import date
from pathlib import Path

import pytest
from flights_support import JANUARY, flights_settings
from page_reader import Page

import tasks.flights.report
from targets.errors import ExtraMissing
from tasks.flights.figures import Summary
from tasks.flights.month_page import month_page
from tasks.flights.records import Measures, SummaryRow
from tasks.flights.report import FlightsReport

#: The first test of a run may have to fetch the archive and to build January.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def html(january):
    return (january / "reports" / "2013-01-all-top10.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


@pytest.fixture(scope="module")
def departures(source_tables):
    return [row for row in source_tables["flights"] if row["month"] == "1" and row["dep_time"] != "NA"]


def late_share(rows):
    return sum(int(row["dep_delay"]) >= 15 for row in rows) / len(rows)


def test_the_key_figures_are_those_counted_straight_from_the_source(page, source_tables, departures):
    scheduled = sum(row["month"] == "1" for row in source_tables["flights"])
    arrival = [int(row["arr_delay"]) for row in departures if row["arr_delay"] != "NA"]
    by_day = {day: late_share([r for r in departures if r["day"] == day]) for day in {r["day"] for r in departures}}
    worst, best = max(by_day, key=by_day.get), min(by_day, key=by_day.get)
    figures = {row[0]: row[1] for row in page.rows if len(row) == 3}
    assert figures == {
        "Figure": "Value",
        "Flights scheduled": f"{scheduled:,}".replace(",", "\u202f"),
        "Left late": f"{late_share(departures):.1%}",
        "Cancelled": f"{1 - len(departures) / scheduled:.1%}",
        "Mean departure delay": f"{sum(int(r['dep_delay']) for r in departures) / len(departures):.1f}\u202fmin",
        "Mean arrival delay": f"{sum(arrival) / len(arrival):.1f}\u202fmin",
        "Worst day": f"{date(2013, 1, int(worst)):%a} {worst} January",
        "Best day": f"{date(2013, 1, int(best)):%a} {best} January",
    }


def test_the_plots_show_the_shares_of_the_source(page, source_tables, departures):
    names = {row["carrier"]: row["name"] for row in source_tables["airlines"]}
    label = next(text for text in page.labels if text.startswith("Late departures by carrier"))
    for carrier in ("UA", "EV", "US"):
        share = late_share([row for row in departures if row["carrier"] == carrier])
        assert f"{names[carrier]} {share:.0%}" in label
    label = next(text for text in page.labels if text.startswith("Late departures by hour"))
    for hour in ("6", "12", "19"):
        assert f"{hour}:00 {late_share([row for row in departures if row['hour'] == hour]):.0%}" in label


def test_the_page_is_one_file_that_loads_nothing(html, page):
    assert page.loaded == []
    assert "<script" not in html
    assert re.findall(r"url\((?!#)[^)]*\)|@import", html) == []
    assert html.count("<svg") == 4


def test_the_drawings_follow_the_theme_of_the_page_and_share_no_names(html, page):
    drawings = "".join(re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL))
    assert re.findall(r"#[0-9a-f]{6}\b", drawings) == []
    assert len(page.ids) == len(set(page.ids))


def test_the_page_is_the_same_each_time_it_is_made(january_settings, html):
    task = FlightsReport(month=JANUARY)
    assert task.page(Summary.of(task.input().read())) == html


def test_each_choice_makes_a_page_of_its_own():
    pages = {
        Path(FlightsReport(month=JANUARY, **choice).output().path).name
        for choice in ({}, {"origin": "JFK"}, {"top_carriers": 1}, {"with_weather": False})
    }
    assert pages == {
        "2013-01-all-top10.html",
        "2013-01-JFK-top10.html",
        "2013-01-all-top1.html",
        "2013-01-all-top10-no-weather.html",
    }


def test_a_month_with_a_single_flight_makes_a_page():
    measures = Measures(1, 1, 1, 0, 1, 20, 5)._asdict()
    rows = [
        SummaryRow(dimension=dimension, key=key, label=key, **measures)
        for dimension, key in [
            ("carrier", "UA"),
            ("hour", "05"),
            ("weather", "fair"),
            ("destination", "IAH"),
            ("day", "2013-01-01"),
            ("day_hour", "2013-01-01 05"),
        ]
    ]
    html = month_page(Summary.of(rows), JANUARY, origin="EWR", top_carriers=16, with_weather=True)
    assert "Newark, January 2013" in html


def test_without_matplotlib_the_error_says_what_to_install(data, monkeypatch):
    def missing(_self, _summary):
        raise ModuleNotFoundError("No module named 'matplotlib'", name="matplotlib")

    monkeypatch.setattr(tasks.flights.report.FlightsReport, "page", missing)
    with flights_settings(root=data):
        task = FlightsReport(month=JANUARY)
        task.input().write([])
        with pytest.raises(ExtraMissing, match=r"pip install 'luigi-trigger\[plots\]'"):
            task.run()
        assert not task.complete()
