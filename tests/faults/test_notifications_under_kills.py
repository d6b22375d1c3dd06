"""Notifications of the real product, killed wherever the end of a run becomes a message: each end is told once."""

import json
import sqlite3
from collections import Counter
from contextlib import closing

import pytest
from polling import until
from product import Product
from receivers import Receiver

from trigger_service.client import Client

pytestmark = pytest.mark.timeout(180)

#: A part of the address that nobody may ever see.
HIDDEN = "T0hiddenpart"
FAILS = """
import luigi

class Fails(luigi.Task):
    name = luigi.Parameter()
    def run(self):
        raise ValueError(f"there is no {self.name}")
"""


#: The fail points between a message that somebody has begun to send, and the record that it was sent.
BEGUN = ("before a message is sent", "after a message is sent")


def points():
    """The fail points that are reached here, in their order."""
    return ["before messages are committed", "after messages are recorded", *BEGUN]


@pytest.fixture
def told(tmp_path):
    """`up` with a rule that tells a receiver of failures."""
    with Receiver() as receiver:
        product = Product(tmp_path, "\n[notifications]\nallow_private = true")
        product.receiver = receiver
        product.armed = tmp_path / "armed"
        product.armed.mkdir()
        product.set("LUIGI_TRIGGER_FAIL_POINTS", str(product.armed))
        with (tmp_path / "steps.py").open("a") as steps:
            steps.write(FAILS)
        try:
            product.start()
            with Client(product.url) as client:
                channel = {"kind": "webhook", "url": f"{receiver.url}/{HIDDEN}"}
                client.notifications.save("ops", body={"events": ["failed"], "channel": channel, "fold_s": 0})
            yield product
        finally:
            product.end()


def messages(product):
    return product.get("/notifications/ops/messages")["items"]


def answers(product):
    try:
        return product.http.get(f"{product.url}/healthz", timeout=30).status_code == 200
    except OSError:
        return False


def end_leases(product):
    """Two minutes pass, as far as messages that somebody had begun to send can tell."""
    with closing(sqlite3.connect(product.home / "database.sqlite3", timeout=30)) as connection, connection:
        connection.execute("UPDATE messages SET next_try_at = 0 WHERE state = 'pending'")


@pytest.mark.long
def test_each_end_is_told_once_although_the_service_is_killed(told):
    # Given
    until(lambda: answers(told), "the service")
    failed = {}
    # When it dies wherever the end of a run becomes a message that is sent
    for name in points():
        (told.armed / name).touch()
        failed[name] = told.trigger("Fails", name)
        until(lambda armed=name: not (told.armed / armed).exists(), name)
        until(lambda: answers(told), "the service again")
        until(lambda run_id=failed[name]: run_id in [each["run_id"] for each in messages(told)], "the message")
        if name in BEGUN:
            end_leases(told)
        until(lambda: all(each["state"] == "sent" for each in messages(told)), "it is sent")
    # Then each failure is one message
    assert Counter(each["run_id"] for each in messages(told)) == Counter(failed.values())
    # And was sent once, or again with the same id
    came = [(headers["webhook-id"], json.loads(content)["data"]) for _, headers, content in told.receiver.came]
    sent = Counter(data["run_id"] for _, data in came)
    assert sent == {failed[name]: 2 if name == "after a message is sent" else 1 for name in points()}
    assert len({webhook_id for webhook_id, _ in came}) == len(points())
    assert all(data["error"]["message"].startswith("ValueError: there is no") for _, data in came)
    # With a link that leads to its run
    assert told.http.get(came[0][1]["url"], timeout=30).json()["id"] == came[0][1]["run_id"]
    # And the address is in no file that the product has written, but for the database, in which it is sealed
    told.end()
    written = [file for file in told.home.rglob("*") if file.is_file()]
    assert len(written) > 10
    assert [file for file in written if HIDDEN.encode() in file.read_bytes()] == []
