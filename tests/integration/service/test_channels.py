"""Channels of notifications: what is told arrives as it should, and is tried again where it does not."""

from __future__ import annotations

import email
import email.policy
import json
import threading

import pytest
from aiosmtpd.smtp import AuthResult
from polling import until
from receivers import PostOffice, Receiver, certified
from standardwebhooks import Webhook
from telling import ACTOR, HIDDEN, announcing, doing, ended, rule, save, settled

from trigger_service.domain.errors import InvalidRequest
from trigger_service.domain.outside import Smtp
from trigger_service.service import channels as channels_module


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
