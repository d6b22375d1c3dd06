"""Rows come back as they were written, with their types."""

from datetime import UTC, date, datetime
from typing import NamedTuple

import pytest

from targets.columns import columns_of, parse_texts
from targets.errors import BadValue, UnknownRowFormat, WrongColumns
from targets.rows import RowTarget


class Reading(NamedTuple):
    station: str
    level: int
    height: float | None
    valid: bool
    day: date
    taken: datetime
    note: str | None


ROWS = [
    Reading('a, "b"\nc\r\nd', -3, 0.1, True, date(2013, 1, 1), datetime(2013, 1, 1, 5, tzinfo=UTC), None),
    Reading("Zürich", 2**40, None, False, date(2013, 12, 31), datetime(2013, 1, 1, 5, 0, 1, tzinfo=UTC), "x"),
]
SUFFIXES = ["csv", "jsonl", "parquet"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_rows_come_back_with_their_types(tmp_path, suffix):
    target = RowTarget(tmp_path / f"rows.{suffix}", Reading)
    assert target.write(iter(ROWS)) == len(ROWS)
    assert list(target.read()) == ROWS


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_rows_can_be_found_by_a_text(tmp_path, suffix):
    target = RowTarget(tmp_path / f"rows.{suffix}", Reading)
    target.write(ROWS)
    assert list(target.find("station", {"Zürich", "Basel"})) == ROWS[1:]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_without_rows_is_a_file(tmp_path, suffix):
    target = RowTarget(tmp_path / f"rows.{suffix}", Reading)
    assert target.write([]) == 0
    assert target.exists()
    assert list(target.read()) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_exception_among_the_rows_publishes_nothing(tmp_path, suffix):
    def broken():
        yield ROWS[0]
        raise LookupError

    target = RowTarget(tmp_path / f"rows.{suffix}", Reading)
    with pytest.raises(LookupError):
        target.write(broken())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_with_other_columns_is_refused_with_both_lists(tmp_path, suffix):
    class Older(NamedTuple):
        station: str

    RowTarget(tmp_path / f"rows.{suffix}", Older).write([Older("a")])
    with pytest.raises(WrongColumns, match="has the columns station, where station, level"):
        list(RowTarget(tmp_path / f"rows.{suffix}", Reading).read())


def test_an_unknown_suffix_is_refused(tmp_path):
    with pytest.raises(UnknownRowFormat, match=r"one of \.csv, \.jsonl, \.parquet"):
        RowTarget(tmp_path / "rows.xls", Reading)


def test_a_type_that_rows_cannot_hold_is_refused():
    class Wrong(NamedTuple):
        values: list

    with pytest.raises(TypeError, match="values: rows hold"):
        columns_of(Wrong)


@pytest.mark.parametrize(
    ("column", "text", "message"),
    [
        (1, "3.5", "level: '3.5' is not a whole number"),
        (1, "", "level: '' is not a whole number"),
        (2, "high", "height: 'high' is not a number"),
        (3, "yes", "valid: 'yes' is not true or false"),
        (4, "2013-02-30", "day: '2013-02-30' is not a date"),
        (5, "noon", "taken: 'noon' is not a time"),
    ],
)
def test_a_text_that_is_not_of_its_type_is_named(column, text, message):
    texts = ["s", "1", "", "true", "2013-01-01", "2013-01-01T00:00:00Z", ""]
    texts[column] = text
    with pytest.raises(BadValue, match=message):
        parse_texts(columns_of(Reading), texts)
