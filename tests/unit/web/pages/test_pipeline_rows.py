"""Pipelines in a list: what their last runs say, and which of them a query asks for."""

import pytest

from trigger_service.domain.queries import RunGlance
from trigger_service.domain.run import RunRequest
from trigger_service.domain.schedule import Timing
from trigger_service.domain.scheduled import Schedule
from trigger_service.launchers.base import Pipeline
from trigger_service.web.pages.pipeline_rows import Asked, Row, address, facet_chips, kind_chips, starters


def glance(state, took=None, number=0, **more):
    ended = None if took is None else 100.0 + took
    return RunGlance(f"r{number}", "Orders", "default", state, 99.0, 100.0, ended, 1, **{"done": 0, "total": 0, **more})


def row(*runs, **more):
    return Row(
        Pipeline("Orders", "shop.orders", owner="Data", tags=("daily",), doc="Orders of a day.\n\nMore."), runs, **more
    )


def test_a_pipeline_whose_newest_ended_run_failed_is_failing_whatever_runs_now():
    assert row(glance("succeeded", 1), glance("failed", 2), glance("running")).is_failing
    assert not row(glance("failed", 1), glance("succeeded", 2), glance("cancelled", 3)).is_failing


def test_the_share_and_the_median_leave_out_what_says_nothing_of_them():
    shown = row(
        glance("succeeded", 4), glance("failed", 90), glance("cancelled", 50), glance("succeeded", 8), glance("queued")
    )
    assert (shown.share, shown.median_s) == (66, 6)
    assert (row().share, row().median_s, row().last, row().percent) == (None, None, None, None)
    assert row(glance("running", done=5, total=6)).percent == 83


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, True),
        ({"q": "ORDERS OF"}, True),
        ({"q": "more"}, False),
        ({"tag": "daily", "owner": "Data"}, True),
        ({"tag": "weekly"}, False),
        ({"show": "failing"}, False),
        ({"show": "roots", "location": "default"}, True),
        ({"show": "nonsense"}, True),
    ],
)
def test_a_query_says_which_are_shown(query, found):
    assert Asked.of(query).shows(row(glance("succeeded", 1))) is found


def test_chips_count_and_a_chosen_one_leads_back():
    # Given two pipelines of which one fails
    rows = [row(glance("failed", 1)), Row(Pipeline("Other", "shop.other", root=False, tags=("weekly",)), ())]
    asked = Asked.of({"tag": "weekly", "q": "o"})
    # Then the kinds are counted, and those of which there is none are left out
    assert [(chip.word, chip.count) for chip in kind_chips(rows, asked)] == [("all", 2), ("roots", 1), ("failing", 1)]
    # And a facet that all have tells nothing, and the chosen one comes first
    chips = facet_chips(rows, asked)
    assert [(chip.word, chip.is_on) for chip in chips] == [("weekly", True), ("daily", False), ("Data", False)]
    assert (chips[0].href, chips[1].href) == ("/pipelines?show=all&q=o", "/pipelines?show=all&q=o&tag=daily")


def test_the_next_fire_is_the_first_of_all_schedules_that_are_on():
    def schedule(name, at, paused=False):
        timing = Timing("cron", "0 0 * * *", "UTC")
        return Schedule(name, timing, RunRequest("Orders"), paused=paused, next_fire=at)

    fires, paused = starters([schedule("late", 30), schedule("soon", 20), schedule("off", 10, paused=True)], [])
    assert fires == {"Orders": (20.0, "soon")}
    assert paused == {"Orders": ["off"]}


def test_an_address_says_where_a_pipeline_is_if_another_has_its_name():
    assert address(Pipeline("a.Orders/x", "m")) == "/pipelines/a.Orders%2Fx"
    assert address(Pipeline("Orders", "m", location="night")) == "/pipelines/Orders?location=night"
    assert address(Pipeline("Orders", "m"), named=True) == "/pipelines/Orders?location=default&module=m"
