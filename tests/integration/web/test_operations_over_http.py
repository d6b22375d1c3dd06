"""Targets taken away and put back over HTTP, where a planner of words in memory moves them."""

import threading

import pytest
from polling import until
from served import service

from trigger_service.domain.access import scope_needed
from trigger_service.domain.run import Run, TaskExecution, Trigger
from trigger_service.domain.target_writes import TargetInput, TargetWrite
from trigger_service.store import executions, operations, runs, target_writes
from trigger_service.web.operation_documents import ConsequencesDocument, ItemsDocument, OperationDocument

DONE = "01890a5d-ac96-774b-bcce-b302099a8057"
RAW, FACTS, REPORT, OTHER = "/srv/raw", "/srv/facts", "/srv/report", "s3://lake/other"


@pytest.fixture
def served(tmp_path):
    """A service with a run of the pipeline Hello that has written raw -> facts -> report, and other from raw."""
    with service(tmp_path / "home") as running:
        with running.database.write() as connection:
            runs.insert(connection, a_run(), identity="done")
            tasks = [("Raw", RAW, ()), ("Facts", FACTS, ("Raw_1",)), ("Hello", REPORT, ("Facts_1",))]
            executions.upsert(connection, [execution(*task) for task in tasks])
            written = [write("Raw", RAW), write("Facts", FACTS, RAW), write("Hello", REPORT, FACTS)]
            target_writes.record(connection, [*written, write("Other", OTHER, RAW)])
        running.shelf.targets.update({RAW: "raw", FACTS: "facts", REPORT: "report", OTHER: "other"})
        yield running


def a_run():
    about = {"pipeline": "Hello", "module": "tasks.hello", "parameters": {"who": "me"}, "texts": {"who": "me"}}
    return Run(DONE, "succeeded", task_id="Hello_1", trigger=Trigger("api"), attempt=1, created_at=1.0, **about)


def execution(family, url, requires):
    took = {"started_at": 10.0, "finished_at": 12.0}
    return TaskExecution(DONE, 1, f"{family}_1", family, "done", {}, requires, (url,), **took)


def write(family, url, *inputs):
    about = {"task_id": f"{family}_1", "family": family, "module": "tasks.hello", "pipeline": "Hello"}
    place = {"location": "default", "environment": "default", "parameters": {}, "time": 2.0}
    return TargetWrite(url, "v", DONE, 1, inputs=tuple(TargetInput(each) for each in inputs), **about, **place)


@pytest.fixture
def post(http):
    def send(path, status, **body):
        answer = http.post(f"/api/v1{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json

    return send


@pytest.fixture
def over(http):
    """The operation, once nothing of it moves any more."""

    def ended(operation):
        def look():
            found = http.get(f"/api/v1/operations/{operation['id']}").json
            return found if found["state"] not in ("moving", "undoing", "expiring") else None

        return until(look, "the operation is over")

    return ended


def test_the_consequences_are_shown_and_nothing_is_changed(served, post, http):
    plan = post("/targets/plan", 200, urls=[FACTS])

    ConsequencesDocument.model_validate(plan)
    assert [task["task_id"] for task in plan["tasks"]] == ["Facts_1", "Hello_1"]
    assert (plan["targets"], plan["bytes"], plan["possible"]) == (2, 11, True)
    assert (plan["expected"]["basis"], plan["expected"]["span"]["seconds"]) == ("tasks", 4.0)
    assert {verb for verb, _ in served.shelf.orders} == {"look"}
    assert http.get("/api/v1/operations").json["items"] == []
    alone = post("/targets/plan", 200, urls=[FACTS], downstream=False)
    assert [task["task_id"] for task in alone["tasks"]] == ["Facts_1"]
    run = post("/targets/plan", 200, run={"run_id": DONE})
    assert [task["task_id"] for task in run["tasks"]] == ["Raw_1", "Facts_1", "Hello_1"]


def test_targets_go_into_the_trash_as_one_and_come_back_as_one(served, post, http, over):
    begun = post("/targets/invalidate", 202, urls=[RAW], note="the archive was corrected")
    moved = over(begun)

    OperationDocument.model_validate(moved)
    assert (moved["state"], moved["counts"]["trashed"], moved["bytes"]["trashed"]) == ("moved", 4, 19)
    assert (moved["named"], moved["note"], moved["run_id"]) == ([RAW], "the archive was corrected", None)
    assert served.shelf.targets == {}
    items = http.get(f"/api/v1/operations/{begun['id']}/items").json
    ItemsDocument.model_validate(items)
    # what was built from something goes before it
    order = [item["url"] for item in items["items"]]
    assert order.index(REPORT) < order.index(FACTS) < order.index(RAW)

    undone = over(post(f"/operations/{begun['id']}/undo", 202))
    assert (undone["state"], undone["counts"]["restored"], undone["expires_at"]) == ("undone", 4, None)
    assert served.shelf.targets == {RAW: "raw", FACTS: "facts", REPORT: "report", OTHER: "other"}
    assert served.shelf.trash == {}
    changes = [row["action"] for row in http.get("/api/v1/audit").json["items"]]
    assert changes == ["operation undone", "targets invalidated"]
    again = post(f"/operations/{begun['id']}/undo", 409)
    assert again["detail"] == f"Operation {begun['id']} is undone, so it cannot be undone."


def test_items_are_given_page_by_page(served, post, http, over):
    begun = over(post("/targets/invalidate", 202, urls=[RAW]))
    first = http.get(f"/api/v1/operations/{begun['id']}/items?limit=3").json
    rest = http.get(f"/api/v1/operations/{begun['id']}/items?limit=3&cursor={first['next_cursor']}").json
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (3, 1, None)
    assert http.get(f"/api/v1/operations/{begun['id']}/items?cursor=x").status_code == 422
    assert http.get("/api/v1/operations/nothing/items").status_code == 404


def test_one_target_that_cannot_be_moved_keeps_all_in_their_places(served, post, http):
    served.shelf.stuck[REPORT] = ("look", "a MySqlTarget cannot be moved")

    plan = post("/targets/plan", 200, urls=[RAW])
    refused = post("/targets/invalidate", 409, urls=[RAW])

    assert plan["possible"] is False
    assert refused["detail"] == (
        f"Nothing was moved. 1 target cannot be moved: {REPORT}: a MySqlTarget cannot be moved."
    )
    assert refused["type"] == "/problems/targets-stay"
    assert len(served.shelf.targets) == 4
    assert http.get("/api/v1/operations").json["items"] == []
    assert post(f"/runs/{DONE}/retry", 409, everything=True)["type"] == "/problems/targets-stay"
    assert len(http.get("/api/v1/runs").json["items"]) == 1


def test_a_target_that_refuses_in_the_middle_has_all_others_put_back(served, post, over):
    served.shelf.stuck[RAW] = ("trash", "OSError: the disk is gone")

    failed = over(post("/targets/invalidate", 202, urls=[RAW]))

    assert failed["state"] == "failed"
    assert failed["reason"] == f"It could not be moved: {RAW}: OSError: the disk is gone"
    assert len(served.shelf.targets) == 4
    assert (served.shelf.trash, failed["expires_at"]) == ({}, None)
    assert ("restore", REPORT) in served.shelf.orders


def test_a_target_that_refuses_to_come_back_has_all_others_wait_on(served, post, over):
    begun = over(post("/targets/invalidate", 202, urls=[RAW]))
    served.shelf.stuck[REPORT] = ("restore", "OSError: the disk is gone")

    still = over(post(f"/operations/{begun['id']}/undo", 202))

    assert (still["state"], still["counts"]["trashed"]) == ("moved", 4)
    assert still["reason"] == f"It could not be undone: {REPORT}: OSError: the disk is gone"
    assert served.shelf.targets == {}
    served.shelf.stuck.clear()
    assert over(post(f"/operations/{begun['id']}/undo", 202))["state"] == "undone"


def test_who_moves_may_take_a_while_to_be_there(served, post, over):
    served.shelf.away = 4
    moved = over(post("/targets/invalidate", 202, urls=[RAW]))
    assert (moved["state"], moved["reason"], moved["counts"]["trashed"]) == ("moved", "", 4)


def test_what_was_built_again_is_not_replaced_and_the_refusal_says_what_to_do(served, post, over):
    begun = over(post("/targets/invalidate", 202, urls=[FACTS]))
    served.shelf.targets[REPORT] = "new"

    refused = post(f"/operations/{begun['id']}/undo", 409)

    assert f"{REPORT}: it has been built again meanwhile" in refused["detail"]
    assert "luigi-trigger targets invalidate" in refused["detail"]
    assert served.shelf.targets[REPORT] == "new"
    over(post("/targets/invalidate", 202, urls=[REPORT]))
    assert over(post(f"/operations/{begun['id']}/undo", 202))["state"] == "undone"
    assert served.shelf.targets[REPORT] == "report"


def test_a_retry_of_everything_moves_all_of_the_run_and_starts_one_new_run(served, post, http, over):
    run = post(f"/runs/{DONE}/retry", 202, everything=True)

    assert (run["retry_of"], run["trigger"]["kind"]) == (DONE, "retry")
    assert served.shelf.targets == {OTHER: "other"}
    (operation,) = http.get(f"/api/v1/operations?run={run['id']}").json["items"]
    assert (operation["kind"], operation["run_id"], operation["retry_of"]) == ("retry", run["id"], DONE)
    assert operation["id"] in run["trigger"]["by"]
    assert served.ended(run["id"]).state == "succeeded"
    assert len(http.get("/api/v1/runs").json["items"]) == 2
    # the inline child builds nothing, so that all can come back
    assert over(post(f"/operations/{operation['id']}/undo", 202))["state"] == "undone"
    served.mover.look()
    assert len(http.get("/api/v1/runs").json["items"]) == 2


def test_a_retry_from_a_task_moves_that_task_and_what_requires_it(served, post):
    post(f"/runs/{DONE}/retry", 202, from_task="Facts_1")
    assert served.shelf.targets == {RAW: "raw", OTHER: "other"}


def test_a_retry_as_ever_moves_nothing(served, http, post):
    for answer in (http.post(f"/api/v1/runs/{DONE}/retry"), http.post(f"/api/v1/runs/{DONE}/retry", json={})):
        assert (answer.status_code, answer.json["retry_of"]) == (202, DONE)
    assert served.shelf.orders == []


def test_a_retry_that_fails_to_move_starts_no_run(served, post, http):
    served.shelf.stuck[RAW] = ("trash", "OSError: the disk is gone")
    refused = post(f"/runs/{DONE}/retry", 409, everything=True)
    assert "the disk is gone" in refused["detail"]
    assert len(served.shelf.targets) == 4
    assert len(http.get("/api/v1/runs").json["items"]) == 1


@pytest.mark.parametrize(
    ("path", "body", "status", "kind"),
    [
        ("/targets/plan", {"urls": ["/srv/nothing"]}, 404, "target-not-found"),
        ("/targets/plan", {}, 422, "invalid-request"),
        ("/targets/plan", {"urls": [RAW], "run": {"run_id": DONE}}, 422, "invalid-request"),
        ("/targets/plan", {"run": {"run_id": DONE, "from_task": "Nobody_1"}}, 404, "task-not-found"),
        ("/targets/plan", {"run": {"run_id": "nothing"}}, 404, "run-not-found"),
        ("/targets/invalidate", {"urls": []}, 422, "invalid-request"),
        (f"/runs/{DONE}/retry", {"everything": True, "from_task": "Raw_1"}, 422, "invalid-request"),
        (f"/runs/{DONE}/retry", {"from_task": "Nobody_1"}, 404, "task-not-found"),
        (f"/runs/{DONE}/retry", {"everything": "yes"}, 422, "invalid-request"),
        ("/operations/nothing/undo", {}, 404, "operation-not-found"),
    ],
)
def test_what_makes_no_sense_is_refused(served, post, path, body, status, kind):
    assert post(path, status, **body)["type"] == f"/problems/{kind}"


def test_a_live_run_with_such_a_task_in_its_tree_stands_in_the_way(served, post, http, over):
    # Given a live run that has found Facts complete
    live = post("/runs", 202, pipeline="Gated")["id"]
    until(lambda: served.services.insights.tasks(live), "its tasks are known")
    with served.database.write() as connection:
        executions.upsert(connection, [TaskExecution(live, 1, "Facts_1", "Facts", "complete")])

    plan = post("/targets/plan", 200, urls=[RAW])
    refused = post("/targets/invalidate", 409, urls=[RAW])

    assert (plan["runs"], plan["possible"]) == ([live], False)
    assert refused["type"] == "/problems/targets-in-use"
    assert f"run {live} is running" in refused["detail"]
    assert len(served.shelf.targets) == 4
    # another part of the tree, and whoever insists, are not held up
    assert over(post("/targets/invalidate", 202, urls=[OTHER]))["state"] == "moved"
    assert over(post("/targets/invalidate", 202, urls=[FACTS], even_if_running=True))["state"] == "moved"


def test_undoing_a_retry_waits_for_the_end_of_its_run(served, post, http, over):
    with served.database.write() as connection:
        runs.insert(connection, a_run().evolve(id=DONE[:-1] + "8", pipeline="Gated", task_id="Gated_1"), identity="g")
        executions.upsert(connection, [execution("Raw", RAW, ()).evolve(run_id=DONE[:-1] + "8")])
    run = post(f"/runs/{DONE[:-1]}8/retry", 202, everything=True)
    (operation,) = http.get(f"/api/v1/operations?run={run['id']}").json["items"]
    served.running(run["id"])

    refused = post(f"/operations/{operation['id']}/undo", 409)
    assert f"while run {run['id']}, which builds its targets again, is running: cancel it first" in refused["detail"]
    served.gate.set()
    served.ended(run["id"])
    assert over(post(f"/operations/{operation['id']}/undo", 202))["state"] == "undone"


def test_of_many_that_take_the_same_away_at_once_one_wins_and_the_others_are_told(served, http, over):
    answers = []

    def take():
        answers.append(served.app.test_client().post("/api/v1/targets/invalidate", json={"urls": [RAW]},
                       headers={"X-Luigi-Trigger-Client": f"cli {threading.get_ident()}"}))  # fmt: skip

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    accepted = [answer.json for answer in answers if answer.status_code == 202]
    assert {answer.status_code for answer in answers} <= {202, 409, 429}
    held = [over(each)["counts"] for each in accepted]
    # whoever came later found nothing there, or was refused
    assert sorted(counts["trashed"] for counts in held) == [0] * (len(held) - 1) + [4]
    assert len(served.shelf.trash) == 4


def test_what_has_expired_is_deleted_and_cannot_be_undone(served, post, over):
    begun = over(post("/targets/invalidate", 202, urls=[FACTS]))
    assert begun["expires_at"] is not None
    with served.database.write() as connection:
        operation = operations.get(connection, begun["id"])
        operations.change(connection, operation, "moved", expires_at=1.0)

    served.mover.look()

    expired = until(lambda: (found := over(begun))["state"] == "expired" and found, "it is expired")
    assert (expired["counts"]["purged"], served.shelf.trash) == (2, {})
    assert "is expired, so it cannot be undone" in post(f"/operations/{begun['id']}/undo", 409)["detail"]


def test_what_is_long_over_and_holds_nothing_is_forgotten(served, post, http, over):
    kept = over(post("/targets/invalidate", 202, urls=[OTHER]))
    gone = over(post("/targets/invalidate", 202, urls=[FACTS]))
    gone = over(post(f"/operations/{gone['id']}/undo", 202))
    with served.database.write() as connection:
        for each in (kept, gone):
            operation = operations.get(connection, each["id"])
            operations.change(connection, operation, operation.state, updated_at=1.0)

    served.mover.look()

    assert [each["id"] for each in http.get("/api/v1/operations").json["items"]] == [kept["id"]]
    assert http.get(f"/api/v1/operations/{gone['id']}/items").status_code == 404


def test_what_a_token_may_do_follows_its_scope():
    assert scope_needed("POST", "/api/v1/targets/plan") == "run"
    assert scope_needed("POST", f"/api/v1/runs/{DONE}/retry") == "run"
    assert scope_needed("POST", f"/api/v1/operations/{DONE}/undo") == "run"
    assert scope_needed("POST", "/api/v1/targets/invalidate") == "admin"
    assert scope_needed("GET", "/api/v1/operations") == "read"
