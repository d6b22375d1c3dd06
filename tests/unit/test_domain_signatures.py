"""Signatures of webhooks: published test vectors, an independent signer, and everything that must be refused."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from trigger_service.domain.errors import SignatureRefused
from trigger_service.domain.signatures import (
    SECRET_BYTES,
    WebhookSource,
    new_secret,
    secret_fault,
    sign,
    verify,
)

STANDARD, GITHUB = WebhookSource("standard"), WebhookSource("github")
#: As GitHub's documentation has it, and as the tests of Standard Webhooks' own libraries have it.
GITHUB_VECTOR = (
    "It's a Secret to Everybody",
    b"Hello, World!",
    "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
)
STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STANDARD_BODY = b'{"test": 2432232314}'
STANDARD_HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
THEN = 1614265330
NOW = 1_700_000_000
SECRET = "a secret of some length"
BODY = b'{"ref": "refs/heads/main"}'
CUSTOM = WebhookSource(
    "hmac", "X-Signature", "v0=", "base64", "sha512", id_header="X-Id", timestamp_header="X-Time", tolerance_s=10
)
SOURCES = {
    "standard": (STANDARD, STANDARD_SECRET),
    "github": (GITHUB, SECRET),
    "custom": (CUSTOM, SECRET),
    "plain hmac": (WebhookSource("hmac", "X-Signature"), SECRET),
}


def lower(headers):
    return {name.lower(): value for name, value in headers.items()}


def signed(source, secret, body=BODY, delivery="d-1", now=NOW):
    return lower(sign(source, secret, body, delivery, now))


def refusal(source, headers, body=BODY, secrets=(SECRET,), now=NOW):
    with pytest.raises(SignatureRefused) as refused:
        verify(source, headers, body, secrets, now)
    return str(refused.value)


def test_the_example_of_github_is_good():
    secret, body, signature = GITHUB_VECTOR
    headers = {"x-hub-signature-256": signature, "x-github-delivery": "72d3162e"}
    assert verify(GITHUB, headers, body, [secret], NOW) == "72d3162e"


def test_the_example_of_standard_webhooks_is_good():
    assert verify(STANDARD, STANDARD_HEADERS, STANDARD_BODY, [STANDARD_SECRET], THEN) == STANDARD_HEADERS["webhook-id"]


@given(st.binary(min_size=24, max_size=64), st.text(st.characters(codec="utf-8")), st.integers(0, 2**33))
def test_what_an_independent_signer_of_standard_webhooks_has_signed_is_good(key, text, timestamp):
    secret = "whsec_" + base64.b64encode(key).decode()
    moment = datetime.fromtimestamp(timestamp, UTC)
    signature = Webhook(secret).sign("msg_1", moment, text)
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(timestamp), "webhook-signature": signature}
    assert verify(STANDARD, headers, text.encode(), [secret], timestamp) == "msg_1"
    assert sign(STANDARD, secret, text.encode(), "msg_1", timestamp)["webhook-signature"] == signature


def test_an_independent_verifier_of_standard_webhooks_takes_what_is_signed_here():
    secret = new_secret("standard", bytes(range(SECRET_BYTES)))
    headers = sign(STANDARD, secret, BODY, "d-1", datetime.now(UTC).timestamp())
    assert Webhook(secret).verify(BODY, headers) == json.loads(BODY)


@pytest.mark.parametrize("digest", ["sha256", "sha512"])
@pytest.mark.parametrize("encoding", ["hex", "base64"])
@pytest.mark.parametrize("timestamped", [False, True])
def test_a_signature_of_the_configured_kind_is_good(digest, encoding, timestamped):
    source = WebhookSource("hmac", "X-Sum", "s=", encoding, digest, timestamp_header="X-At" if timestamped else "")
    text = (b"%d." % NOW if timestamped else b"") + BODY
    sum_ = hmac.new(SECRET.encode(), text, getattr(hashlib, digest)).digest()
    written = sum_.hex() if encoding == "hex" else base64.b64encode(sum_).decode()
    headers = {"x-sum": f"s={written}", "x-at": str(NOW)}
    assert verify(source, headers, BODY, [SECRET], NOW) == hashlib.sha256(BODY).hexdigest()
    assert "no secret of this webhook makes it" in refusal(source, headers, BODY + b" ")


@pytest.mark.parametrize("name", SOURCES)
@given(body=st.binary(), at=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_what_is_signed_is_good_and_with_one_bit_changed_it_is_not(name, body, at, bit):
    source, secret = SOURCES[name]
    headers = signed(source, secret, body)
    verify(source, headers, body, [secret], NOW)
    longer = body + b"x"
    place = at % len(longer)
    changed = longer[:place] + bytes([longer[place] ^ (1 << bit)]) + longer[place + 1 :]
    if changed != body:
        refusal(source, headers, changed, [secret])


@pytest.mark.parametrize("name", SOURCES)
def test_two_secrets_are_good_at_once_and_a_third_is_not(name):
    source, old = SOURCES[name]
    new = new_secret(source.scheme, b"n" * SECRET_BYTES)
    for secret in (old, new):
        verify(source, signed(source, secret), BODY, [new, old], NOW)
    other = new_secret(source.scheme, b"o" * SECRET_BYTES)
    assert "no secret" in refusal(source, signed(source, other), secrets=[new, old])
    assert "no secret" in refusal(source, signed(source, old), secrets=[])


def test_one_good_signature_of_several_is_enough():
    good = STANDARD_HEADERS["webhook-signature"]
    bad = "v1," + base64.b64encode(b"x" * 32).decode()
    for several in (f"{bad} {good}", f"{good} {bad}", f"v1a,!!! {good} v2,anything x"):
        headers = {**STANDARD_HEADERS, "webhook-signature": several}
        verify(STANDARD, headers, STANDARD_BODY, [STANDARD_SECRET], THEN)
    for none in ("v1a,abc", "v2,x", bad, f"v1a,{good[3:]}"):
        refusal(STANDARD, {**STANDARD_HEADERS, "webhook-signature": none}, STANDARD_BODY, [STANDARD_SECRET], THEN)


@pytest.mark.parametrize(("source", "secret"), [SOURCES["standard"], SOURCES["custom"]], ids=["standard", "custom"])
def test_a_signed_time_may_differ_from_the_clock_by_the_tolerance_and_no_more(source, secret):
    headers, most = signed(source, secret), int(source.tolerance_s)
    for now in (NOW - most, NOW + most):
        verify(source, headers, BODY, [secret], now)
    assert f"{most + 1} s ago, and {most} s are allowed" in refusal(source, headers, BODY, [secret], NOW + most + 1)
    assert f"{most + 1} s from now" in refusal(source, headers, BODY, [secret], NOW - most - 1)


def test_a_time_put_in_the_place_of_the_signed_one_is_refused():
    for name, header in (("standard", "webhook-timestamp"), ("custom", "x-time")):
        source, secret = SOURCES[name]
        headers = {**signed(source, secret), header: str(NOW + 1)}
        assert "no secret" in refusal(source, headers, BODY, [secret])


def test_an_id_put_in_the_place_of_the_signed_one_is_refused():
    headers = {**STANDARD_HEADERS, "webhook-id": "another"}
    assert "no secret" in refusal(STANDARD, headers, STANDARD_BODY, [STANDARD_SECRET], THEN)


@pytest.mark.parametrize("name", SOURCES)
def test_a_header_that_is_not_there_is_named(name):
    source, secret = SOURCES[name]
    headers = signed(source, secret)
    for missing in headers:
        told = refusal(source, {key: value for key, value in headers.items() if key != missing}, secrets=[secret])
        assert "there is no header" in told
        assert missing in told.lower()


@pytest.mark.parametrize(
    ("name", "header", "value", "told"),
    [
        ("github", "x-hub-signature-256", "757107", "does not begin with 'sha256='"),
        ("github", "x-hub-signature-256", "sha1=757107", "does not begin with 'sha256='"),
        ("github", "x-hub-signature-256", "sha256=xyz", "is not hex"),
        ("github", "x-hub-signature-256", "sha256=75 71", "is not hex"),
        ("github", "x-hub-signature-256", "sha256=7571\xe9", "is not hex"),
        ("github", "x-hub-signature-256", "sha256=", "no secret"),
        ("github", "x-hub-signature-256", "sha256=75", "no secret"),
        ("github", "x-github-delivery", "a b", "is no id"),
        ("github", "x-github-delivery", "\xe9", "is no id"),
        ("github", "x-github-delivery", "x" * 256, "is no id"),
        ("standard", "webhook-id", "a\nb", "is no id"),
        ("standard", "webhook-timestamp", "1.5", "expected seconds since the epoch"),
        ("standard", "webhook-timestamp", "-1", "expected seconds since the epoch"),
        ("standard", "webhook-timestamp", "1e9", "expected seconds since the epoch"),
        ("standard", "webhook-timestamp", "\u0661\u0662", "expected seconds since the epoch"),
        ("standard", "webhook-timestamp", "9" * 5000, "expected seconds since the epoch"),
        ("standard", "webhook-timestamp", "999999999999", "from now"),
        ("standard", "webhook-signature", "v1,%%%", "is not base64"),
        ("standard", "webhook-signature", "v1,abc", "is not base64"),
        ("standard", "webhook-signature", "v1", "no secret"),
        ("standard", "webhook-signature", "abc", "none of version v1"),
        ("custom", "x-signature", "v0=\xe9", "is not base64"),
    ],
)
def test_what_cannot_be_read_says_which_header_and_what_was_expected(name, header, value, told):
    source, secret = SOURCES[name]
    assert told in refusal(source, {**signed(source, secret), header: value}, BODY, [secret])


@pytest.mark.parametrize("name", SOURCES)
def test_a_refusal_shows_neither_the_secret_nor_the_signature_that_was_expected(name):
    source, secret = SOURCES[name]
    expected = " ".join(sign(source, secret, BODY, "d-1", NOW).values())
    forged = signed(source, new_secret(source.scheme, b"f" * SECRET_BYTES))
    told = refusal(source, forged, secrets=[secret])
    assert secret not in told
    assert not any(len(word) > 20 and word in told for word in expected.split())


@given(st.dictionaries(st.sampled_from([*STANDARD_HEADERS, "x-hub-signature-256", "x-signature", "x-time"]), st.text()))
def test_whatever_the_headers_are_the_answer_is_a_refusal(headers):
    for source, secret in SOURCES.values():
        refusal(source, headers, secrets=[secret])


def test_secrets_that_are_made_here_are_random_and_good():
    for scheme in ("standard", "github", "hmac"):
        one, other = new_secret(scheme, b"1" * SECRET_BYTES), new_secret(scheme, b"2" * SECRET_BYTES)
        assert one != other
        assert secret_fault(scheme, one) == ""
    assert new_secret("standard", b"x" * SECRET_BYTES).startswith("whsec_")


@pytest.mark.parametrize(
    ("scheme", "secret", "told"),
    [
        ("standard", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_"),
        ("standard", "whsec_&&&&", "whsec_"),
        ("standard", "whsec_\xe9", "whsec_"),
        ("standard", "whsec_YWJj", "a key of 3 bytes"),
        ("github", "short", "a key of 5 bytes"),
        ("hmac", "x" * 256, "a key of 256 bytes"),
        ("hmac", "", "a key of 0 bytes"),
    ],
)
def test_a_secret_that_cannot_be_used_is_refused_without_being_shown(scheme, secret, told):
    fault = secret_fault(scheme, secret)
    assert told in fault
    assert not secret or secret not in fault


def test_a_secret_of_standard_webhooks_may_be_without_its_padding():
    padded = new_secret("standard", b"x" * SECRET_BYTES)
    headers = signed(STANDARD, padded)
    assert verify(STANDARD, headers, BODY, [padded.rstrip("=")], NOW) == "d-1"


@pytest.mark.parametrize(
    ("source", "pointer", "told"),
    [
        (WebhookSource("hmac"), "/header", "needs the header"),
        (WebhookSource("hmac", "X Y"), "/header", "no name of a header"),
        (WebhookSource("hmac", "X-A", id_header="é"), "/id_header", "no name of a header"),
        (WebhookSource("hmac", "X-A", id_header="x-a"), "/id_header", "is the header already"),
        (
            WebhookSource("hmac", "X-A", id_header="X-B", timestamp_header="x-b"),
            "/timestamp_header",
            "is the id_header already",
        ),
        (WebhookSource("hmac", "X-A", prefix="\n"), "/prefix", "printable ASCII"),
        (WebhookSource("hmac", "X-A", tolerance_s=0), "/tolerance_s", "1 to 3600"),
        (WebhookSource("hmac", "X-A", tolerance_s=float("nan")), "/tolerance_s", "1 to 3600"),
        (WebhookSource("hmac", "X-A", digest="md5"), "/digest", "one of sha256, sha512"),
        (WebhookSource("hmac", "X-A", encoding="hexa"), "/encoding", "one of hex, base64"),
        (WebhookSource("svix"), "/scheme", "one of standard, github, hmac"),
        (WebhookSource("github", header="X-A"), "/header", "goes with the scheme hmac"),
        (WebhookSource("standard", tolerance_s=10), "/tolerance_s", "goes with the scheme hmac"),
    ],
)
def test_a_webhook_that_cannot_be_is_told_at_its_place(source, pointer, told):
    (problem,) = source.problems()
    assert problem.pointer == pointer
    assert told in problem.detail


def test_a_webhook_that_can_be_has_no_problems():
    assert [problem for source, _ in SOURCES.values() for problem in source.problems()] == []
