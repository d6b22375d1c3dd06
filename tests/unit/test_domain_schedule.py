"""Which fires are made up for, and by how much fires are put off."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trigger_service.domain.schedule import DAY_S, MISFIRES, MOST, Timing, Upcoming, decide, jitter, word_problems

NOW = 1_800_000_000
HOUR = 3600


def timing(misfire, **others):
    return Timing("cron", "0 * * * *", misfire=misfire, **others)


def hours_ago(*hours):
    return [NOW - hour * HOUR for hour in hours]


@pytest.mark.parametrize("misfire", MISFIRES)
def test_a_fire_within_its_grace_is_fired_whatever_the_policy(misfire):
    for late in (0, 59, 60):
        decision = decide([NOW - late], NOW, timing(misfire))
        assert decision.fire == (NOW - late,)
        assert decision.missed == ()


def test_late_fires_are_missed_under_skip():
    decision = decide([*hours_ago(3, 2, 1), NOW - 61, NOW - 1], NOW, timing("skip"))
    assert decision.fire == (NOW - 1,)
    assert [missed.fire_time for missed in decision.missed] == [*hours_ago(3, 2, 1), NOW - 61]
    assert decision.missed[0].reason == "3 h late, and late fires are skipped (more than 1 min after their time)"


def test_one_fire_stands_for_all_that_are_late_under_once():
    decision = decide(hours_ago(30, 2, 1), NOW, timing("once"))
    assert decision.fire == tuple(hours_ago(1))
    assert [missed.fire_time for missed in decision.missed] == hours_ago(30, 2)
    assert decision.missed[0].reason == "1 day 6 h late, and one fire stands for all that are late"


def test_a_fire_that_is_on_time_is_the_one_that_stands_for_the_late_ones():
    decision = decide([*hours_ago(2, 1), NOW], NOW, timing("once"))
    assert decision.fire == (NOW,)
    assert "the next, which is on time" in decision.missed[0].reason


def test_all_late_fires_are_made_up_for_up_to_the_bound_and_the_newest_ones():
    decision = decide(hours_ago(5, 4, 3, 2, 1, 0), NOW, timing("all", misfire_limit=3))
    assert decision.fire == tuple(hours_ago(3, 2, 1, 0))
    assert [missed.fire_time for missed in decision.missed] == hours_ago(5, 4)
    assert decision.missed[0].reason == "5 h late, and only the newest 3 that are late are made up for"


def test_grace_begins_after_the_longest_jitter():
    rule = timing("skip", jitter_s=600, grace_s=30)
    assert decide([NOW - 630], NOW, rule).fire == (NOW - 630,)
    assert decide([NOW - 631], NOW, rule).fire == ()


def test_fires_beyond_number_are_told_in_one_line():
    # Given a fire each second for a day, as a generator that could go on for ever
    due = (second for second in range(NOW - DAY_S, NOW + 1))
    # When they are decided on
    decision = decide(due, NOW, timing("all", grace_s=0))
    # Then the newest ones are told one by one, and those before them together
    assert len(decision.fire) == 101
    assert len(decision.missed) == MOST - 100
    assert decision.missed[0].count == DAY_S - MOST + 1
    assert decision.missed[0].reason.startswith(f"{DAY_S - MOST + 1} fires, the last of them 16 min 40 s late")
    assert sum(missed.count for missed in decision.missed) + len(decision.fire) == DAY_S + 1


@given(
    st.lists(st.integers(0, 3 * DAY_S), unique=True, max_size=30),
    st.sampled_from(MISFIRES),
    st.integers(1, 10),
    st.integers(0, DAY_S),
)
def test_each_due_fire_is_fired_or_missed_and_never_both(ages, misfire, limit, grace):
    due = sorted(NOW - age for age in ages)
    decision = decide(due, NOW, timing(misfire, misfire_limit=limit, grace_s=grace))
    missed = [fire.fire_time for fire in decision.missed]
    assert sorted([*decision.fire, *missed]) == due
    assert list(decision.fire) == sorted(decision.fire)
    assert missed == sorted(missed)
    on_time = [fire for fire in due if NOW - fire <= grace]
    made_up = set(decision.fire) - set(on_time)
    assert set(on_time) <= set(decision.fire)
    assert len(made_up) <= {"skip": 0, "once": int(not on_time), "all": limit}[misfire]
    assert all("\n" not in fire.reason for fire in decision.missed)


@given(st.text(), st.integers(0, 2**40), st.floats(0, DAY_S))
def test_a_jitter_is_within_its_bounds(name, fire_time, longest):
    assert 0 <= jitter(name, fire_time, longest) <= longest


def test_a_jitter_is_the_same_in_every_process_and_another_for_each_fire():
    code = f"from trigger_service.domain.schedule import jitter; print(jitter('nightly', {NOW}, 600))"
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(there.stdout) == jitter("nightly", NOW, 600)
    spread = [jitter("nightly", NOW + day * DAY_S, 600) for day in range(1000)]
    assert len(set(spread)) == 1000
    assert 270 < sum(spread) / 1000 < 330
    assert jitter("hourly", NOW, 600) != jitter("nightly", NOW, 600)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("kind", "crontab"),
        ("misfire", "twice"),
        ("overlap", ""),
        ("jitter_s", -1),
        ("jitter_s", float("nan")),
        ("grace_s", DAY_S + 1),
        ("grace_s", True),
        ("misfire_limit", 0),
        ("misfire_limit", 1.5),
        ("misfire_limit", MOST + 1),
    ],
)
def test_a_word_or_number_that_is_none_is_told_with_what_was_expected(member, value):
    [problem] = word_problems(Timing(**{"kind": "cron", "expression": "* * * * *", member: value}))
    assert problem.pointer == f"/{member}"
    assert repr(value) in problem.detail
    assert "expected" in problem.detail


def test_a_timing_of_words_has_no_problems():
    assert list(word_problems(timing("all", jitter_s=0.5, overlap="replace"))) == []


def test_an_upcoming_fire_is_shown_as_an_object():
    fire = Upcoming(NOW, "2027-01-15T09:00:00", "2027-01-15T08:00:00Z", "+01:00")
    assert fire.to_json() == {
        "at": NOW,
        "local": "2027-01-15T09:00:00",
        "utc": "2027-01-15T08:00:00Z",
        "offset": "+01:00",
        "note": None,
    }
