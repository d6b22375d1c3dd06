"""What is wrong with rows is said with its place, or collected in a target of its own."""

import gc
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal

import pyarrow as pa
import pytest
from pyarrow import parquet
from pydantic import BaseModel, Field, NaiveDatetime
from row_models import HEADER, SUFFIXES, Small, small

from targets import open_target
from targets.errors import BadRow, TooManyRejects, UnfitModel, UnreadableRows, WrongColumns, WrongRow
from targets.rejects import Reject


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_file_with_other_columns_is_refused_with_what_differs(tmp_path, suffix):
    class Other(BaseModel):
        level: int
        station: str

    open_target(tmp_path / f"rows.{suffix}", model=Other).write([Other(level=1, station="a")])
    with pytest.raises(WrongColumns, match=r"columns level, station, .* missing name, height; unknown stat"):
        list(open_target(tmp_path / f"rows.{suffix}", model=Small).read())


@pytest.mark.parametrize(
    ("text", "difference"),
    [
        ("level,name,height\n", "misordered, from level on, where name is expected"),
        ("name,level,height,level\n1,2\n", "twice level"),
        ("name,level\n", "missing height"),
        ("", "missing name, level, height"),
        ("\n\n", "missing name, level, height"),
        (b"n\xff,level,height\n", "missing name; unknown n"),
    ],
)
def test_a_wrong_header_is_told(tmp_path, text, difference):
    with pytest.raises(WrongColumns, match=difference):
        list(small(tmp_path / "rows.csv", text).read())


def test_a_record_of_json_without_a_field_is_a_wrong_row(tmp_path):
    target = small(tmp_path / "rows.jsonl", '{"name": "a", "level": 1}\n\n{"name": "b"}\n')
    with pytest.raises(WrongRow, match=r"rows\.jsonl, row 3, level: Field required"):
        list(target.read())


def test_parquet_of_other_types_is_taken_where_they_fit(tmp_path):
    table = pa.table({"name": pa.array(["a"]).dictionary_encode(), "level": pa.array([1], pa.int8()), "height": [1.5]})
    parquet.write_table(table, tmp_path / "rows.parquet")
    target = open_target(tmp_path / "rows.parquet", model=Small)
    assert list(target.read()) == [Small(name="a", level=1, height=1.5)]
    parquet.write_table(table.set_column(1, "level", [["one"]]), tmp_path / "rows.parquet")
    with pytest.raises(WrongColumns, match=r"level string.*Failed to parse string: 'one'"):
        list(target.read())


def test_a_broken_file_is_told(tmp_path):
    with pytest.raises(UnreadableRows, match=r"cannot be read beyond row 0: .*[Pp]arquet"):
        list(small(tmp_path / "rows.parquet", "no Parquet, but a text").read())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("b,3.5,", "row 3, level: '3.5': Input should be a valid integer"),
        ("b,,", "row 3, level: '': Input should be a valid integer"),
        ("b,10,", "row 3, level: '10': Input should be less than or equal to 9"),
        (
            "b,high,low",
            "row 3, level, height: 'high': Input should be a valid integer.*; 'low': Input should",
        ),
        ("b,99999999999999999999,", "row 3, level: '99999999999999999999': Input should be less"),
        ("b,1", "row 3, : 2 fields, expected 3"),
        ("b,1,2,3", "row 3, : 4 fields, expected 3"),
        (b"\xff\xfe,1,2", r"row 3, name: b'\\xff\\xfe': Input should be UTF-8"),
        ('"b\nc,1,', "row 3, : 1 fields, expected 3"),
    ],
)
@pytest.mark.parametrize("way", ["read", "read_batches"])
def test_a_wrong_row_is_named_with_its_field_its_value_and_what_is_expected(tmp_path, line, message, way):
    text = f"{HEADER}a,1,\n".encode() + (line if isinstance(line, bytes) else line.encode()) + b"\nc,3,\n"
    target = small(tmp_path / "rows.csv", text)
    with pytest.raises(WrongRow, match=rf"^{tmp_path}/rows\.csv, {message}"):
        list(getattr(target, way)())


def test_times_with_and_without_a_zone_are_kept_apart(tmp_path):
    class Times(BaseModel):
        at: datetime
        local: NaiveDatetime

    with open_target(tmp_path / "rows.csv").open("w") as file:
        file.write("at,local\n2013-01-01T05:00:00,2013-01-01T05:00:00\n")
    with pytest.raises(WrongRow, match=r"row 2, at: .*Input should have a time zone"):
        list(open_target(tmp_path / "rows.csv", model=Times).read())
    naive = Times.model_construct(at=datetime(2013, 1, 1, tzinfo=UTC), local=datetime(2013, 1, 1, tzinfo=UTC))
    with pytest.raises(BadRow, match=r"row 1, local is refused: .*no time zone"):
        open_target(tmp_path / "rows.csv", model=Times).write([naive])


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("row", "message"),
    [
        (Small.model_construct(name="b", level=2**63, height=None), ", level is refused: 9223372036854775808: "),
        (Small.model_construct(name="b", level=None, height=None), ", level is refused: None: a value should be there"),
        (Small.model_construct(name="b", level="two", height=None), ", level is refused: 'two': "),
        (Reject(row=1, field="", reason="", text=""), " is refused: a Reject is no Small"),
    ],
)
def test_what_a_column_cannot_hold_is_not_written(tmp_path, suffix, row, message):
    target = open_target(tmp_path / f"rows.{suffix}", model=Small)
    with pytest.raises(BadRow, match=rf"rows\.{suffix}: row 2{message}"):
        target.write([Small(name="a", level=1), row])
    assert not target.exists()


def test_no_number_is_not_written_as_json(tmp_path):
    target = open_target(tmp_path / "rows.jsonl", model=Small)
    with pytest.raises(BadRow, match=r"row 2, height is refused: nan is no number in JSON"):
        target.write([Small(name="a", level=1, height=1), Small(name="a", level=1, height=float("nan"))])
    assert not target.exists()


def test_batches_of_other_columns_or_with_holes_are_not_written(tmp_path):
    target = open_target(tmp_path / "rows.parquet", model=Small)
    good = pa.record_batch([["a"], [1], [None]], schema=target.schema)
    with pytest.raises(WrongColumns, match="missing level, height"):
        target.write_batches([good, good.select(["name"])])
    with pytest.raises(WrongColumns, match="other types"):
        target.write_batches([pa.record_batch({"name": ["a"], "level": [1], "height": [1]})])
    hole = pa.record_batch([["a", "b"], [1, None], [None, 1.0]], schema=target.schema)
    with pytest.raises(BadRow, match="row 3, level is refused: a value should be there"):
        target.write_batches([good, hole])
    assert not target.exists()


@pytest.mark.parametrize("way", ["read", "read_batches"])
def test_wrong_rows_go_to_a_target_of_their_own(tmp_path, way):
    target = small(tmp_path / "rows.csv", HEADER + 'a,1,\nb,x,\n"c,d",1,y\ne,2\nf,3,\n')
    rejects = open_target(tmp_path / "rejects.jsonl", model=Reject)
    taken = getattr(target, way)(rejects=rejects, threshold=3)
    next(taken)
    assert not rejects.exists()
    list(taken)
    assert [json.loads(line) for line in (tmp_path / "rejects.jsonl").read_text().splitlines()] == [
        {
            "row": 3,
            "field": "level",
            "reason": "'x': Input should be a valid integer, unable to parse string as an integer",
            "text": "b,x,",
        },
        {
            "row": 4,
            "field": "height",
            "reason": "'y': Input should be a valid number, unable to parse string as a number",
            "text": '"c,d",1,y',
        },
        {"row": 5, "field": "", "reason": "2 fields, expected 3", "text": "e,2"},
    ]
    assert [row.name for row in target.read(rejects=rejects)] == ["a", "f"]


@pytest.mark.parametrize(("threshold", "rows"), [(2, 6), (0.49, 6)])
def test_a_read_with_too_many_wrong_rows_fails_with_their_number(tmp_path, threshold, rows):
    target = small(tmp_path / "rows.csv", HEADER + "a,1,\nb,x,\nc,x,\nd,4,\ne,x,\nf,5,\n")
    rejects = open_target(tmp_path / "rejects.jsonl", model=Reject)
    typed = open_target(tmp_path / "typed.parquet", model=Small)
    with pytest.raises(TooManyRejects, match=rf"3 of {rows} rows are wrong, where at most {threshold} may be.*row 3"):
        target.convert(typed, rejects=rejects, threshold=threshold)
    assert not rejects.exists()
    assert not typed.exists()
    assert target.convert(typed, rejects=rejects, threshold=0.5) == 3
    assert rejects.exists()


def test_a_read_that_is_left_early_publishes_no_rejects(tmp_path):
    target = small(tmp_path / "rows.csv", HEADER + "a,1,\nb,x,\nc,3,\n")
    rejects = open_target(tmp_path / "rejects.jsonl", model=Reject)
    rows = target.read(rejects=rejects)
    assert next(rows).name == "a"
    del rows
    gc.collect()
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


def test_a_threshold_needs_a_place_for_rejects(tmp_path):
    with pytest.raises(ValueError, match="where should rejects go"):
        list(small(tmp_path / "rows.csv", HEADER).read(threshold=3))


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (list, "its field 'value' is of type list, where there can be str, int"),
        (int | str, "is of type union"),
        (Decimal, "a Decimal with max_digits"),
        (Literal[1, 2], "an Enum or Literal of texts"),
        (Small, "is of type model"),
        (Annotated[int, Field(alias="other")], "a field without an alias"),
    ],
)
def test_a_type_that_rows_cannot_hold_is_refused_at_once(tmp_path, kind, message):
    class Wrong(BaseModel):
        value: kind

    with pytest.raises(UnfitModel, match=f"Rows cannot hold Wrong: .*{message}"):
        open_target(tmp_path / "rows.csv", model=Wrong)
