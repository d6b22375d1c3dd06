"""What is asked of the service: runs, cancellations, retries; and what is refused."""

from __future__ import annotations

import threading

import pytest

from trigger_service.domain.admission import Limits
from trigger_service.domain.errors import (
    AlreadyActive,
    CannotStart,
    IdempotencyMismatch,
    InvalidParameters,
    InvalidRequest,
    PipelineNotFound,
    PrivateValuesLost,
    RunNotFound,
    StateConflict,
)
from trigger_service.domain.queries import Idempotency, RunFilter
from trigger_service.domain.run import RunRequest, Trigger
from trigger_service.service.vault import Vault

TRIGGER = Trigger("api", "test")
KEY = Idempotency("someone", "key-1", "body")


@pytest.fixture
def gate():
    """Children wait here until the test lets them go."""
    opened = threading.Event()
    yield opened
    opened.set()


@pytest.fixture
def service(house, gate):
    return house(lambda child: child.wait(gate) and None)


def test_an_unknown_pipeline_is_told_with_the_nearest_names(service):
    with pytest.raises(PipelineNotFound, match="Work"):
        service.submit("Wrok")


def test_all_problems_of_a_request_are_told_at_once(service):
    request = RunRequest(
        "Work",
        {"nn": 1, "mnth": "x"},
        location="moon",
        environment="staging",
        workers=65,
        priority=1.5,
        pools=("swimming",),
        labels={"a/b": 1},
        timeout_s=float("nan"),
        max_attempts=0,
        if_active="perhaps",
    )
    with pytest.raises(InvalidRequest) as refused:
        service.triggers.submit(request, TRIGGER)
    assert {problem.pointer for problem in refused.value.problems} == {
        "/location",
        "/environment",
        "/workers",
        "/priority",
        "/pools/0",
        "/labels/a~1b",
        "/timeout_s",
        "/max_attempts",
        "/if_active",
        "/parameters/nn",
        "/parameters/mnth",
    }
    assert service.insights.runs(RunFilter()).runs == ()


def test_problems_of_parameters_alone_are_told_as_such(service):
    with pytest.raises(InvalidParameters, match="mnth"):
        service.submit(parameters={"mnth": "x"})


@pytest.mark.parametrize("values", [{"workers": True}, {"timeout_s": 0}, {"timeout_s": -1}, {"max_attempts": 11}])
def test_values_out_of_range_are_refused(service, values):
    with pytest.raises(InvalidRequest):
        service.submit(**values)


def test_a_request_that_names_no_workers_has_those_of_the_project(service):
    service.host.workers = 4

    assert service.submit().workers == 4
    assert service.submit(workers=2).workers == 2

    # When the project's configuration has none that can be read
    service.host.workers = 0
    with pytest.raises(InvalidRequest, match=r"\[core\] workers in the project's configuration is no whole number"):
        service.submit()
    assert service.submit(workers=2).workers == 2


def test_the_same_key_and_body_give_the_same_run(service):
    first = service.triggers.submit(RunRequest("Work"), TRIGGER, KEY)
    again = service.triggers.submit(RunRequest("Work"), TRIGGER, KEY)
    assert (first.replayed, again.replayed, again.run.id) == (False, True, first.run.id)
    with pytest.raises(IdempotencyMismatch):
        service.triggers.submit(RunRequest("Work"), TRIGGER, Idempotency("someone", "key-1", "other"))


def test_a_refused_request_does_not_use_up_its_key(service):
    with pytest.raises(InvalidRequest):
        service.triggers.submit(RunRequest("Work", workers=0), TRIGGER, KEY)
    assert not service.triggers.submit(RunRequest("Work"), TRIGGER, KEY).replayed


def test_of_equal_requests_at_the_same_moment_one_makes_the_run(service):
    # Given eight requests with one key
    start = threading.Barrier(8)
    submissions = []

    def ask():
        start.wait()
        submissions.append(service.triggers.submit(RunRequest("Work"), TRIGGER, KEY))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Then all have the same run, and one of them made it
    assert len({submission.run.id for submission in submissions}) == 1
    assert [submission.replayed for submission in submissions].count(False) == 1


def test_a_request_may_attach_to_an_active_run_or_be_refused_because_of_it(service, gate):
    first = service.submit(parameters={"n": 1})
    attached = service.triggers.submit(RunRequest("Work", {"n": 1}, if_active="attach"), TRIGGER)
    assert (attached.attached, attached.run.id) == (True, first.id)
    with pytest.raises(AlreadyActive, match=first.id):
        service.submit(parameters={"n": 1}, if_active="reject")
    assert service.submit(parameters={"n": 2}, if_active="reject").id != first.id
    # and once it is over there is nothing to attach to
    gate.set()
    service.until(first, "succeeded")
    assert not service.triggers.submit(RunRequest("Work", {"n": 1}, if_active="attach"), TRIGGER).attached


def test_runs_that_differ_in_a_private_value_only_are_different(service, tmp_path):
    first = service.submit(parameters={"n": 1, "password": "one-secret"})
    other = service.triggers.submit(RunRequest("Work", {"n": 1, "password": "two"}, if_active="attach"), TRIGGER)
    assert not other.attached
    same = service.submit(parameters={"n": 1, "password": "one-secret"}, if_active="attach")
    assert same.id == first.id
    # and the value is for the launcher alone
    assert service.vault.secrets(first.id) == {"password": "one-secret"}
    assert "password" not in first.parameters
    assert (tmp_path / "vault.key").stat().st_mode & 0o777 == 0o600
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(b"one-secret" in content for content in files)


def with_another_key(service):
    service.stop()
    key = service.home / "vault.key"
    key.unlink()
    service.start()
    return key


def test_a_lost_key_is_said_when_a_run_is_retried(service, gate):
    run = service.submit(parameters={"n": 1, "password": "sealed"})
    plain = service.submit(parameters={"n": 2})
    gate.set()
    service.until(run, "succeeded")
    service.until(plain, "succeeded")

    key = with_another_key(service)

    with pytest.raises(PrivateValuesLost, match=f"{key} was lost or replaced"):
        service.triggers.retry(run.id, TRIGGER)
    assert service.triggers.retry(plain.id, TRIGGER).retry_of == plain.id


def test_a_key_that_others_could_read_is_closed_and_one_that_is_none_is_refused(tmp_path):
    key = tmp_path / "key"
    Vault(key, None)
    content = key.read_bytes()
    key.chmod(0o644)

    Vault(key, None)

    assert (key.stat().st_mode & 0o777, key.read_bytes()) == (0o600, content)
    key.write_bytes(content[:20])
    with pytest.raises(CannotStart, match="is no key"):
        Vault(key, None)


def test_a_queued_run_is_cancelled_at_once(house, gate):
    service = house(lambda child: child.wait(gate) and None, limits=Limits(runs=1))
    running, queued = service.submit(), service.submit()
    service.until(running, "running")
    cancelled = service.triggers.cancel(queued.id, "someone")
    assert (cancelled.state, cancelled.attempt) == ("cancelled", 0)
    assert cancelled.finished_at == cancelled.cancel_requested_at
    with pytest.raises(StateConflict, match="is cancelled, so it cannot be cancelled"):
        service.triggers.cancel(queued.id, "someone")


def test_a_run_that_is_not_final_cannot_be_retried(service):
    run = service.submit()
    with pytest.raises(StateConflict, match="cannot be retried"):
        service.triggers.retry(run.id, TRIGGER)


def test_a_retry_is_a_new_run_that_names_the_old_one(service, gate):
    run = service.submit(parameters={"n": 7, "password": "x"}, labels={"a": "b"}, priority=3)
    gate.set()
    old = service.until(run, "succeeded")
    new = service.triggers.retry(run.id, Trigger("api", "someone"))
    assert (new.trigger, new.retry_of, new.parameters) == (Trigger("retry", "someone"), run.id, {"n": 7})
    assert (new.labels, new.priority, new.task_id) == ({"a": "b"}, 3, run.task_id)
    assert service.vault.secrets(new.id) == {"password": "x"}
    assert service.until(new, "succeeded").attempt == 1
    assert service.run(run.id) == old


@pytest.mark.parametrize("run_id", ["", "..", "../../etc", "0190\0", "'", "x\ny"])
def test_an_unknown_run_is_not_found_whatever_it_is_called(service, run_id):
    asks = (
        service.insights.run,
        service.insights.tasks,
        service.insights.attempts,
        service.insights.events,
        lambda run_id: service.triggers.cancel(run_id, "x"),
        lambda run_id: service.triggers.retry(run_id, TRIGGER),
    )
    for ask in asks:
        with pytest.raises(RunNotFound):
            ask(run_id)
