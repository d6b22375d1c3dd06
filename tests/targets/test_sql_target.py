"""A partition of a table is there with all its rows, or not at all; in SQLite as in PostgreSQL."""

import json
import os
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Annotated, Literal
from uuid import UUID

import luigi
import pyarrow
import pytest
import sqlalchemy as sa
from luigi.scheduler import Scheduler
from luigi.worker import Worker
from pydantic import BaseModel, Field, NaiveDatetime

from targets import existing, open_target
from targets.errors import (
    AlreadyAppended,
    BadLayout,
    BadPartition,
    BadRow,
    NotInTrash,
    RowRefused,
    TableDiffers,
    TargetExists,
    TargetMissing,
    WrongColumns,
)
from targets.provenance import WRITTEN
from targets.sql_database import Database


class Sale(BaseModel):
    day: str
    item: int
    amount: int


class Colour(Enum):
    RED = "red"


class Everything(BaseModel):
    id: int
    text: str
    share: float | None
    done: bool
    day: date | None
    at: datetime
    wall: NaiveDatetime
    clock: time | None
    price: Decimal
    key: UUID
    raw: bytes | None
    colour: Colour | None
    size: Literal["s", "m"]


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/folder/warehouse.db"
    return request.getfixturevalue("postgres")


def sales(url, day, **options):
    return open_target(f"{url}#sales", model=Sale, partition={"day": day}, key=("day", "item"), **options)


def of(day, amounts):
    return [Sale(day=day, item=item, amount=amount) for item, amount in enumerate(amounts)]


def stored(url):
    """Every row of the table, whatever the markers say."""
    with sales(url, "any").database.reading() as connection:
        rows = connection.execute(sa.text("SELECT day, item, amount FROM sales ORDER BY day, item"))
        return [tuple(row) for row in rows]


def test_a_partition_that_was_never_written_is_not_there_and_asking_makes_nothing(url, tmp_path):
    monday = sales(url, "monday")

    assert (monday.exists(), monday.version(), monday.row_count(), monday.size()) == (False, None, None, None)
    with pytest.raises(TargetMissing):
        next(monday.read())
    assert list(tmp_path.iterdir()) == []


def test_rows_and_marker_are_there_after_a_write(url):
    monday = sales(url, "monday")

    assert monday.write(of("monday", [10, 20])) == 2

    assert (monday.exists(), monday.row_count()) == (True, 2)
    assert list(monday.read()) == of("monday", [10, 20])


def test_a_partition_without_rows_can_be_there(url):
    sales(url, "monday").write([])

    assert sales(url, "monday").row_count() == 0
    assert list(sales(url, "monday").read()) == []


def test_replacing_takes_the_partitions_own_rows_and_no_others(url):
    monday = sales(url, "monday")
    sales(url, "tuesday").write(of("tuesday", [7]))
    monday.write(of("monday", [10, 20]))
    before = monday.version()

    monday.write(of("monday", [30]))

    assert stored(url) == [("monday", 0, 30), ("tuesday", 0, 7)]
    assert monday.version() != before


def test_appended_rows_come_on_top_and_once(url):
    sales(url, "monday").write(of("monday", [10]))
    sales(url, "monday").database.prepare()
    more = open_target(f"{url}#sales", model=Sale, partition={"amount": 5}, key=("day", "item"), mode="append")

    more.write([Sale(day="sunday", item=1, amount=5)])

    with pytest.raises(AlreadyAppended, match="1 rows at"):
        more.write([Sale(day="sunday", item=2, amount=5)])
    assert stored(url) == [("monday", 0, 10), ("sunday", 1, 5)]


def test_an_upsert_replaces_rows_of_the_same_key_and_the_last_of_several_stays(url):
    monday = sales(url, "monday", mode="upsert")
    monday.write(of("monday", [10, 20, 30]))

    again = [*of("monday", [11]), Sale(day="monday", item=7, amount=1), Sale(day="monday", item=7, amount=2)]
    assert monday.write(again) == 3

    assert stored(url) == [("monday", 0, 11), ("monday", 1, 20), ("monday", 2, 30), ("monday", 7, 2)]


def test_removing_takes_rows_and_marker(url):
    monday = sales(url, "monday")
    monday.write(of("monday", [10]))

    monday.remove()
    monday.remove()

    assert not monday.exists()
    assert stored(url) == []


def test_values_of_every_type_come_back_as_they_were(url):
    target = open_target(f"{url}#everything", model=Everything, key=["id"])
    there = timezone(timedelta(hours=2))
    full = Everything(
        id=1, text="ä,'\"\t\n\\.", share=1 / 3, done=True, day=date(2013, 1, 2), at=datetime(2013, 1, 2, tzinfo=there),
        wall=datetime(2013, 1, 2, 3), clock=time(1, 2, 3), price=Decimal("0.10"), key=UUID(int=7), raw=b"\0\xff",
        colour=Colour.RED, size="s",
    )  # fmt: skip
    sparse = full.model_copy(
        update={"id": 2, "text": "", "share": None, "day": None, "clock": None, "raw": None, "colour": None}
    )

    target.write([full, sparse.model_dump()])

    back = list(target.read())
    assert back == [full, sparse]
    assert (back[0].at.tzinfo, str(back[0].price)) == (UTC, "0.10")


def test_a_driver_without_copy_takes_many_rows_to_a_statement(postgres):
    monday = sales(postgres, "monday", mode="upsert")
    monday.database.copies = False

    monday.write(of("monday", range(6_000)))
    monday.write([*of("monday", [1, 2]), *of("monday", [3])])

    assert stored(postgres)[:3] == [("monday", 0, 3), ("monday", 1, 2), ("monday", 2, 2)]
    assert len(stored(postgres)) == 6_000


def test_record_batches_go_in_as_they_are(url):
    batch = pyarrow.RecordBatch.from_pydict({"item": [1, 2], "day": ["monday"] * 2, "amount": [3, 4]})

    assert sales(url, "monday").write([batch, batch.slice(0, 0)]) == 2

    assert stored(url) == [("monday", 1, 3), ("monday", 2, 4)]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_file_of_rows_goes_into_a_table_by_columns(url, tmp_path, suffix):
    class Event(BaseModel):
        id: int
        at: datetime
        price: Annotated[Decimal, Field(max_digits=9, decimal_places=2)] | None
        colour: Colour | None

    events = [
        Event(id=1, at=datetime(2013, 1, 1, tzinfo=UTC), price=Decimal("1.10"), colour=Colour.RED),
        Event(id=2, at=datetime(2013, 1, 2, tzinfo=UTC), price=None, colour=None),
    ]
    file = open_target(tmp_path / f"events.{suffix}", model=Event)
    file.write(events)
    table = open_target(f"{url}#events", model=Event, key=["id"])

    assert table.write(file.read_batches()) == 2

    assert list(table.read()) == events


def test_record_batches_of_other_columns_or_another_partition_are_refused(url):
    other = pyarrow.RecordBatch.from_pydict({"item": [1, 2], "day": ["monday", "sunday"], "amount": [3, 4]})
    with pytest.raises(BadRow, match="row 2, day is refused: it is 'sunday', and this is the partition of 'monday'"):
        sales(url, "monday").write([other])
    with pytest.raises(WrongColumns, match="has the columns item, day, where day, item, amount were expected"):
        sales(url, "monday").write([other.select(["item", "day"])])


def test_a_name_of_the_partition_that_the_model_lacks_is_a_column_all_the_same(url):
    class Amount(BaseModel):
        item: int
        amount: int

    target = open_target(f"{url}#amounts", model=Amount, partition={"day": date(2013, 1, 1)}, key=("day", "item"))
    target.write([Amount(item=1, amount=2)])

    assert list(target.read()) == [Amount(item=1, amount=2)]
    with target.database.reading() as connection:
        assert connection.execute(sa.select(target.table)).all() == [(date(2013, 1, 1), 1, 2)]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"item": "x", "amount": 1}, "row 2, item is refused: Input should be a valid integer"),
        ({"item": 1}, "row 2, amount is refused: Field required"),
        (Sale(day="sunday", item=1, amount=1), "row 2, day is refused: it is 'sunday'"),
        (("monday", 1, 1), "row 2 is refused: it is a tuple, not a Sale or a mapping"),
    ],
)
def test_a_row_that_the_model_refuses_is_named_and_nothing_changes(url, row, said):
    sales(url, "monday").write(of("monday", [10]))

    with pytest.raises(BadRow, match=said):
        sales(url, "monday").write([*of("monday", [11]), row])

    assert stored(url) == [("monday", 0, 10)]


def test_a_row_that_the_database_refuses_leaves_everything_as_it_was(url):
    monday = sales(url, "monday")
    monday.write(of("monday", [10]))
    before = monday.version()

    with pytest.raises(RowRefused, match="Nothing was changed"):
        monday.write(of("monday", [50]) * 2)

    assert stored(url) == [("monday", 0, 10)]
    assert monday.version() == before


def test_an_exception_among_rows_that_are_being_sent_leaves_everything_as_it_was(url):
    def broken():
        yield from of("monday", range(12_000))
        raise LookupError("no more")

    sales(url, "monday").write(of("monday", [10]))
    with pytest.raises(LookupError, match="no more"):
        sales(url, "monday").write(broken())

    assert stored(url) == [("monday", 0, 10)]


def test_a_moment_without_a_zone_is_refused(url):
    class Event(BaseModel):
        at: datetime

    with pytest.raises(BadRow, match="row 1, at is refused: 2013-01-01T00:00:00 has no time zone"):
        open_target(f"{url}#events", model=Event).write([Event(at=datetime(2013, 1, 1))])


def test_a_table_of_other_columns_is_told_with_each_of_them(url):
    class Before(BaseModel):
        day: str
        item: str
        amount: int | None
        note: str

    open_target(f"{url}#sales", model=Before, key=["day"]).write([])

    with pytest.raises(TableDiffers) as told:
        sales(url, "monday").write(of("monday", [1]))

    differences = str(told.value).partition("written: ")[2].partition(". Alter it")[0].split("; ")
    assert differences == [
        "note is surplus",
        "item is TEXT, not BIGINT",
        "amount may be NULL",
        "its primary key is (day), not (day, item)",
    ]


def test_a_column_that_a_newer_model_has_is_missing_in_the_table(url):
    class Newer(Sale):
        note: str

    sales(url, "monday").write([])
    with pytest.raises(TableDiffers, match=r"note is missing \(TEXT\)"):
        open_target(f"{url}#sales", model=Newer, key=("day", "item")).write([])


def test_one_query_tells_which_of_many_partitions_are_there(url):
    days = [f"day{number}" for number in range(700)]
    for day in days[:3]:
        sales(url, day).write([])

    for asked in (days[1:5], days):
        assert existing([sales(url, day) for day in asked]) == [day in days[:3] for day in asked]


def test_a_target_is_found_again_by_its_url(url):
    target = open_target(f"{url}#sales", model=Sale, partition={"day": "a=b, [c] #1 %"}, key=("day", "item"))
    target.write([])

    again = open_target(target.url.replace("//127", "//postgres@127"), model=Sale)

    assert again.url == target.url
    assert again.exists()


def test_a_table_in_a_schema_of_its_own(postgres):
    target = open_target(
        f"{postgres}#shop.sales", model=Sale, partition={"day": "monday"}, key=("item",), mode="upsert"
    )
    with target.database.writing() as connection:
        connection.execute(sa.text("CREATE SCHEMA shop"))

    target.write(of("monday", [1, 2]))
    target.write(of("monday", [3]))
    target.trash("op1")
    target.restore("op1")

    assert target.url.endswith("#shop.sales[day=monday]")
    assert list(target.read()) == of("monday", [3, 2])


def test_trashed_rows_wait_under_their_operation_and_come_back(url):
    monday, tuesday = sales(url, "monday"), sales(url, "tuesday")
    monday.write(of("monday", [10]))
    tuesday.write(of("tuesday", [7]))
    version = monday.version()
    for target in (monday, tuesday, monday):
        target.trash("op1")
    assert (stored(url), monday.exists(), monday.trashed("op1")) == ([], False, True)

    monday.restore("op1")
    monday.restore("op1")

    assert stored(url) == [("monday", 0, 10)]
    assert (monday.version(), monday.trashed("op1"), tuesday.trashed("op1")) == (version, False, True)


def test_trashed_rows_do_not_replace_what_was_built_meanwhile(url):
    monday = sales(url, "monday")
    monday.write(of("monday", [10]))
    monday.trash("op1")
    monday.write(of("monday", [11]))

    with pytest.raises(TargetExists):
        monday.restore("op1")

    assert stored(url) == [("monday", 0, 11)]
    monday.trash("op2")
    monday.restore("op1")
    assert stored(url) == [("monday", 0, 10)]


def test_purged_rows_are_gone_for_good(url):
    monday = sales(url, "monday")
    monday.write(of("monday", [10]))
    monday.trash("op1")

    monday.purge("op1")
    monday.purge("op1")

    assert not monday.trashed("op1")
    with pytest.raises(NotInTrash):
        monday.restore("op1")


def test_what_a_task_wrote_is_on_record_with_what_it_read(url, provenance):
    class Copy(luigi.Task):
        def output(self):
            return sales(url, "tuesday")

        def run(self):
            self.output().write(Sale(day="tuesday", item=0, amount=row.amount) for row in monday.read())

    told = []
    provenance("beside")
    Copy.event_handler(WRITTEN)(lambda _task, record: told.append(record))
    monday = sales(url, "monday")
    monday.write(of("monday", [10]))

    with Worker(scheduler=Scheduler()) as worker:
        assert worker.add(Copy())
        assert worker.run()

    record = sales(url, "tuesday").provenance()
    assert record == json.loads(json.dumps(told[0]))
    assert (record["rows"], record["family"]) == (1, "Copy")
    assert record["inputs"] == [{"url": monday.url, "version": monday.version()}]


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"partition": {"day": object()}}, BadPartition, "names no partition"),
        ({"partition": {"item": "seven"}}, BadPartition, "item=seven"),
        ({"key": ["colour"]}, BadLayout, "the key names colour"),
        ({"mode": "upsert"}, BadLayout, "needs the key"),
        ({"mode": "replcae"}, BadLayout, "'replcae' is not replace, append or upsert"),
    ],
)
def test_a_target_that_makes_no_sense_is_refused_when_it_is_named(options, error, said):
    with pytest.raises(error, match=said):
        open_target("sqlite:///x.db#sales", model=Sale, **options)


def test_a_forked_child_gets_connections_of_its_own(tmp_path, monkeypatch):
    database = Database(f"sqlite:///{tmp_path}/x.db")
    with database.reading() as ours:
        monkeypatch.setattr(os, "getpid", lambda: 1)
        with database.reading() as theirs:
            assert theirs.engine is not ours.engine
