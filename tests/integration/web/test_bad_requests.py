"""Whatever is sent: a problem document with the right status, and never anything of the inside."""

import io
from dataclasses import replace

import pytest
from served import PIPELINES, service

from trigger_service.domain.errors import ZygoteUnavailable
from trigger_service.domain.ids import is_run_id
from trigger_service.domain.place import Place
from trigger_service.launchers.inline import InlineHost
from trigger_service.launchers.places import Places
from trigger_service.web.factory import create_app
from trigger_service.web.services import WebConfig

RUNS = "/api/v1/runs"
SOME_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
JSON = "application/json"


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    """One service for all tests of this file: what is refused leaves nothing behind."""
    home = tmp_path_factory.mktemp("calm")
    with service(home) as running:
        yield running, home


@pytest.fixture
def http(calm):
    return calm[0].app.test_client()


def problem(response, status):
    """The problem document of a response, which must be one."""
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    document = response.json
    assert {"type", "title", "status", "detail", "errors", "request_id"} <= set(document)
    assert document["status"] == status
    assert document["request_id"] == response.headers["X-Request-Id"]
    return document


def pointers(document):
    return [entry["pointer"] for entry in document["errors"]]


@pytest.mark.parametrize(
    ("body", "content_type", "status", "said"),
    [
        (b"", JSON, 400, "empty"),
        (b"{", JSON, 400, "line 1, column 2"),
        (b'{"pipeline": "Hello"]', JSON, 400, "column 21"),
        (b"\xff\xfe", JSON, 400, "UTF-8"),
        (b'{"pipeline": NaN}', JSON, 400, "NaN"),
        (b"[" * 50_000, JSON, 400, "nested"),
        (b"{}", "text/plain", 415, "application/json"),
        (b"pipeline=Hello", "application/x-www-form-urlencoded", 415, "application/json"),
        (b"", "application/x-www-form-urlencoded", 415, "application/json"),
        (b"{}", None, 415, "application/json"),
        (b"{" + b" " * (1 << 20) + b"}", JSON, 413, "limit"),
        (b'{"pipeline": "Nope"}', JSON, 404, "no pipeline"),
    ],
)
def test_a_body_that_cannot_be_used_is_refused(http, body, content_type, status, said):
    document = problem(http.post(RUNS, data=body, content_type=content_type), status)

    assert said in document["detail"]


@pytest.mark.parametrize(("spaces", "status"), [(10, 202), (1 << 20, 413)])
def test_a_body_without_a_declared_length_has_the_same_limit(http, spaces, status):
    body = io.BytesIO(b'{"pipeline": "Fails"}' + b" " * spaces)
    # what gunicorn makes of a chunked request
    chunked = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}

    response = http.post(RUNS, input_stream=body, content_type=JSON, environ_overrides=chunked)

    assert response.status_code == status, response.text


def test_an_unknown_pipeline_is_answered_with_names_like_it(http):
    document = problem(http.get("/api/v1/pipelines/Helo"), 404)

    assert "Hello" in document["detail"]


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"3", b"null"])
def test_a_body_that_is_json_but_no_object_is_refused(http, body):
    document = problem(http.post(RUNS, data=body, content_type=JSON), 422)

    assert pointers(document) == [""]


def test_all_problems_of_body_and_parameters_come_in_one_answer(http):
    body = {
        "pipeline": "Hello",
        "parameters": {"whom": "x"},
        "workers": "four",
        "priority": True,
        "timeout_s": -1,
        "labels": {"a": 1},
        "if_active": "explode",
        "wrokers": 3,
        "a/b": 0,
    }

    document = problem(http.post(RUNS, json=body), 422)

    assert set(pointers(document)) == {
        "/workers",
        "/priority",
        "/timeout_s",
        "/labels/a",
        "/if_active",
        "/wrokers",
        "/a~1b",
        "/parameters/whom",
        "/parameters/who",
    }
    details = {entry["pointer"]: entry["detail"] for entry in document["errors"]}
    assert "did you mean 'workers'" in details["/wrokers"]
    assert '"four"' in details["/workers"]
    assert "'run', 'attach' or 'reject'" in details["/if_active"]


def test_an_unknown_pipeline_is_one_of_the_problems_where_there_are_others(http):
    document = problem(http.post(RUNS, json={"pipeline": "Nope", "workers": 0}), 422)

    assert set(pointers(document)) == {"/workers", "/pipeline"}


def test_parameters_that_are_wrong_are_refused_with_their_names(http):
    document = problem(http.post(RUNS, json={"pipeline": "Hello", "parameters": {"x": 1, "y": 2}}), 422)

    assert set(pointers(document)) == {"/parameters/x", "/parameters/y", "/parameters/who"}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("limit=0", ["?limit"]),
        ("limit=%2B5", ["?limit"]),
        ("limit=5.0", ["?limit"]),
        ("limit=x&state=gone&colour=red", ["?limit", "?state", "?colour"]),
        ("label=x", ["?label"]),
        ("created_after=yesterday", ["?created_after"]),
        ("cursor=../../etc", ["?cursor"]),
        ("trigger=magic", ["?trigger"]),
        ("id_prefix=%27%20or%201", ["?id_prefix"]),
    ],
)
def test_a_query_that_cannot_be_used_is_refused_name_by_name(http, query, names):
    document = problem(http.get(f"{RUNS}?{query}"), 422)

    assert sorted(pointers(document)) == sorted(names)


@pytest.mark.parametrize(
    "run_id",
    [
        SOME_ID,
        SOME_ID.upper(),
        SOME_ID + "%0a",
        SOME_ID[:8],
        "..",
        "%2e%2e",
        "..%2f..%2fetc%2fpasswd",
        "'",
        "%22%20or%201=1",
        "a%00b",
        "%00",
        "x" * 5000,
        "%F0%9F%92%A9",
        "%ff",
    ],
)
def test_an_unknown_or_malformed_run_id_is_not_found(http, calm, run_id):
    for below in ("", "/tasks", "/attempts", "/logs", "/events", "/logs?follow=true"):
        problem(http.get(f"{RUNS}/{run_id}{below}"), 404)

    folders = {entry.name for entry in (calm[1] / "runs").glob("*")}
    assert all(is_run_id(name) for name in folders)
    assert SOME_ID not in folders


@pytest.mark.parametrize("verb", ["cancel", "retry"])
def test_an_unknown_run_cannot_be_cancelled_or_retried(http, verb):
    problem(http.post(f"{RUNS}/{SOME_ID}/{verb}"), 404)
    problem(http.post(f"{RUNS}/..%00/{verb}"), 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("DELETE", RUNS, "POST"), ("GET", f"{RUNS}/{SOME_ID}/cancel", "POST"), ("PUT", "/healthz", "GET")],
)
def test_a_method_that_a_route_does_not_have_is_refused_with_those_it_has(http, method, path, allowed):
    response = http.open(path, method=method)

    problem(response, 405)
    assert allowed in response.headers["Allow"]


def test_an_address_without_anything_is_not_found(http):
    problem(http.get("/api/v1/nothing"), 404)
    problem(http.get("/nothing"), 404)
    problem(http.get("/openapi"), 404)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8090", "127.0.0.1.evil.example", ""])
@pytest.mark.parametrize("path", [RUNS, "/healthz", "/luigid/", "/nothing"])
def test_a_foreign_host_is_refused_everywhere(http, host, path):
    problem(http.get(path, headers={"Host": host}), 403)


def test_a_configured_host_is_answered(tmp_path):
    with service(tmp_path / "home", allowed_hosts=("trigger.example",)) as served:
        assert served.app.test_client().get("/healthz", headers={"Host": "trigger.example"}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:1"])
def test_a_foreign_origin_is_refused_even_where_no_body_is_needed(http, origin):
    problem(http.post(f"{RUNS}/{SOME_ID}/cancel", headers={"Origin": origin}), 403)
    problem(http.get(RUNS, headers={"Origin": origin}), 403)


def test_the_own_origin_is_accepted(http):
    assert http.post(RUNS, json={"pipeline": "Fails"}, headers={"Origin": "http://localhost"}).status_code == 202


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "\u00e9"])
def test_an_idempotency_key_that_is_none_is_refused(http, key):
    document = problem(http.post(RUNS, json={"pipeline": "Fails"}, headers={"Idempotency-Key": key}), 422)

    assert pointers(document) == ["Idempotency-Key"]


def test_what_is_unavailable_is_told_with_the_time_to_come_back(http, calm, monkeypatch):
    monkeypatch.setitem(calm[0].reasons, "luigid", "connection refused")

    ready = http.get("/readyz")

    assert ready.status_code == 503
    assert ready.headers["Retry-After"]
    assert ready.json["checks"]["luigid"] == {"ok": False, "reason": "connection refused"}
    assert ready.json["checks"]["database"] == {"ok": True, "reason": ""}


class NoHost(InlineHost):
    def catalogue(self):
        raise ZygoteUnavailable(reason="connection refused")


def test_a_part_that_cannot_be_reached_is_told_with_the_time_to_come_back(calm):
    services = replace(calm[0].services, places=Places({Place(): NoHost(PIPELINES)}))
    app = create_app(services, WebConfig(luigid_url=lambda _: None))

    response = app.test_client().get("/api/v1/pipelines")

    assert "connection refused" in problem(response, 503)["detail"]
    assert response.headers["Retry-After"] == "1"
    problem(app.test_client().get("/luigid/"), 503)


def test_a_healthy_service_is_ready_and_points_to_the_visualizer(http):
    assert http.get("/healthz").json == {"status": "ok"}
    assert http.get("/readyz").json["ready"] is True
    assert http.get("/luigid/").headers["Location"] == "http://127.0.0.1:8082/"


def test_an_error_nobody_expected_shows_nothing_of_the_inside(served):
    def breaks():
        raise RuntimeError("secret of the inside")

    served.app.add_url_rule("/breaks", view_func=breaks)

    response = served.app.test_client().get("/breaks", headers={"X-Request-Id": "mine-1"})

    document = problem(response, 500)
    assert document["request_id"] == "mine-1"
    assert "secret" not in response.text
    assert "Traceback" not in response.text


def test_every_response_carries_the_headers_that_browsers_need(http):
    for path in ("/healthz", RUNS, "/nothing"):
        headers = http.get(path).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"


def test_a_request_id_is_given_back_and_a_dangerous_one_is_replaced(http):
    assert http.get("/healthz", headers={"X-Request-Id": "abc"}).headers["X-Request-Id"] == "abc"
    assert http.get("/healthz", headers={"X-Request-Id": "a b"}).headers["X-Request-Id"] != "a b"
