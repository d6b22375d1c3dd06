"""Calendars and backfills over HTTP: pages, places and what is refused. Nobody starts runs here."""

import pytest

DAYS = {"pipeline": "Daily", "parameter": "day", "range": {"start": "2013-01-01", "stop": "2013-01-05"}}


@pytest.fixture
def made(http):
    """A backfill of five days, of which one is complete."""
    answer = http.post("/api/v1/backfills", json={**DAYS, "order": "newest", "parallel": 3})
    assert answer.status_code == 201, answer.json
    assert answer.headers["Location"] == f"/api/v1/backfills/{answer.json['id']}"
    return answer.json


def refusals(answer):
    assert answer.status_code == 422, answer.json
    return {problem["pointer"]: problem["detail"] for problem in answer.json["errors"]}


def test_a_calendar_tells_each_value_and_how_many_are_complete(http):
    calendar = http.post("/api/v1/calendars", json=DAYS).json
    assert [item["status"] for item in calendar["items"]] == ["missing", "complete", "missing", "missing", "missing"]
    assert calendar["counts"] == {"complete": 1, "missing": 4, "unknown": 0}
    listed = {"pipeline": "Hello", "parameter": "times", "values": [2, 3], "parameters": {"who": "x"}}
    assert [item["value"] for item in http.post("/api/v1/calendars", json=listed).json["items"]] == [2, 3]
    assert http.get("/api/v1/backfills").json["items"] == []


def test_parts_and_backfills_come_page_by_page(http, made):
    assert (made["state"], made["total"], made["counts"]["waiting"], made["parallel"]) == ("running", 5, 4, 3)
    here = f"/api/v1/backfills/{made['id']}"
    page = http.get(f"{here}/parts?limit=2&state=waiting")
    rest = http.get(f"{here}/parts?limit=9&state=waiting&cursor={page.json['next_cursor']}")
    assert f'<{here}/parts?limit=2&state=waiting&cursor=2>; rel="next"' in page.headers["Link"]
    assert [part["value"][-2:] for part in page.json["items"] + rest.json["items"]] == ["01", "03", "04", "05"]
    assert rest.json["next_cursor"] is None
    other = http.post("/api/v1/backfills", json=DAYS).json["id"]
    newest = http.get("/api/v1/backfills?limit=1").json
    older = http.get(f"/api/v1/backfills?limit=9&cursor={newest['next_cursor']}").json
    assert [item["id"] for item in newest["items"] + older["items"]] == [other, made["id"]]
    for path in ("/api/v1/backfills?cursor=x", f"{here}/parts?cursor=x", f"{here}/parts?cursor=²"):
        assert http.get(path).status_code == 422


def test_a_request_that_is_sent_again_with_its_key_is_one_backfill(http):
    key, asked = {"Idempotency-Key": "reload-2013"}, {**DAYS, "labels": {"why": "reload"}}
    first, again = (http.post("/api/v1/backfills", json=asked, headers=key) for _ in "ab")
    other = http.post("/api/v1/backfills", json={**asked, "parallel": 2}, headers=key)
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert again.json["id"] == first.json["id"]
    assert [item["id"] for item in http.get("/api/v1/backfills").json["items"]] == [first.json["id"]]


def test_it_is_changed_cancelled_and_retried_and_each_change_is_on_record(http, made):
    here = f"/api/v1/backfills/{made['id']}"
    assert http.patch(here, json={}).json["state"] == "running"
    assert http.patch(here, json={"paused": True, "parallel": 7}).json["parallel"] == 7
    assert http.post(f"{here}/cancel").json["counts"]["cancelled"] == 4
    assert http.patch(here, json={"parallel": 2}).status_code == 409
    assert http.post(f"{here}/retry").json["counts"]["waiting"] == 4
    assert http.post(f"{here}/retry").status_code == 409
    rows = http.get(f"/api/v1/audit?subject=backfill%20{made['id']}").json["items"]
    assert [row["action"] for row in rows] == [
        "backfill retried",
        "backfill cancelled",
        "backfill changed",
        "backfill made",
    ]
    assert rows[2]["after"] == {"state": "paused", "parallel": 7}


WRONG = (
    ({**DAYS, "values": [1]}, "", "Expected one of the members range and values"),
    ({"pipeline": "Daily", "parameter": "day"}, "", "Expected one of the members range and values"),
    ({"pipeline": "Daily", "range": {"last": 3}}, "/parameter", "Required"),
    ({**DAYS, "range": {"last": 0}}, "/range/last", "greater than or equal to 1"),
    ({**DAYS, "range": {"start": 20130101}}, "/range/start", "valid string"),
    ({**DAYS, "range": {"from": "2013-01-01"}}, "/range/from", "Unknown key"),
    ({**DAYS, "range": {"start": "1913-01-01", "stop": "2013-01-01"}}, "/range", "expected at most 10000"),
    ({"pipeline": "Daily", "parameter": "day", "values": []}, "/values", "at least 1 item"),
    ({**DAYS, "parallel": 0}, "/parallel", "greater than or equal to 1"),
    ({**DAYS, "order": "random"}, "/order", "'oldest' or 'newest'"),
)


def test_what_is_wrong_is_named_with_its_pointer(http):
    for body, pointer, said in WRONG:
        problems = refusals(http.post("/api/v1/backfills", json=body))
        assert said in problems.get(pointer, ""), (body, problems)


def test_one_that_there_is_not_is_not_found(http):
    for method, path in (("get", ""), ("patch", ""), ("get", "/parts"), ("post", "/cancel"), ("post", "/retry")):
        options = {"json": {}} if method == "patch" else {}
        answer = getattr(http, method)(f"/api/v1/backfills/nothing{path}", **options)
        assert (answer.status_code, answer.json["title"]) == (404, "Backfill not found")
