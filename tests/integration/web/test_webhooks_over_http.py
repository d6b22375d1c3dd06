"""Deliveries of webhooks: who may send them, what they become, and that each counts once."""

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
from senders import MAPPING, PAYLOAD, SECRET, Hook, made, names
from served import service

from trigger_service.domain.errors import ZygoteUnavailable
from trigger_service.domain.run import RunRequest
from trigger_service.domain.sensors import Sensor
from trigger_service.domain.signatures import WebhookSource
from trigger_service.domain.throttling import Rate
from trigger_service.web import hooks


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A service that wants tokens of everybody else, shared by the tests; it forgets no refusal while they last."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hooks, "REFUSED", Rate(per_second=0.001, burst=10))
        with service(tmp_path_factory.mktemp("guarded") / "home", token_needed=True) as running:
            yield running


@pytest.fixture
def hook(guarded):
    """A webhook of its own for each test, that takes pushes to main."""
    return made(guarded)


def test_a_signed_delivery_is_a_run_with_what_its_payload_says(guarded, hook):
    answer = hook.send(delivery="72d3162e", headers={"X-Request-Id": "of-the-sender"})
    run = guarded.ended(answer.json["run_id"])

    assert answer.status_code == 202
    assert answer.json == {"delivery": "72d3162e", "state": "started", "run_id": run.id, "reason": ""}
    assert answer.headers["Location"] == f"/api/v1/runs/{run.id}"
    assert answer.headers["X-Request-Id"] == "of-the-sender"
    assert "Idempotency-Replayed" not in answer.headers
    assert (run.pipeline, run.texts) == ("Hello", {"who": "ada", "times": "1"})
    assert (run.trigger.kind, run.trigger.by) == ("webhook", hook.name)
    assert hook.on_record() == [("started", "")]


@pytest.mark.parametrize(
    "source",
    [
        WebhookSource("standard"),
        WebhookSource("hmac", "X-Sum", "v0=", "base64", "sha512", id_header="X-Id", timestamp_header="X-At"),
    ],
    ids=["standard", "hmac"],
)
def test_each_scheme_is_taken_with_a_secret_that_was_made_here(guarded, source):
    sensor = Sensor(next(names), source, RunRequest("Hello"), MAPPING)
    _, secret = guarded.services.automation.hooks.save(sensor, None, "a test")
    hook = Hook(guarded, sensor.name, source)
    assert hook.send(secret=secret).status_code == 202
    assert hook.send(secret=secret, headers={"Authorization": "Bearer of-something-else"}).status_code == 202


def test_a_delivery_that_comes_again_is_answered_as_the_first_time(hook):
    first = hook.send(delivery="again")
    for payload in (PAYLOAD, {**PAYLOAD, "ref": "refs/heads/other"}):
        again = hook.send(payload, delivery="again")
        assert (again.status_code, again.json) == (202, first.json)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert again.headers["Location"] == first.headers["Location"]
    assert len(hook.on_record()) == 1


def test_a_delivery_without_an_id_is_known_by_its_body(guarded):
    hook = made(guarded, WebhookSource("hmac", "X-Sum"))
    first, other, again = (hook.send({**PAYLOAD, "n": n}) for n in (1, 2, 1))
    assert again.json == first.json
    assert other.json["run_id"] != first.json["run_id"]


def test_equal_deliveries_at_once_are_one_run(guarded, hook):
    with ThreadPoolExecutor(4) as senders:
        answers = list(senders.map(lambda _: hook.send(delivery="at-once"), range(8)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json["run_id"] for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert len(hook.on_record()) == 1


def test_what_the_filter_refuses_is_skipped_without_an_error(hook):
    answers = [hook.send({**PAYLOAD, "ref": "refs/heads/dev"}, delivery="skipped") for _ in "ab"]
    reason = 'the filter refuses it: /ref is "refs/heads/dev", expected "refs/heads/main"'
    for answer in answers:
        assert answer.status_code == 200
        assert answer.json == {"delivery": "skipped", "state": "skipped", "run_id": None, "reason": reason}
        assert "Location" not in answer.headers
        assert "Idempotency-Replayed" not in answer.headers
    assert hook.on_record() == [("skipped", reason)]


def test_a_webhook_that_is_paused_skips_and_keeps_its_secret(guarded, hook):
    guarded.services.automation.sensors.pause(hook.name, True, "a test")
    assert (hook.send().status_code, hook.on_record()) == (200, [("skipped", "the sensor is paused")])
    guarded.services.automation.sensors.pause(hook.name, False, "a test")
    assert hook.send().status_code == 202


def test_a_payload_without_what_the_mapping_wants_is_refused_and_on_record(hook):
    answers = [hook.send({"ref": "refs/heads/main"}, delivery="lacks") for _ in "ab"]
    for answer in answers:
        assert answer.status_code == 422
        assert answer.json["type"] == "/problems/delivery-failed"
        assert "/sender/login is absent" in answer.json["detail"]
        assert "Idempotency-Replayed" not in answer.headers
    ((state, reason),) = hook.on_record()
    assert state == "failed"
    assert reason in answers[0].json["detail"]


def test_a_delivery_that_was_refused_may_come_again_and_starts_one_run_then(hook):
    assert hook.send({"ref": "refs/heads/main"}, delivery="mended").status_code == 422
    answers = [hook.send(PAYLOAD, delivery="mended") for _ in "ab"]
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, "true"]
    assert {(answer.status_code, answer.json["state"]) for answer in answers} == {(202, "started")}
    assert hook.on_record() == [("started", "")]


def test_a_run_that_is_active_already_is_no_error_where_the_request_says_reject(guarded):
    hook = made(guarded, request=RunRequest("Gated", if_active="reject"), mapping={}, filter=None)
    first, second = hook.send(), hook.send()
    guarded.gate.set()
    assert (first.status_code, second.status_code, second.json["state"]) == (202, 200, "skipped")
    assert first.json["run_id"] in second.json["reason"]
    guarded.ended(first.json["run_id"])


def test_a_wrong_signature_is_refused_with_what_is_wrong_and_leaves_nothing_but_a_line_in_the_log(hook, caplog):
    forged = "another secret of somebody"
    with caplog.at_level(logging.WARNING):
        answers = [hook.send(secret=forged, address="10.2.0.1"), hook.post(b"{}", {}, address="10.2.0.1")]
    for answer, said in zip(answers, ("no secret of this webhook makes it", "no header X-Hub-Signature"), strict=True):
        assert answer.status_code == 401
        assert answer.json["type"] == "/problems/signature-refused"
        assert said in answer.json["detail"]
        assert answer.headers["WWW-Authenticate"].startswith("Signature")
        assert SECRET not in answer.text
    lines = [record for record in caplog.records if getattr(record, "action", "") == "delivery_refused"]
    assert [line.sensor for line in lines] == [hook.name] * 2
    assert lines[-1].count == 1
    assert SECRET not in caplog.text
    assert forged not in caplog.text
    assert hook.on_record() == []


def test_who_is_refused_again_and_again_is_told_to_wait_and_holds_up_nobody(hook, caplog):
    with caplog.at_level(logging.WARNING):
        refused = [hook.send(secret="another secret of somebody", address="10.3.0.1") for _ in range(15)]
    assert [answer.status_code for answer in refused] == [401] * 10 + [429] * 5
    assert int(refused[-1].headers["Retry-After"]) > 1
    assert hook.send(address="10.3.0.1").status_code == 202
    with caplog.at_level(logging.WARNING):
        hook.send(secret="another secret of somebody", address="10.3.0.2")
    lines = [record for record in caplog.records if getattr(record, "action", "") == "delivery_refused"]
    assert len(lines) == 11
    assert lines[-1].count == 6
    assert "(5 more before it)" in lines[-1].message


def test_there_is_no_webhook_of_another_name_and_guessing_is_bounded(guarded, hook):
    hook.path = "/hooks/nothing"
    answers = [hook.send(address="10.4.0.1").status_code for _ in range(11)]
    assert answers == [404] * 10 + [429]


@pytest.mark.parametrize(
    ("body", "content_type", "status", "said"),
    [
        (b"{", "application/json", 400, "line 1, column 2"),
        (b"", "application/json", 400, "not JSON"),
        (b"\xff\xfe{\x00}\x00", "application/json", 400, "UTF-8"),
        (b'{"a": NaN}', "application/json", 400, "NaN"),
        (b'{"a": "\\ud800"}', "application/json", 400, "surrogate"),
        (b"[" * 100_000, "application/json", 400, "nested"),
        (b"payload=%7B%7D", "application/x-www-form-urlencoded", 415, "application/json"),
        (b"{}", "text/plain", 415, "application/json"),
        (b"{}", None, 415, "application/json"),
        (b'"' + b"x" * (1 << 20) + b'"', "application/json", 413, "limit"),
    ],
)
def test_a_signed_body_that_cannot_be_used_is_refused_and_not_on_record(hook, body, content_type, status, said):
    answer = hook.send(body=body, content_type=content_type)
    assert (answer.status_code, answer.json["status"]) == (status, status)
    assert said in answer.json["detail"]
    assert hook.on_record() == []


@pytest.mark.parametrize("document", ["[]", '"text"', "5", "null", '{"ref": ["x"], "sender": 1}', '{"ref": {}}'])
def test_any_json_is_a_delivery(hook, document):
    assert hook.send(body=document.encode()).json["state"] == "skipped"


def test_a_page_of_another_origin_and_another_host_are_refused(hook):
    for headers in ({"Origin": "http://elsewhere.example"}, {"Host": "elsewhere.example"}):
        assert hook.send(headers=headers).status_code == 403
    assert hook.on_record() == []


def test_while_nobody_can_judge_the_parameters_a_delivery_waits_and_is_a_run_then(tmp_path):
    with service(tmp_path / "home") as served:
        hook = made(served)
        host = served.services.places.at(next(iter(served.services.places)))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(host, "validate", _unavailable)
            waiting = hook.send(delivery="waits")
        assert (waiting.status_code, waiting.json["state"], waiting.json["run_id"]) == (202, "pending", None)
        assert "Location" not in waiting.headers
        served.services.automation.sensors.look()
        again = hook.send(delivery="waits")
        assert (again.json["state"], again.headers["Idempotency-Replayed"]) == ("started", "true")
        served.ended(again.json["run_id"])


def _unavailable(*_):
    raise ZygoteUnavailable(reason="it is being started again")
