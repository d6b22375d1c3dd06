"""The log of the service is read by machines."""

import json
import shutil
import subprocess

import pytest
from polling import until


def records(service):
    lines = (service.home / "logs/service.log").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_every_line_is_a_json_object_those_of_gunicorn_too(service):
    # Given a run, and a request that cannot be answered
    run_id = service.trigger("Quick", "logged")
    service.reaches(run_id, "succeeded")
    # When
    found = records(service)
    # Then
    assert found
    assert all({"time", "level", "logger", "message"} <= record.keys() for record in found)
    assert any(record["logger"] == "gunicorn.error" for record in found)


def test_a_refused_request_is_told_with_its_id_and_without_its_query(service):
    # When
    headers = {"Host": "elsewhere.example", "X-Request-Id": "refused-1"}
    answer = service.http.get(f"{service.url}/api/v1/runs?token=lt_secret", headers=headers, timeout=30)
    assert answer.status_code == 403
    # Then
    mine = until(lambda: [one for one in records(service) if one.get("request_id") == "refused-1"], "the line")[-1]
    assert (mine["action"], mine["method"], mine["path"], mine["status"]) == ("request", "GET", "/api/v1/runs", 403)
    assert "lt_secret" not in (service.home / "logs/service.log").read_text()


def test_jq_reads_it(service):
    if shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    done = subprocess.run(
        ["jq", "-r", ".level", str(service.home / "logs/service.log")], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) <= {"INFO", "WARNING", "ERROR", "CRITICAL"}
