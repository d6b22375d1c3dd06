"""Webhooks are saved with their secrets, which are rotated, sealed, and shown once."""

import json

import pytest
from senders import GITHUB, MAPPING, SECRET, Hook, made, names
from served import service

from trigger_service.domain.errors import InvalidRequest, SensorNotFound
from trigger_service.domain.run import RunRequest
from trigger_service.domain.sensors import Sensor
from trigger_service.domain.signatures import WebhookSource

BODY = {"source": {"kind": "webhook", "scheme": "github"}, "pipeline": "Hello", "mapping": {"who": "/sender/login"}}


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    """A service that asks nobody who they are."""
    with service(tmp_path_factory.mktemp("calm") / "home") as running:
        yield running


@pytest.fixture
def http(calm):
    return calm.app.test_client()


@pytest.fixture
def hook(calm):
    """A webhook of its own for each test."""
    return made(calm)


def test_a_webhook_is_saved_over_http_and_its_secret_is_shown_once(calm, http):
    path = f"/api/v1/sensors/{(name := next(names))}"
    saved = http.put(path, json=BODY)
    secret = saved.json["secret"]
    assert saved.json["source"] == {"kind": "webhook", **vars(GITHUB)}
    assert Hook(calm, name, GITHUB).send(secret=secret).status_code == 202
    for later in (http.put(path, json=BODY), http.get(path), http.get("/api/v1/sensors?kind=webhook")):
        assert later.status_code == 200
        assert secret not in later.text
    told = http.get(f"{path}/deliveries").json["items"]
    assert [(each["state"], each["key"]) for each in told] == [("started", Hook.last)]


def test_a_secret_is_rotated_over_http(calm, http):
    name = next(names)
    assert http.put(f"/api/v1/sensors/{name}", json={**BODY, "secret": SECRET}).json["secret"] is None
    rotated = http.post(f"/api/v1/sensors/{name}/secret", json={"keep_old_for_s": 60})
    hook = Hook(calm, name, GITHUB)
    assert rotated.json["old_good_until"].endswith("Z")
    assert [hook.send(secret=each).status_code for each in (SECRET, rotated.json["secret"])] == [202, 202]
    given = {"secret": "a third one that somebody has made", "keep_old_for_s": 0}
    assert http.post(f"/api/v1/sensors/{name}/secret", json=given).json == {"secret": None, "old_good_until": None}
    assert http.post("/api/v1/sensors/nothing/secret", json={}).status_code == 404
    after = {"source": {"kind": "pipeline", "pipelines": ["Fails"]}, "pipeline": "Hello", "parameters": {"who": "x"}}
    assert "secret" not in http.put("/api/v1/sensors/after", json=after).json
    other = http.post("/api/v1/sensors/after/secret", json={})
    assert (other.status_code, other.json["errors"][0]["pointer"]) == (422, "/secret")
    assert "of the kind pipeline" in other.json["detail"]
    assert http.post("/hooks/after", json={}).status_code == 404


@pytest.mark.parametrize(
    ("changes", "pointer", "said"),
    [
        ({"source": {"kind": "webhook", "scheme": "svix"}}, "/source/scheme", "'standard', 'github' or 'hmac'"),
        ({"source": {"kind": "webhook", "scheme": "hmac"}}, "/source/header", "needs the header"),
        ({"source": {"kind": "webhook", "header": "X-Sum"}}, "/source/header", "goes with the scheme hmac"),
        ({"source": {"kind": "webhook", "haeder": "X-Sum"}}, "/source/haeder", "did you mean 'header'?"),
        ({"source": {"kind": "webhok"}}, "/source/kind", "Expected one of 'webhook', "),
        ({"source": {}}, "/source/kind", "Expected one of 'webhook', "),
        ({"source": {"kind": "pipeline"}}, "/source/pipelines", "Required: Task families"),
        ({"source": {"kind": "pipeline", "pipelines": ["Fails", 5]}}, "/source/pipelines/1", "valid string"),
        ({"secret": "s3cr3t"}, "/secret", "a key of 6 bytes"),
        ({"secret": "s3cr3t" * 100}, "/secret", "at most 500 characters"),
        ({"secret": ["s3cr3t"]}, "/secret", "valid string, not an array"),
        ({"source": {"kind": "webhook"}, "secret": "s3cr3t" * 5}, "/secret", "whsec_"),
        (
            {"source": {"kind": "pipeline", "pipelines": ["Fails"]}, "secret": "s3cr3t"},
            "/secret",
            "of the kind webhook",
        ),
    ],
)
def test_what_is_wrong_with_a_webhook_is_told_when_it_is_saved(http, changes, pointer, said):
    refused = http.put("/api/v1/sensors/wrong", json={**BODY, **changes})
    assert refused.status_code == 422
    assert [(problem["pointer"], said in problem["detail"]) for problem in refused.json["errors"]] == [(pointer, True)]
    assert "s3cr3t" not in refused.text


def test_everything_wrong_with_a_webhook_is_told_at_once(http):
    wrong = {"mapping": {"whom": "sender"}, "filter": {"equals": 1}, "secret": "short"}
    refused = http.put("/api/v1/sensors/wrong", json={**BODY, **wrong})
    told = {problem["pointer"] for problem in refused.json["errors"]}
    assert {"/secret", "/mapping/whom", "/filter", "/parameters/who"} <= told


def test_after_a_rotation_both_secrets_are_good_until_the_old_one_has_had_its_time(calm, hook):
    rotate = calm.services.automation.hooks.rotate
    _, second = rotate(hook.name, None, 3600, "a test")
    assert [hook.send(secret=secret).status_code for secret in (SECRET, second)] == [202, 202]
    third = "a third one that somebody has made"
    assert rotate(hook.name, third, 0, "a test")[1] is None
    statuses = [hook.send(secret=secret, address="10.5.0.1").status_code for secret in (SECRET, second, third)]
    assert statuses == [401, 401, 202]
    with pytest.raises(SensorNotFound):
        rotate("nothing", None, 0, "a test")
    with pytest.raises(InvalidRequest, match="a key of 5 bytes"):
        rotate(hook.name, "short", 0, "a test")


def test_saving_again_keeps_the_secret_unless_the_scheme_is_another_or_one_is_given(calm):
    save = calm.services.automation.hooks.save
    sensor = Sensor(next(names), GITHUB, RunRequest("Hello"), MAPPING)
    _, first = save(sensor, None, "a test")
    hook = Hook(calm, sensor.name, GITHUB)
    assert save(sensor, None, "a test")[1] is None
    assert hook.send(secret=first).status_code == 202
    assert save(sensor, SECRET, "a test")[1] is None
    assert [hook.send(secret=s, address="10.6.0.1").status_code for s in (first, SECRET)] == [401, 202]
    _, other = save(sensor.evolve(source=WebhookSource("standard")), None, "a test")
    assert other.startswith("whsec_")


def test_secrets_are_sealed_where_they_are_stored_and_in_no_record_of_changes(calm, hook):
    _, second = calm.services.automation.hooks.rotate(hook.name, None, 3600, "a test")
    stored = calm.database.path.read_bytes() + calm.database.path.with_name("database.sqlite3-wal").read_bytes()
    told = json.dumps([row.change.after for row in calm.services.pools.changes(f"sensor {hook.name}", None, 500)])
    assert hook.name.encode() in stored
    for secret in (SECRET, second):
        assert secret.encode() not in stored
        assert secret not in told
    assert "old_good_until" in told


def test_a_webhook_whose_key_was_lost_says_so_and_gets_a_new_secret(tmp_path):
    with service(tmp_path / "home") as served:
        hook = made(served)
    (tmp_path / "home" / "key").unlink()
    with service(tmp_path / "home") as served:
        hook.served = served
        lost = hook.send()
        assert (lost.status_code, lost.json["type"]) == (503, "/problems/hook-secrets-lost")
        assert str(tmp_path) not in lost.text
        assert "  " not in lost.json["detail"]
        _, new = served.services.automation.hooks.rotate(hook.name, None, 3600, "a test")
        assert hook.send(secret=new).status_code == 202
