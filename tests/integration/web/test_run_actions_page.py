"""What the pages do with runs over HTTP: cancelled, retried, from a task on, many at once, and what is refused."""

from urllib.parse import urlsplit

import pytest
from reader import send, text
from served import service

from trigger_service.domain.run import Trigger


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with service(tmp_path_factory.mktemp("actions") / "home") as served:
        yield served
        served.gate.set()


@pytest.fixture
def http(running):
    return running.app.test_client()


def asked(http, pipeline="Hello", **parameters):
    """The id of a new run."""
    return http.post("/api/v1/runs", json={"pipeline": pipeline, "parameters": parameters}).json["id"]


def test_a_run_is_cancelled_by_its_page_and_the_record_says_by_whom(running, http):
    # Given a run that waits
    run_id = asked(http, "Gated", n="1")
    running.running(run_id)
    # When it is cancelled there
    answer = send(http, f"/runs/{run_id}/cancel")
    # Then its page is next, and it ends cancelled
    assert (answer.status_code, answer.location) == (303, f"/runs/{run_id}")
    assert running.ended(run_id).state == "cancelled"
    changes = [row.data for row in running.services.insights.events(run_id) if row.kind == "state"]
    assert "form 127.0.0.1" in [change["actor"] for change in changes]
    # and a second time it is said that it has ended
    assert send(http, f"/runs/{run_id}/cancel").status_code == 409


def test_what_is_missing_is_retried_in_a_new_run_that_its_page_leads_to(running, http):
    old = running.ended(asked(http, "Fails"))
    answer = send(http, f"/runs/{old.id}/retry", scope="missing")
    new = running.ended(urlsplit(answer.location).path.rpartition("/")[2])
    assert (answer.status_code, new.retry_of, new.trigger) == (303, old.id, Trigger("retry", "127.0.0.1"))


def test_a_retry_of_everything_shows_its_plan_and_becomes_an_operation(running, http):
    old = running.ended(asked(http, who="ada"))
    # When the plan is asked for
    plan = http.get(f"/runs/{old.id}/retry?scope=everything")
    # Then it says what would be moved, and nothing is changed
    assert plan.status_code == 200
    assert "Nothing is changed yet" in text(plan)
    # and when it is sent, an operation is under way that names the run
    answer = send(http, f"/runs/{old.id}/retry", scope="everything", note="wrong input")
    assert answer.status_code == 303, text(answer)
    operation = running.services.operations.wait(answer.location.rpartition("/")[2], 20.0)
    assert (operation.retry_of, operation.note) == (old.id, "wrong input")
    assert running.ended(operation.run_id).retry_of == old.id


def test_a_retry_from_a_task_lets_one_choose_it_and_refuses_one_that_is_not_there(running, http):
    old = running.ended(asked(http, who="bob"))
    (task, *_) = running.services.insights.tasks(old.id)
    chosen = http.get(f"/runs/{old.id}/retry?scope=task")
    assert f"scope=task&amp;task={task.task_id}" in chosen.text
    assert "From here" in text(chosen)
    assert f"of {task.task_id}" in text(http.get(f"/runs/{old.id}/retry?scope=task&task={task.task_id}"))
    assert http.get(f"/runs/{old.id}/retry?scope=task&task=Nobody_1").status_code == 404
    assert send(http, f"/runs/{old.id}/retry", scope="half").status_code == 422


def test_a_run_that_has_not_ended_cannot_be_retried_and_says_so(running, http):
    run_id = asked(http, "Gated", n="2")
    assert "has not ended" in text(http.get(f"/runs/{run_id}/retry?scope=everything"))
    assert send(http, f"/runs/{run_id}/retry", scope="missing").status_code == 409
    send(http, f"/runs/{run_id}/cancel")
    running.ended(run_id)
