"""Backfills without a database: what they do, and when they can be expected to end."""

from __future__ import annotations

import pytest

from trigger_service.domain.backfills import PART_STATES, Backfill, Overview, expected_end
from trigger_service.domain.calendars import Answer, Question, Survey
from trigger_service.domain.run import RunRequest

BACKFILL = Backfill(
    id="b",
    request=RunRequest("Daily", {"shop": "a"}),
    parameter="day",
    order="oldest",
    parallel=2,
    wish="running",
    actor="cli ada",
    created_at=0.0,
    updated_at=0.0,
)


def overview(wish="running", **counts):
    return Overview(BACKFILL.evolve(wish=wish), {**dict.fromkeys(PART_STATES, 0), **counts})


@pytest.mark.parametrize(
    ("shown", "state"),
    [
        (overview(waiting=1), "running"),
        (overview(started=1), "running"),
        (overview(succeeded=3, failed=1), "finished"),
        (overview("paused", waiting=1), "paused"),
        (overview("paused", started=1), "paused"),
        (overview("paused", succeeded=1), "finished"),
        (overview("cancelled", started=1, cancelled=1), "cancelled"),
        (overview("cancelled", cancelled=1), "cancelled"),
    ],
)
def test_it_is_finished_once_nothing_waits_and_nothing_is_live(shown, state):
    assert shown.state == state


def test_the_request_of_a_part_has_its_value_beside_what_is_fixed():
    assert BACKFILL.request_for("2013-01-01").parameters == {"shop": "a", "day": "2013-01-01"}
    assert BACKFILL.request.parameters == {"shop": "a"}


@pytest.mark.parametrize(
    ("waiting", "live_since", "parallel", "durations", "end"),
    [
        (0, [], 1, [10.0], 100.0),
        (3, [], 1, [10.0], 130.0),
        (3, [], 2, [10.0], 120.0),
        (3, [], 9, [5.0, 15.0], 110.0),
        (0, [95.0], 1, [10.0], 105.0),
        (1, [95.0], 1, [10.0], 115.0),
        (2, [95.0, 99.0], 2, [10.0], 119.0),
        # one that takes longer than all before ends now, as far as can be told
        (1, [10.0], 1, [10.0], 110.0),
        # it was made smaller: of three live ones the first two make no room
        (1, [91.0, 92.0, 93.0], 1, [10.0], 113.0),
        (1, [], 1, [], None),
    ],
)
def test_the_end_is_expected_as_if_each_took_what_the_others_took_on_average(
    waiting, live_since, parallel, durations, end
):
    assert expected_end(100.0, waiting, live_since, parallel, durations) == end


def test_values_that_were_not_asked_are_unknown_for_the_reason_why_it_was_cut():
    question = Question("day", ("1", "2", "3"))
    partly = Survey(("1", "2", "3"), (Answer("complete", "its output exists"),), cut="the time was over")
    assert [(item.value, item.status, item.reason) for item in partly.items(question)] == [
        ("1", "complete", "its output exists"),
        ("2", "unknown", "the time was over"),
        ("3", "unknown", "the time was over"),
    ]
    unread = Survey(None, (), cut="the time was over")
    assert [(item.value, item.status) for item in unread.items(question)] == [(v, "unknown") for v in ("1", "2", "3")]
