import pytest
from served import service

from trigger_service.domain.run import RunError, RunRequest, Trigger
from trigger_service.domain.schedule import Timing
from trigger_service.service.overview import BARS
from trigger_service.store import runs
from trigger_service.web.pages.overview import OverviewPage


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with service(tmp_path_factory.mktemp("overview") / "home") as running:
        yield running


@pytest.fixture
def overview(served):
    """The page, or one of its parts."""

    def ask(part=None, path="/"):
        answer = served.app.test_client().get(path, headers={"X-Parts": part} if part else {})
        assert answer.status_code == 200
        return answer.text

    return ask


def run(served, pipeline, **parameters):
    return served.services.triggers.submit(RunRequest(pipeline, parameters), Trigger("api")).run.id


def test_a_pipeline_that_failed_needs_attention_until_it_is_tried_again(served, overview):
    run_id = run(served, "Fails")
    served.ended(run_id)
    shown = overview("attention")
    assert "RuntimeError: as it always does" in shown
    assert "has never succeeded" in shown
    assert f'action="/runs/{run_id}/retry"' in shown
    again = run(served, "Fails")
    served.ended(again)
    shown = overview("attention")
    assert "Failed <a" in shown
    assert f"/runs/{run_id}/retry" not in shown
    assert f"/runs/{again}/retry" in shown


def test_what_succeeded_since_needs_no_attention(served, overview):
    served.ended(run(served, "Hello", who="ada"))
    assert "Hello" not in overview("attention")
    assert 'aria-label="Hello: ' in overview("timeline")
    assert "Hello" in overview("pipelines")


def test_a_part_of_the_service_that_is_down_comes_first_with_its_reason(tmp_path):
    with service(tmp_path / "home") as served:
        served.ended(run(served, "Fails"))
        served.reasons["luigid"] = "nobody answers at 8082"
        shown = served.app.test_client().get("/").text
    attention = shown[shown.index("attention-title") :]
    assert attention.index("nobody answers at 8082") < attention.index("as it always does")
    assert 'aria-label="Health: Out of order"' in shown


def test_the_next_fire_of_a_schedule_is_told_and_is_a_ring_in_the_future(served, overview):
    served.services.automation.timetable.save("soon", Timing("interval", "30 minutes"), RunRequest("Gated"), "api")
    assert "/schedules/soon" in overview("fires")
    assert "soon fires at" in overview("timeline")


def test_a_pipeline_with_more_runs_than_the_timeline_looks_at_says_so_and_leads_to_them(served, overview):
    # Given
    ended = run(served, "Hello", who="ada")
    served.ended(ended)
    known = served.services.insights.run(ended)
    with served.database.write() as connection:
        for number in range(BARS):
            runs.insert(
                connection, known.evolve(id=f"01890a5d-ac96-774b-bcce-{number:012d}", pipeline="Busy"), identity="b"
            )
    # When
    shown = overview("timeline")
    # Then
    assert '<a href="/runs?pipeline=Busy">Busy: only the newest 300 runs</a>' in shown
    assert f">{BARS}</text>" in shown


@pytest.mark.parametrize(("asked", "chosen"), [("6", 6), ("24", 24), ("7", 12), ("x", 12)])
def test_the_hours_of_the_timeline_are_in_the_address(overview, asked, chosen):
    assert f'<a href="?hours={chosen}" aria-current="true">' in overview("timeline", f"/?hours={asked}")


def test_an_error_is_told_with_the_line_of_the_users_code_and_its_first_line_alone():
    traceback = 'Traceback (most recent call last):\n  File "/home/ada/tasks/load.py", line 7, in run\n    x = 1 / 0\n'
    view = OverviewPage(None, None, None, 12, 0.0)
    assert view.place(traceback + "ZeroDivisionError: division by zero") == "load.py:7"
    assert view.place(None) == view.place("nothing of Python") == ""
    assert view.first_line(RunError("ValueError", "first\nsecond")) == "ValueError: first"
