"""Rows come back as they were written, with their types; what is wrong with one is said with its place."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Annotated, Literal

import pytest
from pydantic import AfterValidator, BaseModel, Field, NaiveDatetime, field_validator
from row_models import HEADER, SUFFIXES, Small, small

from targets import existing, open_target
from targets.errors import (
    UnknownRowFormat,
)


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Reading(BaseModel):
    station: str
    level: int
    height: float | None
    valid: bool
    day: date
    taken: datetime
    note: str | None
    price: Decimal = Field(max_digits=8, decimal_places=2)
    colour: Colour
    side: Literal["left", "right"]
    local: NaiveDatetime | None


ROWS = [
    Reading(
        station='a, "b"\nc\r\nd',
        level=-3,
        height=0.1,
        valid=True,
        day=date(2013, 1, 1),
        taken=datetime(2013, 1, 1, 5, tzinfo=UTC),
        note=None,
        price="12.5",
        colour="red",
        side="left",
        local=None,
    ),
    Reading(
        station="Zürich",
        level=2**40,
        height=None,
        valid=False,
        day=date(2013, 12, 31),
        taken=datetime(2013, 1, 1, 5, 0, 1, 5, tzinfo=timezone(timedelta(hours=2))),
        note="x",
        price="-1",
        colour="blue",
        side="right",
        local=datetime(2013, 1, 1, 5),
    ),
]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("place", ["{folder}/rows", "memory://rows-{folder}"])
def test_rows_come_back_with_their_types(tmp_path, suffix, place):
    target = open_target(f"{place.format(folder=tmp_path)}.{suffix}", model=Reading)
    assert target.write(iter(ROWS)) == len(ROWS)
    assert list(target.read()) == ROWS
    assert [row.colour for row in target.read()] == [Colour.RED, Colour.BLUE]
    batches = list(target.read_batches())
    assert [Reading.model_validate(row) for batch in batches for row in batch.to_pylist()] == ROWS


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_rows_can_be_found_by_a_text(tmp_path, suffix):
    target = open_target(tmp_path / f"rows.{suffix}", model=Reading)
    target.write(ROWS)
    assert list(target.find("station", {"Zürich", "Basel"})) == ROWS[1:]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_without_rows_is_a_file(tmp_path, suffix):
    target = open_target(tmp_path / f"rows.{suffix}", model=Reading)
    assert target.write([]) == 0
    assert target.exists()
    assert list(target.read()) == []
    assert list(target.read_batches()) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_exception_among_the_rows_publishes_nothing(tmp_path, suffix):
    def broken():
        yield ROWS[0]
        raise LookupError

    target = open_target(tmp_path / f"rows.{suffix}", model=Reading)
    with pytest.raises(LookupError):
        target.write(broken())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text", ["\ufeffname,level,height\r\na,1,\r\nb,2,0.5", 'name,level,height\n"a",1,\n\nb,"2",".5"']
)
def test_marks_of_byte_order_other_line_ends_blank_lines_and_quotation_are_csv(tmp_path, text):
    target = small(tmp_path / "rows.csv", text)
    assert list(target.read()) == [Small(name="a", level=1), Small(name="b", level=2, height=0.5)]


def test_another_text_may_stand_for_what_is_missing(tmp_path):
    target = small(tmp_path / "rows.csv", HEADER + "NA,1,NA\n,2,0.5\n", missing="NA")
    expected = [Small(name="NA", level=1), Small(name="", level=2, height=0.5)]
    assert list(target.read()) == expected
    target.write(expected)
    assert (tmp_path / "rows.csv").read_text() == HEADER + "NA,1,NA\n,2,0.5\n"


def test_validators_of_the_model_judge_and_change_rows(tmp_path):
    class Shouted(Small):
        name: Annotated[str, AfterValidator(str.upper)]

        @field_validator("level", mode="before")
        @classmethod
        def words(cls, value):
            return {"one": 1}.get(value, value)

    with open_target(tmp_path / "rows.csv").open("w") as file:
        file.write(HEADER + "a,one,\nb,2,\n")
    source = open_target(tmp_path / "rows.csv", model=Shouted)
    expected = [("A", 1), ("B", 2)]
    assert [(row.name, row.level) for row in source.read()] == expected
    typed = open_target(tmp_path / "rows.parquet", model=Small)
    assert source.convert(typed) == 2
    assert [(row.name, row.level) for row in typed.read()] == expected


def test_the_number_of_rows_is_in_the_record_of_the_write(tmp_path, provenance):
    provenance("beside")
    target = open_target(tmp_path / "rows.parquet", model=Small)
    target.write(Small(name="a", level=n % 10) for n in range(11_000))
    record = json.loads((tmp_path / ".rows.parquet.provenance.json").read_text())
    assert (record["url"], record["rows"]) == (target.url, 11_000)


def test_a_row_target_has_what_the_target_of_its_file_has(tmp_path):
    target = open_target(tmp_path / "rows.csv", model=Small)
    assert (target.version(), target.url, target.path) == (None, str(tmp_path / "rows.csv"), str(tmp_path / "rows.csv"))
    target.write([])
    assert target.version() == target.file.version()
    target.remove()
    assert not target.exists()


def test_the_format_may_be_said_where_the_suffix_does_not(tmp_path):
    target = open_target(tmp_path / "rows", model=Small, format="jsonl")
    target.write([Small(name="a", level=1)])
    assert json.loads((tmp_path / "rows").read_text()) == {"name": "a", "level": 1, "height": None}
    with pytest.raises(UnknownRowFormat, match="one of csv, jsonl, parquet"):
        open_target(tmp_path / "rows.xls", model=Small)


def test_row_targets_are_asked_for_in_bulk_as_their_files_are(tmp_path):
    targets = [open_target(tmp_path / f"{number}.csv", model=Small) for number in range(6)]
    targets[4].write([])
    assert existing(targets) == [False] * 4 + [True, False]
    assert all(target.decided_by is target.file for target in targets)
