"""The timeline of a run: waits, tries, what is expected, closed families."""

import pytest
from run_tasks import BEGAN, run, table, task

from trigger_service.web.pages.gantt import Times, gantt


def drawn(tasks, opened=(), tries=None, starts=None, ended=BEGAN + 100, is_live=False, **more):
    times = Times(BEGAN, ended, is_live, starts or {}, tries or {})
    of = run("running" if is_live else "succeeded")
    return gantt(table(tasks, of, now=ended, **more), times, opened)


def percent(seconds, of=100):
    return pytest.approx(100 * seconds / (of * 1.02), abs=0.01)


def test_a_task_waits_from_when_it_could_run_and_runs_from_when_it_began():
    # Given
    tasks = [
        task("Raw_1", "done", start=BEGAN + 10, end=BEGAN + 30),
        task("Root_1", "done", ["Raw_1"], BEGAN + 50, BEGAN + 100),
    ]
    # When
    raw, root = drawn(tasks).strips
    # Then
    assert (raw.name, raw.note, root.note) == ("Raw", "0:20", "0:50")
    assert raw.waits == ((0, percent(10)),)
    assert root.waits == ((percent(30), percent(50)),)
    assert (root.bars[0].x, root.bars[0].width) == (percent(50), percent(50))
    assert drawn(tasks).now is None


def test_each_try_is_a_bar_and_the_failed_ones_are_marked():
    begun = [(BEGAN, BEGAN + 10), (BEGAN + 20, BEGAN + 30)]
    tasks = [task("Shaky_1", "done", start=BEGAN + 20, end=BEGAN + 30, executions=2)]
    (strip,) = drawn(tasks, tries={"Shaky_1": begun}).strips
    assert [bar.state for bar in strip.bars] == ["failed", "succeeded"]
    assert strip.failures == (percent(10),)
    assert strip.waits == ((percent(10), percent(20)),)
    assert strip.note.endswith("try 2")


def test_of_a_live_run_what_waits_has_the_outline_of_its_median_where_it_could_begin():
    # Given a task that runs and one that waits for it
    tasks = [task("Raw_1", "running", start=BEGAN), task("Root_1", needs=["Raw_1"])]
    # When
    found = drawn(
        tasks, ended=BEGAN + 50, is_live=True, medians={"Raw": 80.0, "Root": 20.0}, starts={"Root_1": BEGAN + 80}
    )
    # Then the axis goes to the expected end, and now is on it
    raw, root = found.strips
    assert found.now == percent(50)
    assert [(bar.shape, bar.width) for bar in raw.bars] == [("mark", percent(50)), ("ghost", percent(80))]
    assert [(bar.shape, bar.x, bar.width) for bar in root.bars] == [("ghost", percent(80), percent(20))]


def test_a_large_family_is_closed_but_for_what_failed_runs_was_tried_again_or_is_chosen():
    # Given
    day = [task(f"Day_{n}", "done", start=BEGAN + n, end=BEGAN + n + 1) for n in range(10)]
    day[3] = task("Day_3", "failed", start=BEGAN + 3, end=BEGAN + 4)
    # When
    closed, opened = drawn(day, chosen="Day_7"), drawn(day, opened=("Day",))
    # Then
    assert [(strip.name, strip.is_closed, strip.is_chosen) for strip in closed.strips] == [
        ("Day", True, False),
        ("3", False, False),
        ("7", False, True),
    ]
    assert closed.strips[0].note == "9 of 10, failed"
    assert (closed.alone, closed.total) == (2, 10)
    assert [strip.name for strip in opened.strips] == ["Day", *map(str, range(10))]


def test_of_very_many_tasks_small_families_are_closed_too_until_one_is_opened():
    # Given a family of two, in a run of more tasks than are drawn alone
    tasks = [task(f"Day_{n}", "done", start=BEGAN + n, end=BEGAN + n + 1) for n in range(40)]
    tasks += [task(f"Pair_{n}", "done", start=BEGAN + n, end=BEGAN + n + 1) for n in range(2)]
    # Then
    assert [strip.name for strip in drawn(tasks).strips] == ["Day", "Pair"]
    assert drawn(tasks).closed == ("Day", "Pair")
    assert [strip.name for strip in drawn(tasks, opened=("Pair",)).strips] == ["Day", "Pair", "0", "1"]
    assert drawn(tasks, opened=("Pair",)).closed == ("Day",)


def test_families_that_were_complete_are_counted_and_have_no_row():
    found = drawn([task("Old_1", "complete"), task("Root_1", "done", ["Old_1"], BEGAN, BEGAN + 1)])
    assert ((found.not_run, found.why), [strip.name for strip in found.strips]) == ((1, "complete before"), ["Root"])
    both = drawn([task("Old_1", "complete"), task("Shared_1", "complete", done_by="run 7")])
    assert (both.not_run, both.why) == (2, "done by another run or complete before")


@pytest.mark.parametrize("lasted", [0.2, 7, 95, 4_000, 90_000, 5_000_000])
def test_ticks_are_round_moments_and_few(lasted):
    found = drawn([task("Root_1", "done", start=BEGAN, end=BEGAN + lasted)], ended=BEGAN + lasted)
    assert 1 <= len(found.ticks) <= 10
    assert all(moment == int(moment) and 0 <= x <= 100 for moment, x in found.ticks)
