"""Plans over HTTP: what is told, who may ask at a time, and how a plan is ended."""

import json
import socket
import threading

import pytest
import requests
from polling import until

from trigger_service.domain.run import TaskExecution
from trigger_service.store import executions
from trigger_service.web.responses import PlanDocument

HELLO = {"pipeline": "Hello", "parameters": {"who": "you"}}
GATED = {"pipeline": "Gated"}


def test_a_plan_tells_each_task_with_state_and_reason_and_runs_nothing(http, served):
    answer = http.post("/api/v1/plans", json=HELLO)

    assert answer.status_code == 200
    PlanDocument.model_validate_json(answer.data)
    plan = answer.json
    assert plan["counts"] == {"complete": 1, "will_run": 0, "shared": 0, "unknown": 1, "blocked": 2, "error": 0}
    assert [(task["task_id"], task["state"]) for task in plan["tasks"]] == [
        ("Leaf_1", "complete"),
        ("Leaf_2", "blocked"),
        ("Leaf_3", "unknown"),
        ("Hello_1", "blocked"),
    ]
    assert [task["task_id"] for task in plan["blockers"]] == ["Leaf_2"]
    assert plan["tasks"][3]["blocked_by"] == ["Leaf_2"]
    assert plan["expected"] == {"basis": "no history", "span": None, "without_history": ["Leaf"]}
    assert (plan["cut"], plan["refusal"], plan["printed"]) == ("", None, "")
    assert http.get("/api/v1/runs").json["items"] == []


def test_the_list_can_be_shortened_and_the_counts_stay_whole(http):
    shortened = http.post("/api/v1/plans?limit=1", json=HELLO).json
    blocked = http.post("/api/v1/plans?state=blocked&state=unknown&limit=2", json=HELLO).json

    assert (len(shortened["tasks"]), shortened["total"]) == (1, 4)
    assert [task["task_id"] for task in blocked["tasks"]] == ["Leaf_2", "Leaf_3"]
    assert shortened["counts"] == blocked["counts"]


def test_an_error_is_told_with_its_place(http):
    (task,) = http.post("/api/v1/plans", json={"pipeline": "Fails"}).json["tasks"]

    assert (task["state"], task["why"]) == ("error", "complete() raised ValueError")
    assert (task["error"]["file"], task["error"]["line"], task["error"]["method"]) == ("tasks/hello.py", 7, "complete")


def test_history_gives_an_expected_duration(http, served):
    for who in ("you", "me"):
        served.ended(http.post("/api/v1/runs", json={**HELLO, "parameters": {"who": who}}).json["id"])

    expected = http.post("/api/v1/plans", json=HELLO).json["expected"]

    # of the family Leaf there is no history, of runs of Hello there is
    assert (expected["basis"], expected["span"]["samples"]) == ("runs", 2)
    assert expected["span"]["low"] <= expected["span"]["seconds"] <= expected["span"]["high"]


def test_what_a_live_run_builds_is_shared(http, served):
    # Given a live run with the root of Hello's plan in it
    run_id = http.post("/api/v1/runs", json=GATED).json["id"]
    until(lambda: [task for task in served.services.insights.tasks(run_id) if task.status == "running"], "it runs")
    with served.database.write() as connection:
        executions.upsert(connection, [TaskExecution(run_id, 1, "Leaf_3", "Leaf", "running")])

    tasks = {task["task_id"]: task for task in http.post("/api/v1/plans", json=HELLO).json["tasks"]}

    assert (tasks["Leaf_3"]["state"], tasks["Leaf_3"]["run_id"]) == ("shared", run_id)
    assert (tasks["Leaf_1"]["state"], tasks["Leaf_1"]["run_id"]) == ("complete", None)


@pytest.mark.parametrize(("given", "state"), [("hunter2", "shared"), ("other", "will_run")])
def test_a_task_with_private_values_is_shared_with_runs_of_equal_ones_only(http, served, given, state):
    run_id = http.post("/api/v1/runs", json={"pipeline": "Secretive", "parameters": {"password": "hunter2"}}).json["id"]
    until(lambda: [task for task in served.services.insights.tasks(run_id) if task.status == "running"], "it runs")

    plan = http.post("/api/v1/plans", json={"pipeline": "Secretive", "parameters": {"password": given}})

    assert [task["state"] for task in plan.json["tasks"]] == [state]
    assert given not in plan.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"pipeline": "Helo"}, 404),
        ({"pipeline": "Hello", "parameters": {"whom": "you"}}, 422),
        ({"pipeline": "Hello", "parameters": {}, "workers": 0}, 422),
        ({}, 422),
    ],
)
def test_a_bad_request_is_told_as_for_a_run(http, body, status):
    ours, a_runs = http.post("/api/v1/plans", json=body), http.post("/api/v1/runs", json=body)

    assert ours.status_code == a_runs.status_code == status
    assert ours.json["errors"] == a_runs.json["errors"]


def test_unknown_states_and_limits_are_refused(http):
    for query in ("state=done", "limit=-1", "limit=20001", "first=1"):
        assert http.post(f"/api/v1/plans?{query}", json=HELLO).status_code == 422


def under_way(served):
    return len(served.services.turns)


@pytest.fixture
def asked(served):
    """Asks for the plan of Gated, which goes on until it is ended, as a client of a name; gives the answer's list."""
    threads = []

    def ask(name=""):
        answers = []
        before = under_way(served)
        url, headers = f"{served.url}/api/v1/plans", {"X-Luigi-Trigger-Client": name}
        thread = threading.Thread(target=lambda: answers.append(requests.post(url, json=GATED, headers=headers)))
        threads.append(thread)
        thread.start()
        until(lambda: under_way(served) > before, "the plan is under way")
        return answers

    yield ask
    served.gate.set()
    for thread in threads:
        thread.join(10)


def test_a_client_has_one_plan_made_at_a_time(served, asked, http):
    first = asked("ada")

    second = http.post("/api/v1/plans", json=HELLO, headers={"X-Luigi-Trigger-Client": "ada"})
    other = http.post("/api/v1/plans", json=HELLO, headers={"X-Luigi-Trigger-Client": "bob"})

    assert (second.status_code, second.headers["Retry-After"]) == (429, "1")
    assert "DELETE" in second.json["detail"]
    assert other.status_code == 200
    served.gate.set()
    until(lambda: first, "the first is answered")
    assert first[0].json()["cut"] == "the time was over"
    assert http.post("/api/v1/plans", json=HELLO, headers={"X-Luigi-Trigger-Client": "ada"}).status_code == 200


def test_more_plans_than_the_machine_can_bear_are_refused(served, asked, http):
    for name in "abcd":
        asked(name)

    assert http.post("/api/v1/plans", json=HELLO, headers={"X-Luigi-Trigger-Client": "e"}).status_code == 429


def test_a_plan_is_ended_by_delete_of_its_own_client_only(served, asked, http):
    answers = asked("ada")

    assert http.delete("/api/v1/plans", headers={"X-Luigi-Trigger-Client": "bob"}).status_code == 204
    assert under_way(served) == 1
    assert http.delete("/api/v1/plans", headers={"X-Luigi-Trigger-Client": "ada"}).status_code == 204
    until(lambda: answers, "it is answered")
    assert answers[0].status_code == 409
    assert "ended" in answers[0].json()["detail"]
    assert under_way(served) == 0


def test_a_plan_ends_when_its_client_hangs_up(served):
    host, port = served.url.removeprefix("http://").split(":")
    body = json.dumps(GATED)
    head = f"POST /api/v1/plans HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    with socket.create_connection((host, int(port))) as client:
        client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        until(lambda: under_way(served) == 1, "one plan is under way")

    until(lambda: under_way(served) == 0, "no plan is under way")


def test_a_plan_ends_when_the_service_stops(served, asked):
    answers = asked()

    served.app.extensions["long_requests"].closing.set()

    until(lambda: answers, "it is answered")
    assert answers[0].status_code == 409


def test_plans_are_in_the_openapi_document(http):
    path = http.get("/api/v1/openapi.json").json["paths"]["/api/v1/plans"]

    assert path.keys() == {"post", "delete"}
    assert {parameter["name"] for parameter in path["post"]["parameters"]} == {"state", "limit"}
    schema = path["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/PlanDocument"}
