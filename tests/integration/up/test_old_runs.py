"""The service deletes old runs by itself, as luigi.cfg says."""

import requests
from polling import until


def test_the_service_keeps_as_many_runs_as_it_is_told(product):
    # Given a service that keeps one run, and looks every second
    product.configure("\n[retention]\nkeep_runs = 1\nevery_s = 1")
    product.start()
    # When two have ended
    first, second = (product.trigger("Quick", name) for name in ("first", "second"))
    for run_id in (first, second):
        until(lambda run_id=run_id: _state(product, run_id) in ("succeeded", "gone"), "the end")
    # Then the older one goes, rows and folder, and what it made stays
    until(lambda: _state(product, first) == "gone", "the older one goes")
    until(lambda: [folder.name for folder in (product.home / "runs").iterdir()] == [second], "one folder is left")
    assert _state(product, second) == "succeeded"
    assert (product.folder / "out/first").exists()
    # And it is told
    line = 'luigi_trigger_retention_runs_deleted_total{limit="count"} 1.0'
    until(lambda: line in requests.get(f"{product.url}/metrics", timeout=30).text, "the metric")


def _state(product, run_id):
    answer = product.http.get(f"{product.url}/api/v1/runs/{run_id}", timeout=30)
    return "gone" if answer.status_code == 404 else answer.json()["state"]
