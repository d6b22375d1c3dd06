"""Addresses of the list of runs, and its rows."""

import pytest

from trigger_service.domain.errors import InvalidRequest
from trigger_service.domain.run import Run, RunError, Trigger
from trigger_service.web.pages.filters import Address
from trigger_service.web.pages.run_query import seconds, taken_apart
from trigger_service.web.pages.run_row import RunRow
from trigger_service.web.pages.runs import asked_for

NOW = 1_000_000.0
ID = "01890a5d-ac96-774b-bcce-b302099a8056"


def a_run(**more):
    about = {"pipeline": "Hello", "module": "tasks", "parameters": {}, "texts": {}, "task_id": "Hello_1"}
    return Run(**{"id": ID, "state": "succeeded", "trigger": Trigger("api"), "created_at": 1.0, **about, **more})


def test_each_filter_of_an_address_is_taken_away_by_a_link_that_keeps_the_others():
    address = Address("/runs", (("state", "failed"), ("state", "queued"), ("label", "a:b&c"), ("cursor", "x")))
    chips = address.chips(("state", "label"))
    assert [(chip.label, chip.value) for chip in chips] == [
        ("state", "failed"),
        ("state", "queued"),
        ("label", "a:b&c"),
    ]
    assert chips[0].href == "/runs?state=queued&label=a%3Ab%26c"
    assert str(address.without("state").without("cursor").without("label")) == "/runs"


def test_an_address_is_a_filter_of_runs():
    asked = [("state", "failed"), ("parameter", "at:10:30"), ("label", "team:a"), ("from", "24h")]
    wanted = asked_for(asked).filter(NOW, lambda _: [ID])
    assert (wanted.states, wanted.ids) == (("failed",), None)
    assert (wanted.parameters, wanted.labels) == ({"at": "10:30"}, {"team": "a"})
    assert wanted.created_after == NOW - 86_400


def test_stuck_and_late_are_asked_for_like_states_though_none_is_kept():
    wanted = asked_for([("state", "stuck"), ("state", "failed")]).filter(NOW, lambda trouble: [trouble])
    assert (wanted.states, wanted.ids) == (("failed",), ("stuck",))
    wanted = asked_for([("state", "stuck"), ("state", "late")]).filter(NOW, lambda trouble: [trouble])
    assert (wanted.states, sorted(wanted.ids)) == ((), ["late", "stuck"])


@pytest.mark.parametrize(
    "pair",
    [("state", "broken"), ("label", "team"), ("from", "soon"), ("to", "2013-13-01"), ("nmae", "x"), ("seen", "nan")],
)
def test_a_filter_with_a_mistake_is_refused_by_its_name(pair):
    with pytest.raises(InvalidRequest) as refused:
        asked_for([pair])
    assert refused.value.problems[0].pointer.startswith(f"?{pair[0]}")


@pytest.mark.parametrize(
    ("text", "moment"),
    [("30min", NOW - 1800), ("7d", NOW - 604_800), ("1970-01-02", 86_400.0), ("1970-01-01T01:00+01:00", 0.0)],
)
def test_a_moment_is_a_date_of_utc_or_how_long_ago(text, moment):
    assert seconds(text, NOW) == moment


def test_filters_that_are_written_in_the_text_are_taken_out_of_it():
    assert taken_apart("state:failed disk full pipeline:A") == ("disk full", [("state", "failed"), ("pipeline", "A")])
    assert taken_apart("no mystate:x http://a") == ("no mystate:x http://a", [])


def test_a_bar_shows_a_duration_beside_the_median():
    short = RunRow(a_run(started_at=10.0, finished_at=15.0), 10.0, NOW).bar
    assert short.end * 2 == pytest.approx(short.median, abs=0.2)
    long = RunRow(a_run(started_at=10.0, finished_at=30.0), 10.0, NOW).bar
    assert 95 < long.end <= 100
    assert RunRow(a_run(), 10.0, NOW).bar is None
    assert RunRow(a_run(started_at=10.0, finished_at=30.0), None, NOW).bar is None


def test_a_live_run_is_late_when_it_lasts_much_longer_than_the_median():
    assert RunRow(a_run(state="running", started_at=NOW - 100), 60.0, NOW).state == "late"
    assert RunRow(a_run(state="running", started_at=NOW - 80), 60.0, NOW).state == "running"
    assert RunRow(a_run(state="running", started_at=NOW - 5), 1.0, NOW).state == "running"


def test_a_failed_run_tells_the_first_line_of_its_error():
    error = RunError("OutputMissing", "\nit is not there\nand more")
    assert RunRow(a_run(state="failed", error=error), None, NOW).error == "OutputMissing: it is not there"
    error = RunError("TaskFailed", "KeyError: 'x'", "Hello_1")
    assert RunRow(a_run(state="failed", error=error), None, NOW).error == "KeyError: 'x'"
    long = RunRow(a_run(state="failed", error=RunError("E", "x" * 5000)), None, NOW).error
    assert len(long) < 500
    assert RunRow(a_run(state="failed", reason="nobody knows"), None, NOW).error == "nobody knows"
