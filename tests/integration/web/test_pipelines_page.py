"""The pages of pipelines over HTTP: how they went, what starts them, which are asked for."""

import csv
import io
import re

import pytest
from served import service


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A service in which one pipeline succeeded, one failed, and one has a schedule that is paused."""
    with service(tmp_path_factory.mktemp("pipelines") / "home") as served:
        http = served.app.test_client()
        asked = [
            http.post("/api/v1/runs", json={"pipeline": name, "parameters": parameters}).json["id"]
            for name, parameters in (("Hello", {"who": "ada"}), ("Hello", {"who": "<b>"}), ("Fails", {}))
        ]
        served.runs = [served.ended(run_id) for run_id in asked]
        timing = {"kind": "cron", "expression": "30 2 * * *", "timezone": "UTC"}
        body = {"pipeline": "Daily", "parameters": {"day": "{{ fire_time | date }}"}, "timing": timing}
        assert http.put("/api/v1/schedules/nightly", json=body).status_code < 300
        assert http.put("/api/v1/schedules/greeting", json={**body, "pipeline": "Hello", "parameters": {"who": "x"}})
        assert http.patch("/api/v1/schedules/greeting", json={"paused": True}).status_code == 200
        yield served


@pytest.fixture
def http(running):
    return running.app.test_client()


def rows(text):
    """The names of the pipelines that are listed."""
    return re.findall(r'<th scope="row"[^>]*><a class="name" href="[^"]*">([^<]*)</a>', text)


def test_the_list_shows_how_each_went_and_when_it_starts_next(http):
    shown = http.get("/pipelines").text
    assert rows(shown) == ["Daily", "Fails", "Gated", "Hello", "Secretive"]
    assert 'aria-label="Last 2 runs: 2 succeeded"' in shown
    assert 'href="/schedules/nightly"' in shown
    assert 'href="/launch/Hello"' in shown


def test_the_list_is_filtered_by_its_address_and_its_chips_count(http):
    assert rows(http.get("/pipelines?show=failing").text) == ["Fails"]
    assert rows(http.get("/pipelines?show=paused").text) == ["Hello"]
    assert rows(http.get("/pipelines?q=greets").text) == ["Hello"]
    assert "No pipeline is like that." in http.get("/pipelines?q=nothing+like+it").text
    assert "failing <b>1</b>" in http.get("/pipelines").text


def test_the_list_is_a_file_too(http):
    told = {row["pipeline"]: row for row in http.get("/pipelines?as=json").json["items"]}
    assert (told["Fails"]["last_state"], told["Fails"]["success_percent"]) == ("failed", 0)
    assert (told["Hello"]["success_percent"], told["Hello"]["paused_triggers"]) == (100, ["greeting"])
    lines = list(csv.DictReader(io.StringIO(http.get("/pipelines?as=csv&q=hello").text)))
    assert [line["pipeline"] for line in lines][-1] == "Secretive"


def test_the_rows_alone_are_answered_where_they_are_asked_for_again(http):
    part = http.get("/pipelines?show=failing", headers={"X-Parts": "rows"}).text
    assert part.strip().startswith('<section class="panel" id="rows" data-live="runs"')
    assert rows(part) == ["Fails"]
