"""`notifications ...` against a running service: what it prints and refuses, and where addresses come from."""

import io
import json
import os

import pytest
from receivers import Receiver
from standardwebhooks import Webhook

SAVE = ("notifications", "save", "failures")


@pytest.fixture
def receiver():
    with Receiver() as server:
        yield server


@pytest.fixture
def slack(luigi_trigger, served, receiver, monkeypatch):
    """There is a rule."""
    monkeypatch.setenv("SLACK", f"{receiver.url}/services/hidden")
    more = ("--event", "failed", "--event", "late", "--pipeline", "Hel*", "--label", "team=a", "--late", "60")
    said = luigi_trigger(*SAVE, "--slack", "--url-from", "SLACK", *more)
    assert said.code == 0, said.err
    assert "hidden" not in said.out
    return served


def test_a_rule_is_saved_listed_shown_tried_and_removed(luigi_trigger, slack, receiver):
    (line,) = luigi_trigger("notifications", "list").out.splitlines()
    shown = json.loads(luigi_trigger("--json", "notifications", "show", "failures").out)
    assert line == f"failures\tfailed, late\tHel*\tslack {receiver.url}/...\t"
    assert (shown["labels"], shown["late_s"], shown["longer_than"], shown["fold_s"]) == ({"team": "a"}, 60, 2, 300)
    assert luigi_trigger("notifications", "messages", "failures").out == ""
    # a test that arrives, and one that does not
    assert luigi_trigger("notifications", "test", "failures").out == "sent\t\n"
    receiver.answer = (404, {}, b"no_service")
    in_vain = luigi_trigger("notifications", "test", "failures")
    assert (in_vain.code, in_vain.out) == (1, "failed\t127.0.0.1 answered 404: no_service\n")
    told = [line.split("\t")[1:3] for line in luigi_trigger("notifications", "messages", "failures").out.splitlines()]
    assert told == [["failed", "this is a test"], ["sent", "this is a test"]]
    assert luigi_trigger("notifications", "pause", "failures").out == "failures\tpaused\n"
    assert luigi_trigger("notifications", "list").out.endswith("\tpaused\n")
    assert luigi_trigger("notifications", "resume", "failures").code == 0
    assert luigi_trigger("notifications", "remove", "failures").code == 0
    assert luigi_trigger("notifications", "list").out == ""


def test_the_secret_of_a_webhook_is_shown_once_and_an_address_may_come_from_standard_input(
    luigi_trigger, served, receiver, monkeypatch
):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{receiver.url}/hook\n"))
    saved = json.loads(luigi_trigger(*SAVE, "--webhook", "--url-from", "-", "--json").out)
    again = json.loads(luigi_trigger(*SAVE, "--webhook", "--event", "long", "--json").out)
    assert luigi_trigger("notifications", "test", "failures").code == 0
    ((_, headers, content),) = receiver.came
    assert Webhook(saved["secret"]).verify(content, headers)["type"] == "test"
    assert (again["secret"], again["events"]) == (None, ["long"])


def test_an_address_is_asked_for_on_a_terminal_and_not_echoed(on_terminal, served):
    terminal = on_terminal(*SAVE, "--slack", LUIGI_TRIGGER_URL=served.url)
    terminal.until("Address (empty: as it was): ")
    os.write(terminal.descriptor, b"https://hooks.slack.com/services/hidden\n")
    assert terminal.code() == 0
    assert b"hidden" not in terminal.shown
    assert served.services.notifications.get("failures").channel.shown == "https://hooks.slack.com/..."


WRONG = (
    ((*SAVE,), 2, "say where to, by one of --slack"),
    ((*SAVE, "--slack", "--mail", "a@example.org"), 2, "say where to, by one of --slack"),
    ((*SAVE, "--slack"), 2, "/channel/url: expected the address"),
    ((*SAVE, "--slack", "--url-from", "NOWHERE"), 2, "there is no variable NOWHERE"),
    ((*SAVE, "--slack", "--url-from", "WRONG"), 2, "expected an address that begins with https://"),
    ((*SAVE, "--webhook", "--url-from", "GOOD", "--secret-from", "WRONG"), 2, "/channel/secret: expected whsec_"),
    ((*SAVE, "--mail", "ada@example.org"), 2, "set host and sender in [mail]"),
    ((*SAVE, "--slack", "--event", "everything"), 2, "'everything' is not one of"),
    ((*SAVE, "--slack", "--url-from", "GOOD", "--late", "0"), 2, "/late_s"),
    (("notifications", "show", "nothing"), 3, "There is no notification rule 'nothing'"),
    (("notifications", "test", "nothing"), 3, "There is no notification rule 'nothing'"),
    (("notifications", "messages", "nothing"), 3, "There is no notification rule 'nothing'"),
)


def test_what_is_wrong_is_said_and_no_secret_is(luigi_trigger, served, monkeypatch):
    monkeypatch.setenv("WRONG", "ftp://hidden/")
    monkeypatch.setenv("GOOD", "https://example.org/hidden")
    for words, code, said in WRONG:
        refused = luigi_trigger(*words)
        assert (refused.code, said in refused.err) == (code, True), (words, refused.err)
        assert "hidden" not in refused.err
