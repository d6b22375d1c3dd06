import pytest

from trigger_service.domain.glances import Bar
from trigger_service.service.overview import StartLatency
from trigger_service.web.pages.latency_picture import HIGHEST, LatencyPicture, delay
from trigger_service.web.pages.timeline_picture import NARROWEST, Timeline, row

HOUR = 3600.0
NOW = 1_700_000_000.0
AXIS = Timeline(12, NOW)


def bar(state="succeeded", began=NOW - 2 * HOUR, ended=NOW - HOUR, **more):
    return Bar("r1", "Report", state, began, more.get("started", began), ended, 1, more.get("error", ""))


def mark(*args, **more):
    return row(AXIS, "Report", [bar(*args, **more)], []).marks[0]


def test_three_quarters_of_the_width_are_past_and_a_quarter_is_to_come():
    assert AXIS.x(NOW) == 75
    assert (AXIS.x(NOW - 9 * HOUR), AXIS.x(NOW + 3 * HOUR)) == (0, 100)


def test_a_bar_reaches_from_its_start_to_its_end():
    made = mark()
    assert (made.x, round(made.x + made.width, 1)) == (AXIS.x(NOW - 2 * HOUR), round(AXIS.x(NOW - HOUR), 1))
    assert made.title == "Report, succeeded, started 20:13:20 UTC, took 1 h 0 min"


def test_a_bar_that_began_before_the_picture_begins_with_it():
    assert mark(began=NOW - 20 * HOUR).x == 0


def test_a_run_that_goes_on_reaches_to_now_and_is_pale_but_for_its_tip():
    made = mark("running", ended=None)
    assert made.x + made.width == pytest.approx(75, abs=0.02)
    assert 0 < made.pale < made.width


def test_a_run_that_took_no_time_can_be_seen_and_does_not_reach_into_the_future():
    made = mark(began=NOW - 0.1, ended=NOW)
    assert made.width == NARROWEST
    assert made.x + made.width <= 75


def test_a_queued_run_lasts_since_it_was_asked_for():
    made = mark("queued", ended=None, started=None)
    assert "asked for" in made.title
    assert made.x == AXIS.x(NOW - 2 * HOUR)


def test_a_run_whose_attempt_was_lost_is_told_from_one_that_failed():
    assert mark("failed", error="AttemptLost").state == "lost"
    assert mark("failed", error="ValueError").height > mark().height


def test_runs_of_one_state_that_overlap_are_one_bar_with_their_number_that_leads_to_all_of_them():
    # Given three runs beside each other, one of which failed, and one that comes later
    began = [NOW - 3 * HOUR + minutes * 60 for minutes in (0, 10, 20)]
    bars = [bar(began=at, ended=at + HOUR) for at in began] + [bar(began=NOW - HOUR, ended=NOW)]
    bars.append(bar("failed", began=began[0], ended=began[0] + 600))
    # When
    made = row(AXIS, "Report", bars, [])
    # Then
    assert [(mark.state, mark.count) for mark in made.marks] == [("failed", 1), ("succeeded", 3), ("succeeded", 1)]
    several = made.marks[1]
    assert (several.x, several.middle) == (AXIS.x(began[0]), pytest.approx(55.56, abs=0.02))
    assert several.title == "Report, 3 succeeded, from 19:13:20 UTC to 20:33:20 UTC"
    assert several.href == (
        "/runs?pipeline=Report&state=succeeded&from=2023-11-14+19%3A13%3A20.000&to=2023-11-14+19%3A33%3A20.001"
    )
    assert made.words == "Report: 4 succeeded, 1 failed"
    assert made.numbers == [several]


def test_a_busy_row_has_few_bars_and_of_numbers_in_one_place_that_of_the_failures():
    bars = [bar(began=NOW - number * 60, ended=NOW - number * 60 + 1) for number in range(1, 400)]
    bars += [bar("failed", began=NOW - number * 60, ended=NOW - number * 60 + 1) for number in range(1, 400)]
    made = row(AXIS, "Report", bars, [], 300)
    assert [(mark.state, mark.count) for mark in made.marks] == [("failed", 399), ("succeeded", 399)]
    assert [mark.state for mark in made.numbers] == ["failed"]
    assert made.words == "Report: 399 failed, 399 succeeded, of the newest 300 runs"


def test_coming_fires_lie_in_the_future():
    made = row(AXIS, "Report", [], [("nightly", NOW + HOUR)])
    assert 75 < made.rings[0].x < 100
    assert made.words == "Report: 1 to come"


@pytest.mark.parametrize("hours", [6, 12, 24])
def test_ticks_are_full_hours_within_the_picture(hours):
    axis = Timeline(hours, NOW)
    ticks = list(axis.ticks)
    assert 4 <= len(ticks) <= 13
    assert all(moment % HOUR == 0 and 0 < x < 100 for moment, x, _ in ticks)


def test_the_highest_hour_of_start_latency_stands_out_and_hours_without_runs_are_left_out():
    hours = [None] * 22 + [0.03, 0.06]
    picture = LatencyPicture(StartLatency(hours, 1_699_920_000, 0.04, 0.06, 0.06, "r1"))
    lower, higher = picture.columns
    assert (lower.is_highest, higher.is_highest) == (False, True)
    assert (lower.height, higher.height) == (HIGHEST / 2, HIGHEST)
    assert picture.words == "Start latency by hour: median 40 ms, highest hour 60 ms, 95th percentile 60 ms"


def test_delays_have_as_many_digits_as_matter():
    assert [delay(seconds) for seconds in (0.038, 1.23, 75)] == ["38 ms", "1.2 s", "1 min 15 s"]
