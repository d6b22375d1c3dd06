"""Who may do what with which token: every path asks, and nothing that is sent comes out again."""

import itertools
import json
import logging
import time
from contextlib import contextmanager

import pytest
import requests
from polling import until
from served import service

from trigger_service.domain.throttling import Rate
from trigger_service.domain.tokens import digest_of, new_token
from trigger_service.store import tokens
from trigger_service.supervisor.probe import Probe
from trigger_service.web import access

RUNS = "/api/v1/runs"
SECRET = "0f" * 32
SOME_ID = "01890000-0000-7000-8000-000000000000"
#: Whoever sends something there signs it.
SIGNED = "/hooks/name"
OPEN = {"/healthz", "/readyz", SIGNED}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A service that wants tokens, shared by the tests; it does not forget a guess while they last."""
    home = tmp_path_factory.mktemp("guarded")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(access, "FAILURES", Rate(per_second=0.001, burst=10))
        with service(home, token_needed=True, own_secret=SECRET) as running:
            yield running


@pytest.fixture
def call(guarded):
    """Sends a request, from an address of its own unless one is given."""
    return caller(guarded)


addresses = (f"10.0.{n // 250}.{n % 250}" for n in itertools.count(1))
names = (f"t{n}" for n in itertools.count(1))


def caller(served):
    home_address = next(addresses)

    def send(method, path, token=None, address=home_address, **options):
        headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **options.pop("headers", {})}
        there = {"REMOTE_ADDR": address}
        return served.app.test_client().open(path, method=method, headers=headers, environ_base=there, **options)

    return send


def made(served, scope="run", expires_in=3600.0):
    """A new token, with what the records say of it."""
    secret, now = new_token(digest_of(str(time.time_ns())).encode()[:32]), time.time()
    with served.database.write() as connection:
        digest, end = digest_of(secret), now + expires_in
        token = tokens.insert(connection, name=next(names), scope=scope, digest=digest, now=now, expires_at=end)
    return secret, token


def revoke(served, token):
    with served.database.write() as connection:
        tokens.revoke(connection, token.name, time.time())


def test_every_path_and_method_asks_for_a_token_except_three(guarded, call):
    # Given each route there is, and some that there are not
    rules = {(rule.rule, method) for rule in guarded.app.url_map.iter_rules() for method in rule.methods}
    nothing = {(path, method) for path in ("/", "/nothing", "/static/x.css", f"{RUNS}/") for method in ("GET", "POST")}
    # When nobody asks for them
    asked = {(path.replace("<", "").replace(">", ""), method) for path, method in rules | nothing}
    answered = {path for path, method in asked if call(method, path).status_code != 401}
    # Then
    assert len(asked) > 30
    assert answered == OPEN
    assert [method for method in ("POST", "PUT", "GET") if call(method, SIGNED).status_code != 401] == ["POST"]


def test_a_refusal_says_how_to_sign_in(call):
    answer = call("GET", RUNS)
    document = json.loads(answer.data)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (document["type"], document["status"]) == ("/problems/unauthenticated", 401)
    assert "Authorization: Bearer lt_" in document["detail"]


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic bHRfeDp5",
        "Bearer lt_",
        "Bearer x",
        "lt_x",
        "Bearer lt_\u00ff",
        f"Basic {SECRET}",
    ],
)
def test_what_is_no_token_opens_nothing(call, authorization):
    assert call("GET", RUNS, headers={"Authorization": authorization}).status_code == 401


def test_a_token_is_told_by_a_header_only(guarded, call):
    secret, _ = made(guarded)
    assert call("GET", f"{RUNS}?token={secret}&access_token={secret}").status_code == 401
    assert call("GET", RUNS, headers={"Cookie": f"token={secret}"}).status_code == 401
    assert call("GET", RUNS, headers={"Authorization": f"bearer {secret}"}).status_code == 200


def test_each_scope_does_what_it_is_for(guarded, call):
    # Given a token of each scope
    held = {scope: made(guarded, scope)[0] for scope in ("read", "run", "admin")}
    asked = {
        "read": ("GET", RUNS, {}),
        "run": ("POST", RUNS, {"json": {"pipeline": "Fails"}}),
        "cancel": ("POST", f"{RUNS}/{SOME_ID}/cancel", {}),
        "admin": ("DELETE", "/api/v1/nothing", {}),
    }
    # When each is used for everything
    statuses = {
        scope: [call(method, path, secret, **more).status_code for method, path, more in asked.values()]
        for scope, secret in held.items()
    }
    # Then
    assert statuses == {"read": [200, 403, 403, 403], "run": [200, 202, 404, 403], "admin": [200, 202, 404, 404]}


def test_a_missing_scope_is_named(guarded, call):
    secret, token = made(guarded, "read")
    document = json.loads(call("POST", RUNS, secret, json={"pipeline": "Fails"}).data)
    assert document["type"] == "/problems/scope-missing"
    assert document["detail"] == f"Token {token.name!r} has the scope read, and this needs the scope run."


def test_a_token_counts_from_its_making_to_its_revocation_or_end(guarded, call):
    secret, token = made(guarded)
    ended, _ = made(guarded, expires_in=-1.0)
    assert call("GET", RUNS, secret).status_code == 200
    revoke(guarded, token)
    assert "is revoked" in call("GET", RUNS, secret).text
    assert "is expired" in call("GET", RUNS, ended).text


def test_readiness_has_no_reasons_for_who_is_not_signed_in(guarded, call, monkeypatch):
    monkeypatch.setitem(guarded.reasons, "luigid", "connection refused by 127.0.0.1:8082")
    secret, _ = made(guarded, "read")
    assert (call("GET", "/readyz").status_code, call("GET", "/readyz").json) == (503, {"ready": False})
    assert call("GET", "/readyz", secret).json["checks"]["luigid"]["reason"]
    assert call("GET", "/healthz", "lt_nonsense").status_code == 200


def test_the_supervisor_gets_in_by_its_secret_and_nobody_by_none(guarded, call, tmp_path):
    assert call("GET", RUNS, SECRET).status_code == 200
    assert call("POST", f"{RUNS}/{SOME_ID}/cancel", SECRET).status_code == 404
    assert call("GET", RUNS, SECRET[:-1]).status_code == 401
    with service(tmp_path, token_needed=True) as without:
        assert caller(without)("GET", RUNS, headers={"Authorization": "Bearer "}).status_code == 401


def test_the_supervisor_asks_what_is_ready_and_live_and_ends_runs(guarded, call):
    # Given its probe, and a live run
    host, _, port = guarded.url.removeprefix("http://").partition(":")
    probe = Probe((host, int(port)), SECRET)
    run_id = call("POST", RUNS, SECRET, json={"pipeline": "Gated", "parameters": {"n": 9}}).json["id"]
    guarded.running(run_id)
    # Then
    assert probe.readiness() == ("", {})
    assert run_id in probe.live().ids
    probe.cancel(run_id)
    assert guarded.ended(run_id).state == "cancelled"


def test_a_run_says_which_token_asked_for_it_and_who_ended_it(guarded, call):
    secret, token = made(guarded)
    told = {"X-Luigi-Trigger-Client": "cli token admin"}
    run = call("POST", RUNS, secret, json={"pipeline": "Gated"}, headers=told).json
    assert run["trigger"] == {"kind": "cli", "by": f"token {token.name} (token admin)"}
    guarded.running(run["id"])
    call("POST", f"{RUNS}/{run['id']}/cancel", secret)
    guarded.ended(run["id"])
    rows = guarded.services.insights.events(run["id"], 0, 100)
    actors = [row.data["actor"] for row in rows if row.kind == "state" and row.data["to"] == "cancelling"]
    assert [f"token {token.name}" in actor for actor in actors] == [True]


def test_idempotency_keys_of_different_tokens_never_meet(guarded, call):
    # Given two tokens that use the same key
    first, second = made(guarded)[0], made(guarded)[0]
    asked = {"json": {"pipeline": "Fails"}, "headers": {"Idempotency-Key": "shared"}}
    answers = [call("POST", RUNS, secret, **asked) for secret in (first, second, first)]
    # Then each has a run of its own, and gets it again
    ids = [answer.json["id"] for answer in answers]
    assert ids[0] == ids[2] != ids[1]
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, None, "true"]


def test_the_last_use_is_noted_in_the_background(guarded, call):
    secret, token = made(guarded, "read")
    before = time.time()
    call("GET", RUNS, secret)

    def noted():
        with guarded.database.read() as connection:
            return next(found.last_used_at for found in tokens.listed(connection) if found.id == token.id)

    first = until(noted, "the use is noted")
    assert before <= first <= time.time()
    # and not again within the minute
    call("GET", RUNS, secret)
    guarded.services.credentials._write()
    assert noted() == first


def test_guesses_are_throttled_by_address_and_lock_nobody_out(guarded, call):
    # Given somebody who works behind the address from which guesses come
    secret, _ = made(guarded, "read")
    other = next(addresses)
    assert call("GET", RUNS, secret).status_code == 200
    # When many tokens come that are none
    statuses = [call("GET", RUNS, f"lt_guess{n}").status_code for n in range(15)]
    # Then the address is told to wait, also with a token that would be one
    assert statuses == [401] * 10 + [429] * 5
    refused = call("GET", RUNS, made(guarded, "read")[0])
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1
    # and whoever had come with a good one works on, as do other addresses
    assert call("GET", RUNS, secret).status_code == 200
    assert call("GET", RUNS, "lt_guess", address=other).status_code == 401


def test_a_revoked_token_guesses_like_any_other(guarded, call):
    secret, token = made(guarded)
    assert call("GET", RUNS, secret).status_code == 200
    revoke(guarded, token)
    assert [call("GET", RUNS, secret).status_code for _ in range(12)] == [401] * 10 + [429] * 2


def test_no_token_is_in_a_log_or_a_problem_document(guarded, call, caplog):
    caplog.set_level(logging.DEBUG)
    secret = new_token(b"x" * 32)
    answers = [
        call("GET", RUNS, secret),
        call("GET", f"/nothing/{secret}", SECRET),
        call("POST", RUNS, SECRET, json={"pipeline": secret}),
        call("POST", RUNS, SECRET, data=f"[{secret}", headers={"Content-Type": f"x/{secret}"}),
    ]
    assert [answer.status_code for answer in answers] == [401, 404, 404, 415]
    assert not any(secret in answer.text for answer in answers)
    assert "token refused" in caplog.text
    assert secret not in caplog.text


def test_a_stream_ends_when_its_token_is_revoked(guarded):
    # Given somebody who follows a run
    secret, token = made(guarded)
    run_id = caller(guarded)("POST", RUNS, secret, json={"pipeline": "Gated", "parameters": {"n": 7}}).json["id"]
    guarded.running(run_id)
    headers = {"Authorization": f"Bearer {secret}"}
    with requests.get(f"{guarded.url}{RUNS}/{run_id}/events", headers=headers, stream=True, timeout=30) as answer:
        parts = answer.iter_content(None)
        seen = b""
        while b'"running"' not in seen:
            seen += next(parts)
        # When the token is revoked, and then something happens
        revoke(guarded, token)
        guarded.services.triggers.cancel(run_id, "test")
        guarded.ended(run_id)
        # Then the stream ends without a word of it
        assert b"cancel" not in b"".join(parts)


@contextmanager
def limited(home, **config):
    with service(home, requests_per_second=1, **config) as running:
        yield caller(running), running


def until_refused(send):
    """The answers to one request that is sent until it was sent too often."""
    answers = [send()]
    while answers[-1].status_code != 429:
        assert len(answers) < 100
        answers.append(send())
    return answers


def test_requests_without_a_token_are_counted_by_their_address(tmp_path):
    with limited(tmp_path) as (call, _):
        first, *_, refused = until_refused(lambda: call("GET", "/nothing"))
        assert first.status_code == 404
        assert refused.headers["Retry-After"] == "1"
        assert json.loads(refused.data)["type"] == "/problems/too-often"
        # and others are not, nor is the question whether the service lives
        assert call("GET", RUNS, address=next(addresses)).status_code == 200
        assert call("GET", "/healthz").status_code == 200


def test_requests_with_a_token_are_counted_by_it_wherever_they_come_from(tmp_path):
    with limited(tmp_path, token_needed=True, own_secret=SECRET) as (call, running):
        first, second = made(running)[0], made(running)[0]
        assert until_refused(lambda: call("GET", RUNS, first, address=next(addresses)))[0].status_code == 200
        assert call("GET", RUNS, second).status_code == 200
        # and whoever shows none does not go uncounted
        assert until_refused(lambda: call("GET", RUNS))[0].status_code == 401
        # nor does the supervisor ever wait
        assert {call("GET", RUNS, SECRET).status_code for _ in range(9)} == {200}


def test_where_no_token_is_needed_one_counts_all_the_same_and_what_is_none_of_ours_does_not(served):
    call = caller(served)
    secret, token = made(served, "read")
    assert call("GET", RUNS).status_code == 200
    assert call("POST", RUNS, secret, json={"pipeline": "Fails"}).status_code == 403
    assert call("GET", RUNS, "lt_nonsense").status_code == 401
    assert call("GET", RUNS, "of-a-proxy").status_code == 200
    assert call("GET", RUNS, headers={"Authorization": "Basic YTpi"}).status_code == 200
    revoke(served, token)
    assert call("GET", RUNS, secret).status_code == 401
