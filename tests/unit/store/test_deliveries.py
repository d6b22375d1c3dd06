"""The record of deliveries: each once, and old ones go."""

import pytest

from trigger_service.domain.run import RunRequest
from trigger_service.domain.sensors import Delivery, Sensor
from trigger_service.domain.signatures import WebhookSource
from trigger_service.store import sensors as table

NOW = 1_700_000_000.0


@pytest.fixture
def recorded(database):
    """Stores some deliveries of a sensor; gives how many were new."""
    with database.write() as connection:
        table.save(connection, Sensor("orders", WebhookSource(), RunRequest("Load")))

    def record(keys, at=NOW, state="started"):
        with database.write() as connection:
            made = [Delivery("orders", str(key), state, document={"key": key}, recorded_at=at) for key in keys]
            return sum(table.record(connection, each) for each in made)

    return record


def kept(database):
    with database.read() as connection:
        return [delivery.key for delivery in table.history(connection, "orders", None, 10_000)]


def test_a_key_is_recorded_once(database, recorded):
    assert recorded(["a", "b", "a"]) == 2
    assert recorded(["b"], NOW + 9, "failed") == 0
    assert kept(database) == ["b", "a"]


def test_what_was_delivered_is_kept_until_it_is_settled(database, recorded):
    recorded(["settled"])
    recorded(["waits"], state="pending")
    with database.read() as connection:
        stored = {key: table.delivery(connection, "orders", key).document for key in ("settled", "waits")}
    assert stored == {"settled": None, "waits": {"key": "waits"}}


def test_of_those_older_than_a_week_the_newest_thousand_are_kept_and_all_that_wait(database, recorded):
    recorded(["waits"], state="pending")
    recorded(range(60 + table.KEPT))
    recorded(range(5000, 5010), NOW + table.KEPT_S + 1)
    newest = [*range(60 + table.KEPT), *range(5000, 5010)][-table.KEPT :]
    assert kept(database) == [*map(str, reversed(newest)), "waits"]


def test_those_of_the_last_week_are_all_kept(database, recorded):
    recorded(range(60 + table.KEPT))
    recorded(["later"], NOW + table.KEPT_S - 1)
    assert len(kept(database)) == 61 + table.KEPT
