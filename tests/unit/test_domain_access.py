"""What a scope allows, how tokens are made and end, who counts as one caller, and how often that one may ask."""

import json
import os
from datetime import UTC, datetime

import pytest

from trigger_service.app import _web_config
from trigger_service.config import Settings
from trigger_service.domain.access import SCOPES, allows, is_signed, scope_needed
from trigger_service.domain.addresses import caller, from_here, is_every, is_loopback
from trigger_service.domain.throttling import Rate
from trigger_service.domain.tokens import Token, digest_of, expiry, is_token_name, masked, new_token

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()
DAY_S = 86400.0


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/api/v1/runs", "read"),
        ("HEAD", "/metrics", "read"),
        ("OPTIONS", "/api/v1/runs", "read"),
        ("POST", "/api/v1/runs", "run"),
        ("POST", "/api/v1/plans", "run"),
        ("DELETE", "/api/v1/plans", "run"),
        ("POST", "/api/v1/runs/some-id/cancel", "run"),
        ("POST", "/api/v1/runs/some-id/retry", "run"),
        ("DELETE", "/api/v1/runs/some-id", "admin"),
        ("POST", "/launch/Hello", "run"),
        ("POST", "/runs/some-id/retry", "run"),
        ("POST", "/runs/cancel", "run"),
        ("POST", "/runs", "admin"),
        ("POST", "/launch/Hello/presets", "admin"),
        ("POST", "/api/v1/runs/some-id/other", "admin"),
        ("POST", "/api/v1/runs/a/b/cancel", "admin"),
        ("POST", "/api/v1/runs/", "admin"),
        ("POST", "/api/v1/runs\n", "admin"),
        ("POST", "/else", "admin"),
        ("PUT", "/api/v1/runs", "admin"),
        ("BREW", "/api/v1/runs", "admin"),
    ],
)
def test_reading_needs_read_runs_need_run_and_all_else_needs_admin(method, path, scope):
    assert scope_needed(method, path) == scope


def test_deliveries_of_webhooks_and_nothing_else_need_no_token():
    assert is_signed("POST", "/hooks/orders")
    asked = [("GET", "/hooks/orders"), ("PUT", "/hooks/orders"), ("POST", "/hooks/"), ("POST", "/hooks/a/b")]
    asked += [("POST", "/hooks"), ("POST", "/api/v1/hooks/a"), ("POST", "/x/hooks/a"), ("POST", "/hooksa")]
    assert not any(is_signed(method, path) for method, path in asked)


def test_each_scope_allows_what_those_before_it_allow():
    table = {held: [needed for needed in SCOPES if allows(held, needed)] for held in SCOPES}
    assert table == {"read": ["read"], "run": ["read", "run"], "admin": ["read", "run", "admin"]}


def test_a_token_has_256_bits_and_needs_no_quoting():
    token = new_token(os.urandom(32))
    assert len(token) == 46
    assert token.startswith("lt_")
    assert token[3:].replace("-", "").replace("_", "").isalnum()
    assert new_token(bytes(32)) != new_token(bytes(31) + b"\x04")
    assert len(digest_of(token)) == 64


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("90d", NOW + 90 * DAY_S),
        ("1d", NOW + DAY_S),
        ("never", None),
        ("2026-03-01", datetime(2026, 3, 2, tzinfo=UTC).timestamp()),
        ("9999-12-31", datetime(9999, 12, 31, tzinfo=UTC).timestamp() + DAY_S),
    ],
)
def test_a_token_ends_after_days_after_its_last_day_or_never(text, end):
    assert expiry(text, NOW) == end


@pytest.mark.parametrize("text", ["0d", "2026-02-28", "", "soon", "90", "-1d", "10000d", "2026-13-01", "٣d"])
def test_an_end_that_is_none_or_has_passed_is_refused(text):
    with pytest.raises(ValueError):
        expiry(text, NOW)


def test_a_token_is_valid_until_its_end_and_never_after_it_was_revoked():
    token = Token(1, "ci", "run", "digest", created_at=1.0, expires_at=10.0)
    assert [token.state(now) for now in (9.9, 10.0)] == ["valid", "expired"]
    assert Token(1, "ci", "run", "digest", created_at=1.0).state(1e12) == "valid"
    assert Token(1, "ci", "run", "digest", created_at=1.0, revoked_at=2.0).state(1.5) == "revoked"


@pytest.mark.parametrize(("name", "fits"), [("ci", True), ("ada@laptop.org", True), ("7", False), ("a b", False)])
def test_no_name_of_a_token_is_taken_for_an_id(name, fits):
    assert is_token_name(name) is fits


def test_a_token_in_a_text_is_made_useless():
    token = new_token(os.urandom(32))
    assert masked(f"Bearer {token}\r\n") == f"Bearer {token[:5]}...\r\n"
    assert token[8:] not in masked(f"cut short: {token[:30]}")
    assert token[8:] not in masked(json.dumps(f"a\n{token}\t{token}"))
    assert masked("the default_value_of_the_parameter, lt_short") == "the default_value_of_the_parameter, lt_short"


@pytest.mark.parametrize(
    ("host", "loopback", "every", "reached"),
    [
        ("127.0.0.1", True, False, "127.0.0.1"),
        ("127.0.0.2", True, False, "127.0.0.2"),
        ("::1", True, False, "::1"),
        ("localhost", True, False, "localhost"),
        ("0.0.0.0", False, True, "127.0.0.1"),
        ("::", False, True, "::1"),
        ("192.0.2.1", False, False, "192.0.2.1"),
        ("::ffff:127.0.0.1", None, False, "::ffff:127.0.0.1"),
        ("example.org", False, False, "example.org"),
        ("localhost.example.org", False, False, "localhost.example.org"),
    ],
)
def test_an_address_is_of_loopback_of_all_or_of_one_network(host, loopback, every, reached):
    if loopback is not None:  # Pythons differ; both answers are safe
        assert is_loopback(host) is loopback
    assert (is_every(host), from_here(host)) == (every, reached)


@pytest.mark.parametrize(
    ("host", "required", "needed"),
    [
        ("127.0.0.1", False, False),
        ("127.0.0.1", True, True),
        ("0.0.0.0", False, True),
        ("192.0.2.1", False, True),
        ("example.org", False, True),
    ],
)
def test_a_token_is_needed_beyond_loopback_and_where_it_is_required(tmp_path, host, required, needed):
    assert Settings(home=tmp_path, host=host, require_token=required).token_needed is needed


@pytest.mark.parametrize(
    ("host", "names"),
    [("192.0.2.1", ("192.0.2.1", "a.example")), ("0.0.0.0", ("a.example",)), ("::", ("a.example",))],
)
def test_the_service_answers_to_its_address_unless_that_is_all_of_them(tmp_path, host, names):
    settings = Settings(home=tmp_path, host=host, allowed_hosts=("a.example",))
    assert _web_config(settings).allowed_hosts == names


def test_one_caller_is_an_ipv4_address_or_a_network_of_ipv6():
    assert caller("192.0.2.1") == "192.0.2.1"
    assert caller("::ffff:192.0.2.1") == "192.0.2.1"
    assert caller("2001:db8:1:2:3:4:5:6") == caller("2001:db8:1:2:ffff::1") != caller("2001:db8:1:3::1")
    assert caller("") == ""


def test_a_bucket_gives_a_burst_then_one_at_a_time_and_is_full_again_after_a_silence():
    rate = Rate(per_second=2.0, burst=3)
    full_at, given = 0.0, []
    for now in (100.0, 100.0, 100.0, 100.0, 100.25, 100.5, 100.5, 200.0, 200.0, 200.0, 200.0):
        wait_s = rate.wait_s(full_at, now)
        given.append(wait_s)
        if not wait_s:
            full_at = rate.taken(full_at, now)
    assert given == [0, 0, 0, 0.5, 0.25, 0, 0.5, 0, 0, 0, 0.5]
