"""Notifications: each thing is told once by each rule, to whom it concerns, and nothing that is private."""

from __future__ import annotations

import base64
import json
import logging
import sqlite3
import time
from contextlib import closing

import pytest
from polling import until
from receivers import Receiver
from standardwebhooks import Webhook
from telling import ACTOR, HIDDEN, announcing, doing, ended, messages, rule, save, settled

from trigger_service.domain.errors import InvalidRequest, RuleNotFound


def test_a_failure_is_told_with_its_error_the_last_lines_of_its_task_and_the_link(house, receiver):
    # Given
    service = house(doing)
    made = announcing(service)
    save(made, receiver)
    # When
    (run_id,) = ended(service, "fail", labels={"team": "data"})
    # Then
    (message,) = settled(made)
    ((path, _, content),) = receiver.came
    told = json.loads(content)["text"]
    assert (message.state, message.tries, message.notice.run_id, path) == ("sent", 1, run_id, f"/{HIDDEN}")
    for part in ("*Work has failed", "KeyError: 'fail'", "about to fail", "team=data", "n=fail", "Load_1"):
        assert part in told, told
    assert f"http://console.example/api/v1/runs/{run_id}" in told
    assert "of another task" not in told


def test_rules_tell_of_their_pipelines_labels_and_events_and_of_nothing_before_they_were_made(house, receiver):
    service = house(doing)
    made = announcing(service)
    ended(service, "fail before")
    save(made, receiver, name="all", pipelines=("W*", "Other"))
    save(made, receiver, name="data", labels={"team": "data"})
    save(made, receiver, name="other", pipelines=("Other",))
    save(made, receiver, name="paused")
    made.notifications.pause("paused", True, ACTOR)
    ended(service, "good", "fail one")
    ended(service, "fail two", labels={"team": "data"})
    ended(service, "fail three", pipeline="Other")

    told = {name: [each.notice.parameters["n"] for each in settled(made, count, name)[::-1]] for name, count in
            {"all": 3, "data": 1, "other": 1}.items()}  # fmt: skip

    assert told == {"all": ["fail one", "fail two", "fail three"], "data": ["fail two"], "other": ["fail three"]}
    assert messages(made, "paused") == []


def test_a_success_is_told_where_the_run_before_it_with_the_same_parameters_had_failed(house, receiver):
    # Given a pipeline that fails once for each of two values
    failed = set()

    def once(child):
        n = child.spec.parameters["n"]
        if n.startswith("fail") and n not in failed:
            failed.add(n)
            raise RuntimeError("the first time")

    service = house(once)
    made = announcing(service)
    save(made, receiver, events=("recovered",))
    # When others succeed meanwhile, and one succeeds twice
    ended(service, "fail a", "fail b", "good", "good", "fail a", "fail a")
    # Then
    (message,) = settled(made)
    assert (message.notice.event, message.notice.parameters) == ("recovered", {"n": "fail a"})
    assert "Work has succeeded again" in receiver.came[0][2].decode()


def test_what_fails_the_same_way_is_told_once_and_then_how_many_more(house, receiver):
    # Given
    service = house(doing)
    made = announcing(service)
    save(made, receiver, fold_s=100.0)
    # When five runs fail alike, one otherwise
    ended(service, "fail 1", "fail 2", "fail 3", "fail x", "fail 4", "fail 5")
    # Then two are told at once, and four wait together
    states = sorted(each.state for each in until(lambda: _none_on_its_way(made), "both are settled"))
    assert states == ["folded"] * 4 + ["pending"] + ["sent"] * 2
    (waiting,) = [each for each in messages(made) if each.state == "pending"]
    assert waiting.notice.more == 4
    assert waiting.next_try_at == pytest.approx(time.time() + 100, abs=25)
    assert {each.folded_into for each in messages(made) if each.state == "folded"} == {waiting.id}
    # And when their time is over, one message stands for them
    settled(made, 7, now=time.time() + 130)
    assert "Work has failed (4 more)" in receiver.came[2][2].decode()


def _none_on_its_way(made):
    made.look()
    found = messages(made)
    return found if len(found) == 7 and all(each.state != "pending" or each.notice.more for each in found) else None


def test_a_test_is_sent_at_once_and_told_as_it_is_also_where_the_rule_is_paused(house, receiver):
    made = announcing(house(doing))
    save(made, receiver)
    made.notifications.pause("ops", True, ACTOR)

    sent = made.notifications.test("ops")
    receiver.answer = (500, {}, b"no")
    failed = made.notifications.test("ops")

    assert (sent.state, failed.state, failed.last_error) == ("sent", "failed", "127.0.0.1 answered 500: no")
    assert [each.id for each in messages(made)] == [failed.id, sent.id]
    with pytest.raises(RuleNotFound):
        made.notifications.test("nothing")


def test_private_addresses_are_refused_when_a_rule_is_saved_and_names_of_them_when_it_sends(house, receiver):
    made = announcing(house(doing), allow_private=False)
    for url in ("http://127.0.0.1/x", "https://localhost/x", "http://[::1]:8090/", "http://169.254.169.254/latest"):
        with pytest.raises(InvalidRequest, match="/channel/url: it is a private address; allow_private = true"):
            made.notifications.save(rule(), {"url": url}, ACTOR)
    made.notifications.save(rule(), {"url": f"http://127.1:{receiver.port}/{HIDDEN}"}, ACTOR)
    told = made.notifications.test("ops")
    assert (told.state, receiver.came) == ("failed", [])
    assert told.last_error.startswith("127.1 is the private address 127.0.0.1, to which nothing is sent")


def test_everything_wrong_with_a_rule_is_said_when_it_is_saved_and_no_secret_is(house):
    made = announcing(house(doing))
    wrong = [
        (rule(name="no name"), {}, "/name: 'no name' is no name of a rule"),
        (rule(), {}, "/channel/url: expected the address to which messages go"),
        (rule(), {"url": f"ftp://{HIDDEN}"}, "/channel/url: expected an address that begins with https://"),
        (rule(), {"url": "https://example.org/", "secret": HIDDEN}, "/channel/secret: does not go with slack"),
        (rule("webhook"), {"url": "https://example.org/", "secret": HIDDEN}, "/channel/secret: expected whsec_"),
        (rule("apprise"), {"url": HIDDEN}, "/channel/url: expected an address as apprise has them"),
        (rule("mail"), {}, "/channel/kind: no mail can be sent: set host and sender in [mail]"),
        (rule("mail", to=("ada",)), {}, "/channel/to: 'ada' is no address of mail"),
        (rule(to=("ada@example.org",)), {"url": "https://example.org/"}, "/channel/to: goes with mail"),
    ]
    for refused, given, told in wrong:
        with pytest.raises(InvalidRequest) as error:
            made.notifications.save(refused, given, ACTOR)
        assert told in str(error.value)
        assert HIDDEN not in str(error.value)
    assert made.notifications.listed() == []


def test_a_rule_that_is_saved_again_keeps_its_address_and_its_secret(house, receiver):
    made = announcing(house(doing))
    secret = save(made, receiver, kind="webhook").secret
    again = made.notifications.save(rule("webhook", events=("failed", "late")), {}, ACTOR)
    assert again.secret is None
    assert again.rule.channel.shown == f"{receiver.url}/..."
    assert made.notifications.test("ops").state == "sent"
    Webhook(secret).verify(receiver.came[0][2], receiver.came[0][1])
    # and its key file is lost
    made.sender._vault._key = base64.urlsafe_b64encode(b"x" * 32)
    assert "sealed with another key file" in made.notifications.test("ops").last_error
    # another kind of channel has another address
    with pytest.raises(InvalidRequest, match="/channel/url: expected the address"):
        made.notifications.save(rule("slack"), {}, ACTOR)


def test_no_address_and_no_secret_is_in_any_table_log_or_record(house, receiver, caplog):
    # Given all that can be done with rules, in vain and not
    caplog.set_level(logging.DEBUG)
    service = house(doing)
    made = announcing(service)
    with Receiver() as elsewhere:
        elsewhere.answer = (404, {}, f"nothing at /{HIDDEN}".encode())
        for kind in ("slack", "webhook"):
            save(made, elsewhere, kind=kind, name=f"{kind}-in-vain")
            save(made, receiver, kind=kind, name=kind)
        key = "whsec_" + base64.b64encode(HIDDEN.encode() * 3).decode()
        given = {"url": f"https://nowhere.invalid/{HIDDEN}", "secret": key}
        made.notifications.save(rule("webhook", "nowhere"), given, ACTOR)
        given = {"url": f"json://127.0.0.1:1/{HIDDEN}"}
        made.notifications.save(rule("apprise", "apprise", events=("late",)), given, ACTOR)
        assert made.notifications.test("apprise").last_error == "apprise could not deliver it"
        service.end_of(service.submit(parameters={"n": "fail", "password": "private-value"}))
        for saved in made.notifications.listed():
            settled(made, 1, saved.name)
            made.notifications.pause(saved.name, True, ACTOR)
            made.notifications.remove(saved.name, ACTOR) if saved.name == "webhook" else None
    # Then
    with closing(sqlite3.connect(service.home / "database.sqlite3")) as connection:
        dump = "\n".join(connection.iterdump())
    assert "nowhere" in dump
    assert all(b"private-value" not in content for _, _, content in [*receiver.came, *elsewhere.came])
    for secret in (HIDDEN, key, "private-value"):
        assert secret not in dump
        assert secret not in caplog.text
    assert caplog.text.count("was not sent") >= 4
