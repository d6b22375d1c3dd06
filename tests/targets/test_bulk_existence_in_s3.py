"""Which of many keys exist in S3, by listings: the same answers as one by one, in far fewer requests."""

import threading
import time

import luigi
import luigi.contrib.s3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from luigi.scheduler import Scheduler
from pydantic import BaseModel

from targets import existing, open_target, s3_stock
from targets.s3 import S3Target
from targets.s3_listing import ObjectKeys, existing_keys
from trigger_service.domain.moves import Order, Piece
from trigger_service.domain.spec import RunSpec
from trigger_service.runner.foresight import ForeseeingWorker
from trigger_service.runner.moving import Moving

NAMES = ["a", "a/b", "a/b/c", "a-", "a!", "ä", "b", "b/", "data/1", "data/10", "data/2", "data/2/x", "z~", "zz"]
FEW = 3


@pytest.fixture
def requests(s3):
    """The methods of the requests that are sent."""
    sent = []
    events = S3Target(f"{s3}/any").object.client.meta.events

    def note(request, **_):
        sent.append(request.method)

    events.register("before-send.s3", note)
    yield sent
    events.unregister("before-send.s3", note)


def filled(s3, keys):
    """Put an object as long as its key at each key; gives a target in the bucket."""
    target = S3Target(f"{s3}/any")
    for key in keys:
        target.object.client.put_object(Bucket=target.bucket, Key=key, Body=b"1" * len(key.encode()))
    return target


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(data=st.data())
def test_listings_answer_as_single_questions_do(s3_pages_of_three, data):
    target, there = s3_pages_of_three
    asked = data.draw(st.lists(st.sampled_from([*NAMES, "nowhere", "data/3", "a/b/c/d", "zzz"]), max_size=20))

    assert existing_keys(ObjectKeys(target.object), asked) == {key: len(key.encode()) for key in asked if key in there}


@pytest.fixture
def s3_pages_of_three(s3, monkeypatch):
    """A bucket with half of the names, listed a few at a time, so that listings end everywhere."""
    there = set(NAMES[::2]) - {"b/"}
    target = filled(s3, there)
    client = target.object.client
    listed = client.list_objects_v2
    monkeypatch.setattr(client, "list_objects_v2", lambda **names: listed(**names, MaxKeys=FEW))
    return target, there


def test_ten_thousand_missing_keys_take_one_request(s3, requests):
    filled(s3, ["other/1", "parts/00001/data.csv"])
    targets = [S3Target(f"{s3}/parts/{number:05}/data.csv") for number in range(10_000)]
    requests.clear()

    answers = existing(targets)

    assert [number for number, answer in enumerate(answers) if answer] == [1]
    assert len(requests) == 1


def test_a_pass_answers_from_the_listing_and_knows_what_is_published_meanwhile(s3, requests):
    targets = [open_target(f"{s3}/{number}") for number in range(10)]
    assert S3Target.foresee(targets) == [False] * 10
    with targets[3].open("w") as file:
        file.write("new")
    requests.clear()

    assert [target.exists() for target in targets] == [number == 3 for number in range(10)]
    assert requests == []

    targets[3].remove()
    assert not targets[3].exists()
    S3Target.forget()


def test_what_was_there_before_is_seen_and_what_never_was_is_not_however_much_comes_and_goes_meanwhile(s3):
    before = [f"day-{number}" for number in range(0, 60, 3)]
    never = [f"day-{number}" for number in range(1, 60, 3)]
    target = filled(s3, before)
    over = threading.Event()

    def come_and_go():
        while not over.is_set():
            for number in range(2, 60, 3):
                filled(s3, [f"day-{number}"])
                target.object.other(f"day-{number}").delete()

    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        answers = [existing_keys(ObjectKeys(target.object), [*before, *never]) for _ in range(10)]
    finally:
        over.set()
        thread.join()

    assert answers == [{key: len(key) for key in before}] * 10


class Number(BaseModel):
    """A row."""

    number: int


class Raw(luigi.Task):
    root = luigi.Parameter()
    number = luigi.IntParameter()

    def output(self):
        return open_target(f"{self.root}/raw/{self.number}")

    def run(self):
        with self.output().open("w") as file:
            file.write(str(self.number))


class Clean(luigi.Task):
    root = luigi.Parameter()
    number = luigi.IntParameter()

    def requires(self):
        return Raw(self.root, self.number)

    def output(self):
        return open_target(f"{self.root}/clean/{self.number}.csv", model=Number)

    def run(self):
        with self.input().open("r") as raw:
            self.output().write([Number(number=int(raw.read() or self.number))])


class All(luigi.WrapperTask):
    root = luigi.Parameter()

    def requires(self):
        return [Clean(self.root, number) for number in range(20)]


def test_a_run_asks_for_the_targets_of_each_level_of_its_tasks_at_once(s3, requests):
    filled(s3, ["clean/1.csv", "raw/2"])
    requests.clear()

    with ForeseeingWorker(scheduler=Scheduler()) as worker:
        assert worker.add(All(s3))
        planned = len(requests)
        assert worker.run()

    assert planned == 2
    assert existing([Clean(s3, number).output() for number in range(20)]) == [True] * 20
    assert list(Clean(s3, 7).output().read()) == [Number(number=7)]


def test_stock_targets_of_luigi_are_asked_in_bulk_where_they_are_imported_from_here(s3, requests):
    filled(s3, ["stock/file", "stock/folder/part", "stock/marked_$folder$"])
    names = ["file", "folder", "marked", "fold", "folder/part", "folder/par", "nowhere", "file/x"]
    stock = [luigi.contrib.s3.S3Target(f"{s3}/stock/{name}").exists() for name in names]
    targets = [s3_stock.S3Target(f"{s3}/stock/{name}") for name in names]

    assert s3_stock.S3Target.foresee(targets) == stock == [name in names[:3] or name == "folder/part" for name in names]

    assert [target.exists() for target in targets] == stock
    with targets[6].open("w") as file:
        file.write("new")
    assert targets[6].exists()
    targets[6].remove()
    assert not targets[6].exists()
    s3_stock.S3Target.forget()


def test_what_an_operation_would_move_is_looked_at_in_bulk(s3, requests):
    # Given tasks with objects, files of rows, and some that are missing
    raw, clean = [f"raw/{number}" for number in range(0, 20, 2)], [f"clean/{number}.csv" for number in range(7)]
    filled(s3, [*raw, *clean])
    pieces = [
        Piece(family, {"root": s3, "number": str(number)}, (f"{s3}/{name}",))
        for number in range(20)
        for family, name in (("Raw", f"raw/{number}"), ("Clean", f"clean/{number}.csv"))
    ]
    said = []
    requests.clear()

    # When
    spec = RunSpec("1", 0, __name__, "", {}, "", deadline=time.time() + 30)
    Moving(
        spec, {}, lambda record: said.append(record.get("said")), Order("1", "look", tuple(pieces)), lambda: True
    ).ask()

    # Then
    expected = {f"{s3}/{name}": ("movable", len(name)) for name in (*raw, *clean)}
    found = {each["url"]: (each["status"], each["bytes"]) for each in said if each}
    assert found == {piece.targets[0]: expected.get(piece.targets[0], ("absent", None)) for piece in pieces}
    assert len(requests) == 1
