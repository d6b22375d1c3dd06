"""What Arrow takes in bulk is what pydantic takes row by row: the same rows, the same rejects, in the same order."""

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from itertools import count
from typing import Annotated, Literal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, NaiveDatetime, create_model, model_validator

from targets import open_target
from targets.columns import columns_of
from targets.rejects import Reject


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


#: Every kind of field, with and without constraints.
KINDS = {
    "text": str,
    "short": Annotated[str, Field(min_length=1, max_length=3)],
    "coded": Annotated[str, Field(pattern=r"^[A-Z]{2}\d+$")],
    "whole": int,
    "bound": Annotated[int, Field(ge=-5, lt=100)],
    "number": float,
    "finite": Annotated[float, Field(gt=0.5, le=1e6, allow_inf_nan=False)],
    "flag": bool,
    "day": Annotated[date, Field(ge=date(1900, 1, 1))],
    "moment": datetime,
    "local": NaiveDatetime,
    "exact": Annotated[Decimal, Field(max_digits=5, decimal_places=2)],
    "colour": Colour,
    "side": Literal["left", "right"],
}
FIELDS = {name: (kind, ...) for name, kind in KINDS.items()} | {
    f"{n}_or_none": (k | None, ...) for n, k in KINDS.items()
}
Plain = create_model("Plain", **FIELDS)


class Checked(Plain):
    """The same rows, but all of them are pydantic's: it has a validator."""

    @model_validator(mode="after")
    def same(self):
        return self


GOOD = {
    "text": "a",
    "short": "ab",
    "coded": "AB1",
    "whole": "1",
    "bound": "-5",
    "number": "0.1",
    "finite": "1.5",
    "flag": "true",
    "day": "2013-01-31",
    "moment": "2013-01-01T05:00:00Z",
    "local": "2013-01-01 05:00:00.25",
    "exact": "-12.50",
    "colour": "red",
    "side": "left",
}
#: Texts at the edges of what one of the two takes.
ODD = (
    "", " ", "NA", "0", "-0", "+1", "007", "1_000", "0x10", "0X1f", "1.0", "1.", ".5", "1e3", "1e400", "nan", "inf",
    "-Infinity", "9223372036854775807", "9223372036854775808", "99999999999999999999", " 1", "1 ", "\t1",
    "\u0661\u0662", "AB\u0661",
    "True", "TRUE", "yes", "on", "t", "1", "false", "2013-02-30", "2013-1-1", "20130101", "0000-01-01", "0001-01-01",
    "9999-12-31", "1899-12-31", "1356998400", "2013-01-01T05", "2013-01-01T05Z", "2013-01-01T05:00Z",
    "2013-01-01T05:00:00+0100", "2013-01-01T05:00:00+01:00", "2013-01-01T05:00:00+23:59", "2013-01-01T05:00:00+24:00",
    "0001-01-01T00:00:00+01:00", "2013-01-01T05:00:00.1234567Z", "2013-01-01t05:00:00z", "2013-01-01T24:00:00Z",
    "2013-01-01T05:00:60Z", "2013-01-01_05:00:00Z", "2013-01-01", "2013-01-01T00:00:00", "2013-01-01T05:00:00 Z",
    "12.345", "1234.5", "999.99", "-999.99", "0999.9", "1e2", "1E-2", "+1.5", "00.5", "red", "RED", "left ", "AB1\n",
    "ab\n", "é", "éé", "🦆🦆🦆", "a,b", 'a"b', "a\r\nb", "\x00", "\ufeff",
)  # fmt: skip
TEXTS = st.one_of(st.sampled_from(ODD), st.sampled_from(sorted(GOOD.values())), st.text(max_size=6))
#: Rows that are good but for a few fields.
ROWS = st.lists(st.dictionaries(st.sampled_from(sorted(FIELDS)), TEXTS, max_size=3), max_size=5)
numbers = count()


def both(folder, make):
    """The batches and rejects of each way; `make` makes the file."""
    found = []
    for kind in (Plain, Checked):
        name = f"{folder}/{next(numbers)}"
        source = make(name, kind)
        rejects = open_target(f"{name}.rejects.jsonl", model=Reject)
        batches = list(source.read_batches(rejects=rejects))
        again = open_target(f"{name}.again.jsonl", model=Reject)
        rows = [row.model_dump() for row in source.read(rejects=again)]
        table = pa.Table.from_batches(batches, schema=source.schema)
        assert rows_of(table, kind) == [repr(row) for row in map(in_utc, rows)]
        assert list(again.read()) == list(rejects.read())
        found.append((table, list(rejects.read())))
    return found


def rows_of(table, kind):
    return [repr(in_utc(kind.model_validate(row).model_dump())) for row in table.to_pylist()]


def in_utc(row):
    """With all moments in one zone, and exact numbers with all their places."""
    for name, value in row.items():
        if isinstance(value, datetime) and value.tzinfo is not None:
            row[name] = value.timestamp()
        if isinstance(value, Decimal):
            row[name] = value.quantize(Decimal("0.01")) + 0  # there is a negative nought, which Arrow has not
    return row


def test_every_kind_of_field_is_judged_in_bulk_and_a_validator_takes_it_from_there():
    assert columns_of(Plain).plain
    assert not columns_of(Checked).plain


def same_both_ways(folder, changes):
    def make(name, kind):
        good = {**GOOD, **{f"{name}_or_none": text for name, text in GOOD.items()}}
        lines = io.StringIO()
        csv.writer(lines).writerows([list(FIELDS), *([*{**good, **change}.values()] for change in ({}, *changes))])
        with open_target(f"{name}.csv", format="bytes").open("w") as file:
            file.write(lines.getvalue().encode())
        return open_target(f"{name}.csv", model=kind)

    (fast, rejects), (slow, expected) = both(folder, make)
    assert str(fast.to_pylist()) == str(slow.to_pylist())
    assert rejects == expected


def test_texts_at_the_edges_are_judged_the_same(tmp_path):
    same_both_ways(tmp_path, [{name: text} for name in GOOD for text in ODD])


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS)
def test_any_rows_of_csv_are_judged_the_same(tmp_path, changes):
    same_both_ways(tmp_path, changes)


@pytest.mark.long
@pytest.mark.timeout(900)
@settings(max_examples=2_000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS)
def test_very_many_rows_of_csv_are_judged_the_same(tmp_path, changes):
    same_both_ways(tmp_path, changes)


def test_values_of_parquet_are_judged_the_same(tmp_path):
    class Loose(BaseModel):
        bound: int | None
        finite: float | None
        coded: str | None

    bounds = {"bound": KINDS["bound"], "finite": KINDS["finite"] | None, "coded": KINDS["coded"] | None}
    strict = create_model("Strict", **{field: (kind, ...) for field, kind in bounds.items()})

    class Judged(strict):
        @model_validator(mode="after")
        def same(self):
            return self

    rows = [(1, 1.0, "AB1"), (None, 1.0, "AB1"), (100, None, None), (2, float("nan"), None), (3, 0.5, "a")]
    rows.append((4, None, "AB2"))
    name = f"{tmp_path}/rows.parquet"
    open_target(name, model=Loose).write(Loose(bound=b, finite=f, coded=c) for b, f, c in rows)
    rejects = [open_target(f"{tmp_path}/{kind}.jsonl", model=Reject) for kind in ("fast", "slow")]
    found = [
        [row for batch in open_target(name, model=kind).read_batches(rejects=target) for row in batch.to_pylist()]
        for kind, target in zip((strict, Judged), rejects, strict=True)
    ]
    assert found[0] == found[1] == [dict(zip(("bound", "finite", "coded"), rows[at], strict=True)) for at in (0, 5)]
    assert list(rejects[0].read()) == list(rejects[1].read())
    assert [reject.row for reject in rejects[0].read()] == [2, 3, 4, 5]
