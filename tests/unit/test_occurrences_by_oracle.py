"""Schedules fire when each minute, looked at by itself, says so; and as cronsim does, where nothing is added to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from crontab_oracle import crontabs, moments
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from trigger_service.domain.errors import InvalidRequest
from trigger_service.domain.schedule import Timing
from trigger_service.service.occurrences import Occurrences


def occurrences_of(crontab, zone):
    """The fires of an expression, or None where it asks for days that there are not."""
    try:
        return Occurrences(Timing("cron", crontab.text, zone.key))
    except InvalidRequest as refused:
        [problem] = refused.problems
        assert "never fires" in problem.detail
        return None


def check_each_minute(crontab, moment):
    zone, begin = moment
    end = begin + timedelta(days=1.5)
    occurrences = occurrences_of(crontab, zone)
    found = [] if occurrences is None else list(occurrences.due(begin.timestamp(), end.timestamp()))
    assert found == crontab.fires(zone, begin, end)


@settings(max_examples=80, deadline=None)
@given(crontabs, moments)
def test_cron_fires_as_each_minute_says_around_changes_of_the_clocks(crontab, moment):
    check_each_minute(crontab, moment)


@pytest.mark.long
@pytest.mark.timeout(1200)
@settings(max_examples=10_000, deadline=None)
@given(crontabs, moments)
def test_ten_thousand_expressions_fire_as_each_minute_says(crontab, moment):
    check_each_minute(crontab, moment)


@settings(max_examples=200, deadline=None)
@given(crontabs, st.integers(0, 2**32))
def test_readings_without_changes_of_the_clocks_are_those_of_cronsim(crontab, moment):
    occurrences = occurrences_of(crontab, ZoneInfo("UTC"))
    assume(occurrences is not None)
    theirs = CronSim(crontab.text, datetime.fromtimestamp(moment, UTC))
    assert list(islice(occurrences.after(moment), 5)) == [int(time.timestamp()) for time in islice(theirs, 5)]


@settings(max_examples=200, deadline=None)
@given(crontabs, moments)
def test_changes_of_the_clocks_are_those_of_cronsim_where_it_has_the_same_rule(crontab, moment):
    zone, begin = moment
    by_local_time = not crontab.every_hour and not crontab.minute[0].startswith("*") and crontab.hour[0][0] != "*"
    by_elapsed_time = crontab.hour[0] == "*" and zone.key in ("Europe/Berlin", "America/New_York")
    assume(by_local_time or by_elapsed_time)
    occurrences = occurrences_of(crontab, zone)
    assume(occurrences is not None)
    # cronsim takes the second of two equal local times for the first
    assume(begin.astimezone(zone).fold == 0)
    theirs = [int(time.timestamp()) for time in islice(CronSim(crontab.text, begin.astimezone(zone)), 5)]
    assert list(islice(occurrences.after(begin.timestamp()), 5)) == theirs


@settings(max_examples=200, deadline=None)
@given(crontabs, moments, st.integers(0, 7 * 24 * 3600))
def test_it_does_not_matter_when_one_looks(crontab, moment, seconds):
    # Given the fires after one moment
    zone, begin = moment
    occurrences = occurrences_of(crontab, zone)
    assume(occurrences is not None)
    first = list(islice(occurrences.after(begin.timestamp()), 20))
    # When one looks again, later
    later = begin.timestamp() + seconds
    rest = [fire for fire in first if fire > later]
    # Then they are the same ones
    assert list(islice(occurrences.after(later), len(rest))) == rest
