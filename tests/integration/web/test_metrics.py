"""What Prometheus reads."""

import os
import shutil
import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families
from served import service

from trigger_service.domain.run import Run, Trigger
from trigger_service.service.counters import MOST_PIPELINES, OTHERS
from trigger_service.store import runs


def measured(served):
    """The samples by name and labels, as of now."""
    served.services.metrics.refresh()
    answer = served.app.test_client().get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.get_data(as_text=True))
    return {(one.name, *sorted(one.labels.values())): one.value for family in families for one in family.samples}


def ask(served, pipeline, **parameters):
    answer = served.app.test_client().post("/api/v1/runs", json={"pipeline": pipeline, "parameters": parameters})
    assert answer.status_code == 202
    return answer.get_json()["id"]


def test_promtool_finds_nothing_to_say(served):
    # Given a service that has something in every family
    if shutil.which("promtool") is None and not os.environ.get("CI"):
        pytest.skip("promtool is not installed (scripts/system)")
    served.ended(ask(served, "Hello", who="you"))
    served.ended(ask(served, "Fails"))
    measured(served)
    # When
    text = served.app.test_client().get("/metrics").get_data()
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, timeout=30)
    # Then
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_ended_runs_and_their_tasks_are_counted_and_timed_by_pipeline(served):
    # Given
    measured(served)
    for _ in range(2):
        served.ended(ask(served, "Hello", who="you"))
    served.ended(ask(served, "Fails"))
    # When
    found = measured(served)
    # Then
    assert found["luigi_trigger_runs_finished_total", "Hello", "succeeded"] == 2
    assert found["luigi_trigger_runs_finished_total", "Fails", "failed"] == 1
    assert found["luigi_trigger_run_duration_seconds_count", "Hello"] == 2
    assert found["luigi_trigger_tasks_finished_total", "Hello", "done"] == 2
    assert found["luigi_trigger_task_duration_seconds_count", "Hello"] == 2
    assert found[("luigi_trigger_run_start_delay_seconds_count",)] == 3
    assert found[("luigi_trigger_ingest_lag_seconds_count",)] >= 3
    # And nothing is counted twice
    assert measured(served)["luigi_trigger_runs_finished_total", "Hello", "succeeded"] == 2


def test_queued_and_live_runs_and_open_streams_are_those_of_now(served):
    # Given a run that goes on
    gated = ask(served, "Gated")
    served.running(gated)
    # When
    before = measured(served)
    served.gate.set()
    served.ended(gated)
    after = measured(served)
    # Then
    assert before["luigi_trigger_runs_live", "running"] == 1
    assert before[("luigi_trigger_runs_queued",)] == 0
    assert before[("luigi_trigger_streams_open",)] == 0
    assert before[("luigi_trigger_database_size_bytes",)] > 0
    assert after["luigi_trigger_runs_live", "running"] == 0
    assert after["luigi_trigger_runs_finished_total", "Gated", "succeeded"] == 1


def test_the_health_of_each_place_is_told(served):
    # Given
    served.reasons["luigid"] = "it is away"
    # When
    found = measured(served)
    # Then
    assert found["luigi_trigger_component_healthy", "default", "default", "luigid"] == 0
    assert found["luigi_trigger_component_healthy", "default", "default", "zygote"] == 1


def test_many_pipelines_share_series(tmp_path):
    # Given more pipelines than have series of their own, and all of their runs cancelled
    with service(tmp_path / "home") as served:
        with served.database.write() as connection:
            for number in range(MOST_PIPELINES + 5):
                runs.insert(connection, run_of(number), identity="")
        with served.database.write() as connection:
            for number in range(MOST_PIPELINES + 5):
                run = runs.get(connection, run_of(number).id)
                if run.state == "queued":
                    runs.change(connection, run, "cancelled", now=2.0, actor="test", finished_at=2.0)
        # When
        for number in range(MOST_PIPELINES + 5):
            served.ended(run_of(number).id)
        found = measured(served)
    # Then
    counts = {key[1:]: value for key, value in found.items() if key[0] == "luigi_trigger_runs_finished_total"}
    assert len({pipeline for labels in counts for pipeline in labels if pipeline not in ("cancelled", "failed")}) == (
        MOST_PIPELINES + 1
    )
    assert sum(value for labels, value in counts.items() if OTHERS in labels) == 5
    assert sum(counts.values()) == MOST_PIPELINES + 5


def run_of(number):
    """A run that nothing could start."""
    values = {"parameters": {}, "texts": {}, "task_id": "Many", "trigger": Trigger("api", "test")}
    run_id = f"0198a000-0000-7000-8000-{number:012d}"
    return Run(id=run_id, state="queued", pipeline=f"Many{number}", module="none", created_at=1.0, **values)
