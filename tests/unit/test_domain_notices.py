"""Which rules tell of what, what is told together, when it is tried again, and how it reads."""

import html
import json

import pytest

from trigger_service.domain import notice_texts as texts
from trigger_service.domain.notices import (
    RETRY_S,
    Channel,
    Message,
    Notice,
    Rule,
    folding,
    is_long,
    tried_in_vain,
)
from trigger_service.domain.plan import Span
from trigger_service.domain.run import Run, RunError, Trigger

RUN = Run(
    id="019be1e2-7c40-7b4e-9b1d-3f6f0a5c8d21",
    state="failed",
    pipeline="FlightsReport",
    module="tasks.flights",
    parameters={"month": "2013-01"},
    texts={"month": "2013-01"},
    task_id="FlightsReport_2013_01",
    trigger=Trigger("api"),
    created_at=100.0,
    labels={"team": "data"},
    error=RunError("TaskFailed", "KeyError: 'AA' in row 17", "LoadFlights_2013_01", "Traceback"),
)
LINK = "https://luigi.example.org/api/v1/runs/1"


def rule(**more):
    return Rule(**{"name": "ops", "events": ("failed",), "channel": Channel("slack"), **more})


def failure(**more):
    return Notice.of_run("failed", RUN, 1_769_000_000.0).evolve(**more)


@pytest.mark.parametrize(
    ("more", "covered"),
    [
        ({}, True),
        ({"pipelines": ("Flights*",)}, True),
        ({"pipelines": ("Other", "*Report")}, True),
        ({"pipelines": ("flights*",)}, False),
        ({"pipelines": ("Report",)}, False),
        ({"labels": {"team": "data"}}, True),
        ({"labels": {"team": "web"}}, False),
        ({"labels": {"team": "data", "tier": "1"}}, False),
        ({"events": ("recovered", "late")}, False),
        ({"paused": True}, False),
    ],
)
def test_a_rule_tells_of_its_events_pipelines_and_labels_only(more, covered):
    assert rule(**more).covers("failed", "FlightsReport", {"team": "data", "tier": "2"}) is covered


def test_the_same_error_with_other_numbers_is_told_together_and_nothing_else_is():
    same = failure(error_message="KeyError: 'AA' in row 2300", run_id="other", parameters={"month": "2013-02"})
    others = [
        failure(error_message="KeyError: 'AB' in row 17"),
        failure(error_type="RunTimeout"),
        failure(pipeline="Other"),
        failure(event="long"),
        failure(schedule="nightly"),
    ]
    assert same.fold == failure().fold
    assert len({failure().fold, *(other.fold for other in others)}) == 6
    assert same.key != failure().key


def message(due_at, more=0, state="sent"):
    return Message("m", "ops", failure(more=more), "k", state=state, due_at=due_at)


def test_of_what_is_the_same_the_first_is_told_at_once_and_then_how_many_more():
    # the first, and one that comes after the time is over
    assert folding(None, 300, 1000).at is None
    assert folding(message(1000), 300, 1300).at is None
    # the second waits for the end of the time, and the third with it
    assert folding(message(1000), 300, 1001).at == 1300
    assert folding(message(1300, more=1, state="pending"), 300, 1299).into == "m"
    # what comes once that was sent, or is to be sent already, waits for the end of the next
    assert folding(message(1300, more=4), 300, 1301).at == 1600
    assert folding(message(1300, more=4, state="pending"), 300, 1300).at == 1600
    # with no time to fold, all are told
    assert folding(message(1000), 0, 1000).at is None


def test_a_message_is_tried_for_about_a_day_with_growing_pauses_and_then_given_up():
    tried, now, pauses = message(0, state="pending"), 0.0, []
    while tried.state == "pending":
        tried = tried_in_vain(tried.evolve(tries=tried.tries + 1), "refused", now, intervals=RETRY_S, luck=0.0)
        if tried.next_try_at is not None:
            pauses.append(tried.next_try_at - now)
            now = tried.next_try_at
    assert tuple(pauses) == RETRY_S
    assert 23 * 3600 < now < 25 * 3600
    assert (tried.state, tried.next_try_at, tried.last_error) == ("failed", None, "refused; given up after 10 tries")


def test_a_pause_is_longer_by_luck_and_by_what_the_receiver_asks_for_within_bounds():
    tried = message(0, state="pending").evolve(tries=1)
    pauses = [
        tried_in_vain(tried, "", 100.0, intervals=RETRY_S, luck=luck, rest_s=rest_s).next_try_at
        for luck, rest_s in ((1.0, 0.0), (0.0, 60.0), (0.0, 1e9))
    ]
    assert pauses == [105.5, 160.0, 100.0 + RETRY_S[-1]]


@pytest.mark.parametrize(
    ("took_s", "usual", "is_so"),
    [
        (500.0, Span(200, 180, 230, 5), True),
        (399.0, Span(200, 180, 230, 5), False),
        (500.0, Span(200, 180, 600, 5), False),  # some took as long before
        (500.0, Span(200, 180, 230, 4), False),  # too few to know
        (59.0, Span(1, 1, 1, 50), False),  # nobody is woken for seconds
        (61.0, Span(1, 1, 1, 50), True),
        (500.0, None, False),
    ],
)
def test_a_run_is_long_against_the_history_of_its_pipeline(took_s, usual, is_so):
    assert is_long(took_s, usual, 2.0) is is_so


@pytest.mark.parametrize(
    ("notice", "subject"),
    [
        (failure(), "FlightsReport has failed: KeyError: 'AA' in row 17"),
        (failure(more=4), "FlightsReport has failed (4 more): KeyError: 'AA' in row 17"),
        (failure(error_type="RunTimeout", error_message="600 s"), "FlightsReport has failed: RunTimeout: 600 s"),
        (failure(event="recovered", error_type=""), "FlightsReport has succeeded again"),
        (failure(event="late", schedule="nightly", error_type=""), "schedule nightly of FlightsReport is late"),
        (failure(event="long", error_type=""), "FlightsReport takes longer than usual"),
        (failure(event="test", error_type=""), "this is a test"),
        (failure(error_message="one\ntwo\x1b[31m"), "FlightsReport has failed: one\\ntwo\\x1b[31m"),
    ],
)
def test_the_subject_says_in_one_line_what_has_happened(notice, subject):
    assert texts.subject(notice) == subject
    assert "\n" not in texts.subject(failure(error_message="x\n" * 5000))


def test_each_form_has_the_error_the_last_lines_of_the_task_and_the_link():
    told = failure(lines=("loading <2013-01>", "no carrier 'AA' & more"), more=2)
    document = texts.webhook(told, LINK)
    forms = [texts.body(told, LINK), html.unescape(texts.html_body(told, LINK))]
    forms += [html.unescape(texts.slack(told, LINK)["text"]), json.dumps(document)]
    for form in forms:
        for part in ("KeyError: 'AA'", "LoadFlights_2013_01", "loading <2013-01>", "'AA' & more", LINK, "month"):
            assert part in form, (part, form)
    assert (document["type"], document["timestamp"]) == ("run.failed", "2026-01-21T12:53:20Z")
    assert (document["data"]["more"], document["data"]["run_id"]) == (2, RUN.id)
    # markup of Slack and HTML is nobody's but ours
    assert "&lt;2013-01&gt;" in texts.slack(told, LINK)["text"]
    assert "<2013-01>" not in texts.html_body(told, LINK)


def test_what_there_is_not_is_not_told():
    late = Notice("late", 100.0, "Work", schedule="nightly", fire_time=40, reason="")
    assert texts.body(late, LINK).splitlines() == [
        "pipeline: Work", "schedule: nightly", "fire time: 1970-01-01T00:00:40Z", "time: 1970-01-01T00:01:40Z",
    ]  # fmt: skip
    assert texts.webhook(late, LINK)["data"]["url"] is None


def test_a_long_error_and_long_lines_are_cut_where_they_are_told():
    told = failure(error_message="x" * 9000, lines=("y" * 9000, "the end"))
    assert len(texts.slack(told, LINK)["text"]) < 4000
    assert "the end" in texts.slack(told, LINK)["text"]


def test_what_a_message_tells_is_stored_as_json():
    told = failure(lines=("a", "b"))
    assert Notice.from_json(json.loads(json.dumps(told.to_json()))) == told
    assert Notice.from_json(json.loads(json.dumps(failure().to_json()))).lines is None
