"""The pages of pipelines over HTTP: how they went, what starts them, which are asked for."""

import csv
import io
import re

import pytest
from polling import until
from served import service

from trigger_service.launchers.base import BrokenModule, Catalogue, Pipeline


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


def form_token(text):
    """What proves that a form is from the page."""
    return re.search(r'name="form_token" value="(\w+)"', text)[1]


def test_the_page_of_a_pipeline_shows_its_runs_parameters_and_what_starts_it(running, http):
    shown = http.get("/pipelines/Hello").text
    # Then the last runs are a grid with a link to each, and to its tasks
    assert 'aria-label="Run 2 of 2, succeeded' in shown
    assert f'href="/runs/{running.runs[0].id}?task=Hello_1#tasks"' in shown
    # And what starts it, paused as it is, and its parameters
    assert re.search(r'href="/schedules/greeting".*?Paused', shown, re.DOTALL)
    assert '<span class="mono strong">times</span>' in shown
    assert "required" in shown
    assert 'href="/launch/Hello"' in shown
    # And what somebody wrote stays text
    assert "who=&lt;b&gt;" in shown
    assert "<b> " not in shown


def test_presets_limits_and_what_comes_after_stand_on_its_page(http):
    # Given a preset whose value is a number, a limit, a webhook, and a pipeline that its success starts
    assert http.put("/api/v1/presets/Hello/thrice", json={"parameters": {"times": 3}}).status_code == 200
    assert http.put("/api/v1/pools/pipeline:Hello", json={"slots": 2}).status_code == 200
    mapped = {"pipeline": "Hello", "mapping": {"who": "/who"}, "source": {"kind": "webhook", "scheme": "github"}}
    assert http.put("/api/v1/sensors/greet-hook", json=mapped).status_code == 200
    after = {"pipeline": "Fails", "source": {"kind": "pipeline", "pipelines": ["Hello"]}}
    assert http.put("/api/v1/sensors/after-hello", json=after).status_code == 200
    shown = http.get("/pipelines/Hello").text
    # Then all of it is there, with what each leads to
    assert "times=3" in shown
    assert 'href="/launch/Hello?_preset=thrice"' in shown
    assert "0 live, 2 at once" in shown
    assert "curl -sf http://localhost/hooks/greet-hook" in shown
    assert 'href="/pipelines/Fails"' in shown
    assert 'href="/upstreams/after-hello"' in http.get("/pipelines/Fails").text


def test_private_values_are_not_shown_of_any_pipeline(http):
    shown = http.get("/pipelines/Secretive").text
    assert '<p class="tiny faint">private</p>' in shown
    assert "No run yet." in shown


def test_which_days_are_complete_is_asked_and_shown_as_soon_as_it_is_known(running, http):
    # Given the page, which asks nothing by itself
    shown = http.get("/pipelines/Daily?at=2013").text
    assert "the targets themselves are asked" in shown
    # When somebody wants to know
    sent = {"form_token": form_token(shown), "at": "2013"}
    answer = http.post("/pipelines/Daily/calendar", data=sent, headers={"Origin": "http://localhost"})
    assert answer.status_code == 303
    part = until(
        lambda: (
            found if "as of" in (found := http.get(answer.location, headers={"X-Parts": "complete"}).text) else None
        ),
        "the calendar",
    )
    # Then one day is complete, and the others can be launched, one by one or as a backfill
    assert 'aria-label="January: 1 of 31 complete"' in part
    assert "/launch/Daily?day=2013-01-03" in part
    assert (
        "/backfills/new?pipeline=Daily&amp;parameter=day&amp;range.start=2013-01-01&amp;range.stop=2013-12-31" in part
    )
    assert "Backfill 364 days" in part
    # And who comes later sees the same, with how old it is
    assert 'aria-label="January: 1 of 31 complete"' in http.get("/pipelines/Daily?at=2013").text
    assert "Backfill" not in http.get("/pipelines/Daily?at=2012", headers={"X-Parts": "complete"}).text


def test_a_name_that_no_pipeline_has_leads_to_the_nearest(http):
    answer = http.get("/pipelines/Helo")
    assert answer.status_code == 404
    assert '<a class="name" href="/pipelines/Hello">Hello</a>' in answer.text
    assert "&lt;i&gt;" in http.get("/pipelines/%3Ci%3E").text


def test_of_two_with_one_name_one_is_chosen(running, http, monkeypatch):
    # Given two modules with a pipeline of the same name
    both = Catalogue((Pipeline("Twin", "shop.a", doc="The <one>."), Pipeline("Twin", "shop.b")))
    monkeypatch.setattr(running.services.places, "catalogue", lambda *_: both)
    # Then its address alone shows both, and each has a page
    answer = http.get("/pipelines/Twin")
    assert answer.status_code == 300
    assert "The &lt;one&gt;." in answer.text
    assert 'href="/pipelines/Twin?location=default&amp;module=shop.b"' in answer.text
    assert "shop.b" in http.get("/pipelines/Twin?location=default&module=shop.b").text
    assert rows(http.get("/pipelines").text) == ["Twin", "Twin"]


def test_what_cannot_be_imported_comes_first_with_the_line_at_fault(running, http, monkeypatch):
    # Given a module that cannot be imported any more, whose pipeline is as it was
    text = 'Traceback (most recent call last):\n  File "shop/a.py", line 4, in <module>\n    import <b>\nE: no <b>\n'
    broken = BrokenModule("shop.a", "E: no", text)
    stale = Pipeline("Old", "shop.a", stale="E: no")
    monkeypatch.setattr(running.services.places, "catalogue", lambda *_: Catalogue((stale,), (broken,)))
    shown = http.get("/pipelines").text
    assert "line 4 of" in shown
    assert '<b class="line-now">    import &lt;b&gt;</b>' in shown
    assert "Old is shown as last imported" in shown
    # Then it cannot be launched
    assert "/launch/Old" not in shown
    page = http.get("/pipelines/Old").text
    assert "It cannot be triggered now." in page
    assert "/launch/Old" not in page
