"""Asking for runs, and looking at them, cancelling and retrying them."""

import json

import pytest
from served import service

from trigger_service.domain.admission import Limits
from trigger_service.web.responses import AttemptsDocument, PipelinesDocument, RunDocument, RunsDocument, TasksDocument

HELLO = {"pipeline": "Hello", "parameters": {"who": "you"}}


def test_a_run_is_accepted_and_can_be_looked_at_until_it_has_succeeded(http, served):
    accepted = http.post("/api/v1/runs", json={**HELLO, "labels": {"team": "data"}, "priority": 3})

    assert accepted.status_code == 202
    assert accepted.headers["Location"] == f"/api/v1/runs/{accepted.json['id']}"
    assert accepted.json["state"] in ("queued", "starting", "running")
    assert accepted.json["trigger"] == {"kind": "api", "by": "127.0.0.1"}
    served.ended(accepted.json["id"])
    shown = http.get(accepted.headers["Location"])
    assert shown.status_code == 200
    RunDocument.model_validate_json(shown.data)
    run = shown.json
    assert (run["state"], run["verified"], run["attempts"]) == ("succeeded", True, 1)
    assert run["parameters"]["who"] == "you"
    assert (run["labels"], run["priority"]) == ({"team": "data"}, 3)
    assert run["progress"] == {"total": 1, "done": 1, "failed": 0, "running": 0}
    assert run["created_at"] <= run["started_at"] <= run["finished_at"]


def test_a_failed_run_says_why(http, served):
    run_id = http.post("/api/v1/runs", json={"pipeline": "Fails"}).json["id"]
    served.ended(run_id)

    run = http.get(f"/api/v1/runs/{run_id}").json

    assert run["state"] == "failed"
    assert run["error"]["type"] == "RuntimeError"
    assert run["error"]["message"] == "as it always does"


def test_tasks_and_attempts_of_a_run_are_listed(http, served):
    run_id = http.post("/api/v1/runs", json=HELLO).json["id"]
    served.ended(run_id)

    tasks = http.get(f"/api/v1/runs/{run_id}/tasks")
    none = http.get(f"/api/v1/runs/{run_id}/tasks?status=failed")
    attempts = http.get(f"/api/v1/runs/{run_id}/attempts")

    TasksDocument.model_validate_json(tasks.data)
    AttemptsDocument.model_validate_json(attempts.data)
    assert [(task["task_id"], task["status"]) for task in tasks.json["items"]] == [("Hello_1", "done")]
    assert none.json == {"items": []}
    assert [(attempt["number"], attempt["state"]) for attempt in attempts.json["items"]] == [(1, "ended")]


def test_a_client_that_prefers_to_wait_gets_the_finished_run(http):
    finished = http.post("/api/v1/runs", json=HELLO, headers={"Prefer": "wait=20"})

    assert finished.status_code == 200
    assert finished.headers["Preference-Applied"] == "wait=20"
    assert finished.json["state"] == "succeeded"


def test_a_client_that_prefers_to_wait_gets_202_when_the_time_is_over(http):
    unfinished = http.post("/api/v1/runs", json={"pipeline": "Gated"}, headers={"Prefer": "wait=1"})

    assert unfinished.status_code == 202
    assert unfinished.headers["Location"]
    assert unfinished.json["state"] in ("starting", "running")


def test_a_run_is_accepted_without_waiting_when_all_places_for_waiting_are_taken(tmp_path):
    with service(tmp_path / "home", max_waits=0) as served:
        http = served.app.test_client()

        accepted = http.post("/api/v1/runs", json={"pipeline": "Gated"}, headers={"Prefer": "wait=30"})

        assert accepted.status_code == 202
        assert "Preference-Applied" not in accepted.headers


def test_the_same_key_and_body_give_the_first_run_again(http):
    key = {"Idempotency-Key": "deploy-7"}
    first = http.post("/api/v1/runs", json=HELLO, headers=key)
    other_spelling = json.dumps(dict(reversed(HELLO.items())), indent=4)

    again = http.post("/api/v1/runs", data=other_spelling, content_type="application/json", headers=key)

    assert again.status_code == 202
    assert again.json["id"] == first.json["id"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers


def test_the_same_key_with_another_body_is_refused(http):
    key = {"Idempotency-Key": "deploy-7"}
    http.post("/api/v1/runs", json=HELLO, headers=key)

    other = http.post("/api/v1/runs", json={"pipeline": "Fails"}, headers=key)

    assert other.status_code == 422
    assert other.json["type"] == "/problems/idempotency-mismatch"


def test_a_second_run_of_the_same_may_attach_to_the_first_or_be_rejected(http, served):
    first = http.post("/api/v1/runs", json={"pipeline": "Gated"}).json["id"]
    served.running(first)

    attached = http.post("/api/v1/runs", json={"pipeline": "Gated", "if_active": "attach"})
    rejected = http.post("/api/v1/runs", json={"pipeline": "Gated", "if_active": "reject"})
    second = http.post("/api/v1/runs", json={"pipeline": "Gated"})

    assert (attached.status_code, attached.json["id"], attached.json["attached"]) == (202, first, True)
    assert (rejected.status_code, rejected.json["run_id"], rejected.json["state"]) == (409, first, "running")
    assert second.json["id"] != first


def test_a_run_that_waits_says_what_it_waits_for(tmp_path):
    with service(tmp_path / "home", Limits(runs=1)) as served:
        http = served.app.test_client()
        first = http.post("/api/v1/runs", json={"pipeline": "Gated"}).json["id"]
        served.running(first)

        second = http.post("/api/v1/runs", json=HELLO).json["id"]

        shown = http.get(f"/api/v1/runs/{second}").json
        assert shown["state"] == "queued"
        assert first in shown["reason"]


def test_a_running_run_is_cancelled_and_then_cannot_be_cancelled_again(http, served):
    run_id = http.post("/api/v1/runs", json={"pipeline": "Gated"}).json["id"]
    served.running(run_id)

    cancelling = http.post(f"/api/v1/runs/{run_id}/cancel")
    served.ended(run_id)
    late = http.post(f"/api/v1/runs/{run_id}/cancel")

    assert cancelling.status_code == 202
    assert cancelling.json["state"] == "cancelling"
    assert (late.status_code, late.json["state"]) == (409, "cancelled")


def test_a_finished_run_is_retried_by_a_new_one_and_a_live_one_is_not(http, served):
    failed = http.post("/api/v1/runs", json={"pipeline": "Fails"}).json["id"]
    served.ended(failed)
    gated = http.post("/api/v1/runs", json={"pipeline": "Gated"}).json["id"]

    retried = http.post(f"/api/v1/runs/{failed}/retry")
    refused = http.post(f"/api/v1/runs/{gated}/retry")

    assert retried.status_code == 202
    assert retried.json["retry_of"] == failed
    assert retried.headers["Location"].endswith(retried.json["id"])
    assert refused.status_code == 409


def test_runs_are_listed_newest_first_page_by_page_and_by_what_they_are(http, served):
    ids = [http.post("/api/v1/runs", json={**HELLO, "labels": {"n": str(n)}}).json["id"] for n in range(5)]
    for run_id in ids:
        served.ended(run_id)

    first = http.get("/api/v1/runs?limit=2&pipeline=Hello&state=succeeded&state=failed")
    RunsDocument.model_validate_json(first.data)
    second = http.get(first.headers["Link"].split(";")[0].strip("<>"))
    last = http.get(f"/api/v1/runs?limit=2&cursor={second.json['next_cursor']}")

    pages = [[run["id"] for run in page.json["items"]] for page in (first, second, last)]
    assert pages == [[ids[4], ids[3]], [ids[2], ids[1]], [ids[0]]]
    assert last.json["next_cursor"] is None
    assert "Link" not in last.headers
    assert [run["id"] for run in http.get("/api/v1/runs?label=n=3").json["items"]] == [ids[3]]
    assert http.get("/api/v1/runs?parameter=who=nobody").json["items"] == []
    assert http.get("/api/v1/runs?created_before=2020-01-01T00:00:00Z").json["items"] == []
    assert [run["id"] for run in http.get(f"/api/v1/runs?id_prefix={ids[0]}").json["items"]] == [ids[0]]
    assert http.get("/api/v1/runs?id_prefix=ffffffff").json["items"] == []


def test_a_read_that_changes_nothing_is_not_sent_twice(http, served):
    run_id = http.post("/api/v1/runs", json=HELLO).json["id"]
    served.ended(run_id)
    first = http.get(f"/api/v1/runs/{run_id}")

    again = http.get(f"/api/v1/runs/{run_id}", headers={"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 304
    assert again.data == b""


def test_pipelines_are_listed_and_shown(http):
    listed, shown = http.get("/api/v1/pipelines"), http.get("/api/v1/pipelines/Hello")

    PipelinesDocument.model_validate_json(listed.data)
    assert [item["family"] for item in listed.json["items"]] == ["Hello", "Fails", "Secretive", "Gated", "Daily"]
    assert [entry["name"] for entry in shown.json["parameters"]] == ["who", "times"]


def test_the_program_that_asks_is_named_as_the_trigger(http):
    asked = http.post("/api/v1/runs", json=HELLO, headers={"X-Luigi-Trigger-Client": "cli ada@laptop"})

    assert asked.json["trigger"] == {"kind": "cli", "by": "ada@laptop"}


@pytest.mark.parametrize(
    "path", ["/api/v1/runs", "/api/v1/runs/{id}", "/api/v1/runs/{id}/logs", "/api/v1/runs/{id}/events"]
)
def test_every_route_is_in_the_openapi_document(http, path):
    document = http.get("/api/v1/openapi.json").json

    assert document["openapi"].startswith("3.1")
    assert path.replace("{id}", "{run_id}") in document["paths"]


def test_the_headers_of_a_trigger_are_in_the_openapi_document(http):
    described = http.get("/api/v1/openapi.json").json["paths"]["/api/v1/runs"]["post"]

    assert [parameter["name"] for parameter in described["parameters"]] == ["Idempotency-Key", "Prefer"]
    assert "application/problem+json" in described["responses"]["422"]["content"]


def test_every_reference_of_the_openapi_document_leads_somewhere(http):
    text = http.get("/api/v1/openapi.json").text
    document = json.loads(text)

    names = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}

    assert names <= set(document["components"]["schemas"])
    assert "ProblemDocument" in names
