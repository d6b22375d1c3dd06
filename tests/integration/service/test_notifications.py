"""Notifications: each thing is told once by each rule, arrives as it should, and is tried again where it does not."""

from __future__ import annotations

import base64
import email
import email.policy
import json
import logging
import sqlite3
import threading
import time
from collections import Counter
from contextlib import closing

import pytest
from aiosmtpd.smtp import AuthResult
from polling import until
from receivers import PostOffice, Receiver, certified
from standardwebhooks import Webhook
from telling import ACTOR, HIDDEN, announcing, doing, ended, messages, rule, save, settled

from trigger_service.domain.errors import InvalidRequest, RuleNotFound
from trigger_service.domain.notices import Message, Notice
from trigger_service.domain.outside import Smtp
from trigger_service.domain.run import RunRequest
from trigger_service.domain.schedule import Timing
from trigger_service.service import channels as channels_module
from trigger_service.store import notices as table


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


def test_a_webhook_is_signed_and_has_the_same_id_each_time_that_it_is_sent(house, receiver):
    # Given a receiver that is down at first
    service = house(doing)
    made = announcing(service)
    saved = save(made, receiver, kind="webhook")
    receiver.next.extend([(500, {}, b"down"), (429, {"Retry-After": "0"}, b"")])
    # When
    (run_id,) = ended(service, "fail")
    (message,) = settled(made)
    # Then
    assert (message.state, message.tries) == ("sent", 3)
    documents = [Webhook(saved.secret).verify(content, headers) for _, headers, content in receiver.came]
    assert {headers["webhook-id"] for _, headers, _ in receiver.came} == {message.id}
    assert len({content for _, _, content in receiver.came}) == 1
    assert (documents[2]["type"], documents[2]["data"]["run_id"]) == ("run.failed", run_id)
    assert documents[2]["data"]["lines"] == ["line 1", "about to fail"]


def test_a_message_that_never_arrives_is_given_up_and_says_why(house, receiver):
    service = house(doing)
    made = announcing(service)
    save(made, receiver)
    receiver.answer = (503, {}, b"no\nservice")
    ended(service, "fail")
    (message,) = settled(made)
    assert (message.state, message.tries) == ("failed", 4)
    assert message.last_error == "127.0.0.1 answered 503: no\\nservice; given up after 4 tries"


def test_a_receiver_that_wants_no_more_is_not_asked_again(house, receiver):
    service = house(doing)
    made = announcing(service)
    save(made, receiver)
    receiver.answer = (410, {}, f"gone: {HIDDEN}".encode())
    ended(service, "fail")
    (message,) = settled(made)
    assert (message.state, message.tries, message.last_error) == ("failed", 1, "127.0.0.1 answered 410")


def test_a_receiver_that_does_not_answer_holds_up_no_other_rule(house, receiver):
    hold = threading.Event()
    service = house(doing)
    made = announcing(service)
    with Receiver() as slow:
        slow.came = _Blocking(hold)
        save(made, slow, name="slow")
        save(made, receiver)
        ended(service, "fail 1", "fail 2")
        until(lambda: made.look() or len(receiver.came) == 2, "the other rule")
        hold.set()
        settled(made, 2, "slow")


class _Blocking(list):
    def __init__(self, event):
        super().__init__()
        self._event = event

    def append(self, item):
        self._event.wait(30)
        super().append(item)


def test_mail_arrives_as_text_and_as_html(house):
    service = house(doing)
    with PostOffice() as office:
        smtp = Smtp("127.0.0.1", office.port, "none", sender="luigi@example.org")
        made = announcing(service, allow_private=False, smtp=smtp)  # a mail server may be a private one
        made.notifications.save(rule("mail", to=("ada@example.org", "bo@example.org")), {}, ACTOR)
        office.answers.append("451 later")
        (run_id,) = ended(service, "fail <b>")
        (message,) = settled(made)
    (envelope,) = office.came
    letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
    text, page = (part.get_content() for part in letter.iter_parts())
    assert (message.state, message.tries) == ("sent", 2)
    assert (envelope.mail_from, envelope.rcpt_tos) == ("luigi@example.org", ["ada@example.org", "bo@example.org"])
    assert letter["Subject"] == "Work has failed: KeyError: 'fail <b>'"
    assert letter["Message-ID"] == f"<{message.id}@example.org>"
    for part in (run_id, "about to fail <b>"):
        assert part in text
    assert "about to fail &lt;b&gt;" in page


def test_mail_that_the_server_refuses_is_not_sent_again(house):
    service = house(doing)
    with PostOffice() as office:
        smtp = Smtp("127.0.0.1", office.port, "none", sender="luigi@example.org")
        made = announcing(service, smtp=smtp)
        made.notifications.save(rule("mail", to=("nobody@example.org",)), {}, ACTOR)
        ended(service, "fail")
        (message,) = settled(made)
    assert (message.state, message.tries) == ("failed", 1)
    assert message.last_error == "127.0.0.1 answered 550: no such box"


def test_mail_goes_by_tls_with_a_password_and_one_that_is_wrong_is_told_without_it(house, tmp_path, monkeypatch):
    # Given a server that takes no mail without both
    context, certificate = certified(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    signed_in = []

    def authenticate(server, session, envelope, mechanism, data):
        signed_in.append(data.password)
        return AuthResult(success=data.password == b"right", handled=False)

    service = house(doing)
    with PostOffice(tls_context=context, authenticator=authenticate, auth_required=True) as office:
        smtp = Smtp("localhost", office.port, "starttls", "ada", "", "luigi@example.org")
        for password, state in (("right", "sent"), ("wrong-hidden", "failed")):
            made = announcing(service, smtp=smtp, password=password)
            made.notifications.save(rule("mail", to=("ada@example.org",)), {}, ACTOR)
            told = made.notifications.test("ops")
            assert told.state == state, told.last_error
    # Then
    assert "localhost does not let ada in" in told.last_error
    assert "hidden" not in told.last_error
    assert len(office.came) == 1
    assert signed_in[0] == b"right"


def test_a_mail_server_that_offers_no_tls_gets_neither_password_nor_mail(house):
    service = house(doing)
    with PostOffice() as office:
        smtp = Smtp("127.0.0.1", office.port, "starttls", "ada", "SECRET", "luigi@example.org")
        made = announcing(service, smtp=smtp)
        made.notifications.save(rule("mail", to=("ada@example.org",)), {}, ACTOR)
        told = made.notifications.test("ops")
    assert (told.state, office.came) == ("failed", [])
    assert "STARTTLS" in told.last_error


def test_apprise_hands_a_message_on_and_its_connections_are_guarded(house, receiver):
    service = house(doing)
    made, guarded = announcing(service), announcing(service, allow_private=False)
    url = receiver.url.replace("http://", "json://")
    made.notifications.save(rule("apprise"), {"url": f"{url}/{HIDDEN}"}, ACTOR)

    refused = guarded.notifications.test("ops")
    sent = made.notifications.test("ops")

    assert (refused.state, sent.state) == ("failed", "sent")
    assert "refused: it leads to the private address 127.0.0.1" in refused.last_error
    ((path, _, content),) = receiver.came
    assert (path, json.loads(content)["title"]) == (f"/{HIDDEN}", "this is a test")


def test_without_apprise_a_rule_for_it_is_refused_with_the_mend(house, monkeypatch):
    made = announcing(house(doing))
    monkeypatch.setattr(channels_module, "find_spec", lambda _name: None)
    with pytest.raises(InvalidRequest, match=r"/channel/kind: apprise is not installed .* luigi-trigger\[apprise\]"):
        made.notifications.save(rule("apprise"), {"url": "discord://1/2"}, ACTOR)


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


def test_two_processes_tell_of_each_end_once(house, receiver):
    # Given two that follow the same ends
    service = house(doing)
    made, other = announcing(service), announcing(service)
    save(made, receiver)
    ended(service, *(f"fail {name}" for name in "abcdefgh"))
    # When
    threads = [threading.Thread(target=each.look) for each in (made, other) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Then
    found = settled(made, 8)
    settled(other, 8)
    assert sorted(each.notice.parameters["n"] for each in found) == [f"fail {name}" for name in "abcdefgh"]
    assert len(receiver.came) == 8


def test_what_has_ended_while_nobody_looked_is_told_by_the_next_start(house, receiver):
    service = house(doing)
    save(announcing(service), receiver)
    ended(service, "fail")
    service.stop()
    service.start()
    (message,) = settled(announcing(service))
    assert message.state == "sent"
    assert len(receiver.came) == 1


def test_a_schedule_is_late_where_its_work_has_not_succeeded_in_time(house, receiver):
    # Given a schedule whose run waits
    gate = threading.Event()
    service = house(lambda child: child.wait(gate) and None)
    made = announcing(service)
    save(made, receiver, events=("late",), late_s=100.0)
    asked = RunRequest("Work", {"n": "{{ fire_time | timestamp }}"}, labels={"team": "a"})
    first = service.timetable.save("nightly", Timing("interval", "1 day"), asked, ACTOR).next_fire
    service.schedules.look(first)
    (fire,) = service.timetable.fires("nightly", None, 9)
    # When it is not late yet, is late, and is looked at again
    for after in (99, 101, 111):
        made.notifier.watch(first + after)
    # Then it is told once
    (message,) = settled(made, now=first + 111)
    notice = message.notice
    assert (notice.schedule, notice.fire_time, notice.run_id) == ("nightly", first, fire.run_id)
    assert (notice.event, notice.time, notice.labels) == ("late", first + 100, {"team": "a"})
    assert "schedule nightly of Work is late" in receiver.came[0][2].decode()
    # And one whose work was done in time is not
    gate.set()
    service.end_of(service.run(fire.run_id))
    service.schedules.look(first + 86400)
    (newest, _) = service.timetable.fires("nightly", None, 9)
    service.end_of(service.run(newest.run_id))
    made.notifier.watch(first + 86400 + 1000)
    assert len(messages(made)) == 1


def test_a_schedule_that_failed_is_not_late_where_a_retry_has_succeeded(house, receiver):
    failing = [True]

    def script(_child):
        if failing.pop() if failing else False:
            raise RuntimeError

    service = house(script)
    made = announcing(service)
    save(made, receiver, events=("late",), late_s=100.0)
    first = service.timetable.save("nightly", Timing("interval", "1 day"), RunRequest("Work"), ACTOR).next_fire
    service.schedules.look(first)
    (fire,) = service.timetable.fires("nightly", None, 9)
    service.end_of(service.run(fire.run_id))
    # When it is retried, at a time after the fire by the clock that the fires go by here
    retried = service.end_of(service.triggers.retry(fire.run_id, service.run(fire.run_id).trigger))
    assert retried.state == "succeeded"
    with service.database.write() as connection:
        connection.exec_driver_sql("UPDATE runs SET finished_at = ? WHERE id = ?", (first + 50.0, retried.id))
    made.notifier.watch(first + 101)
    assert messages(made) == []


def test_a_run_that_takes_longer_than_its_pipeline_did_is_told_once(house, receiver):
    # Given five runs that took no time, and one that goes on
    gate = threading.Event()
    service = house(lambda child: child.wait(gate) and None if child.spec.parameters["n"] == "slow" else None)
    made = announcing(service)
    save(made, receiver, events=("long",), longer_than=3.0)
    ended(service, *"12345")
    slow = service.submit(parameters={"n": "slow"})
    started = service.until(slow, "running").started_at
    # When
    for after in (59, 61, 71):
        made.notifier.watch(started + after)
    # Then
    (message,) = settled(made, now=started + 71)
    assert (message.notice.event, message.notice.run_id) == ("long", slow.id)
    gate.set()
    service.end_of(slow)


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


def test_a_clock_that_is_put_back_holds_up_nothing_that_is_the_same_as_before(house, receiver):
    # Given a failure that was told three hours from now
    service = house(doing)
    made = announcing(service)
    save(made, receiver, fold_s=300.0)
    ended(service, "fail 1")
    settled(made)
    with service.database.write() as connection:
        connection.exec_driver_sql("UPDATE messages SET created_at = created_at + 10800, due_at = due_at + 10800")
    # When the same happens twice
    ended(service, "fail 2", "fail 3")
    # Then the first of them is told at once, and the other with those to come
    told = {"sent": 2, "folded": 1, "pending": 1}
    until(lambda: made.look() or Counter(message.state for message in messages(made)) == told, "what is told")


def test_a_clock_that_is_put_back_after_a_rule_was_saved_keeps_nothing_from_being_told(house, receiver):
    service = house(doing)
    made = announcing(service)
    save(made, receiver)
    with service.database.write() as connection:  # as if the clock had been an hour ahead then
        connection.exec_driver_sql("UPDATE notification_rules SET updated_at = updated_at + 3600")
    ended(service, "fail")
    (message,) = settled(made)
    assert message.state == "sent"


def test_the_newest_thousand_messages_of_a_rule_are_kept_and_whatever_is_still_to_be_sent(house, receiver):
    # Given more than that, of which the oldest waits
    service = house(doing)
    made = announcing(service)
    save(made, receiver)
    notice = Notice("failed", 1.0, "Work", run_id="r")
    with service.database.write() as connection:
        for number in range(table.KEPT + 5):
            message = Message(f"{number:04d}", "ops", notice, f"old {number}", "sent" if number else "pending")
            table.add(connection, message.evolve(next_try_at=None if number else time.time() + 9999))
    # When
    ended(service, "fail")
    until(lambda: made.look() or len(receiver.came) == 1, "the new one")
    # Then
    with service.database.read() as connection:
        kept = [each.id for each in table.log(connection, "ops", None, 5000)]
    assert (len(kept), kept[-2:]) == (table.KEPT + 1, ["0006", "0000"])
