"""The real scheduler, in processes of its own, over changes of the clocks and steps of its clock."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections import defaultdict
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from moved_clock import MovedClock
from polling import until

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
HOUR_S = 3600
#: Zone, moment of the change, minutes ahead of UTC before and after it.
CHANGES = {
    "Berlin, spring": ("Europe/Berlin", "2026-03-29T01:00Z", 60, 120),
    "Berlin, autumn": ("Europe/Berlin", "2026-10-25T01:00Z", 120, 60),
    "New York, spring": ("America/New_York", "2026-03-08T07:00Z", -300, -240),
    "New York, autumn": ("America/New_York", "2026-11-01T06:00Z", -240, -300),
    "Lord Howe, half an hour back": ("Australia/Lord_Howe", "2026-04-04T15:00Z", 660, 630),
    "Lord Howe, half an hour forward": ("Australia/Lord_Howe", "2026-10-03T15:30Z", 630, 660),
    "Sao Paulo, at midnight back": ("America/Sao_Paulo", "2018-02-18T02:00Z", -120, -180),
    "Sao Paulo, at midnight forward": ("America/Sao_Paulo", "2018-11-04T03:00Z", -180, -120),
}
IN_SHORT = ("Berlin, spring", "Berlin, autumn", "Lord Howe, half an hour back")


class Scheduler:
    """A process with a clock of its own; several may share a home folder."""

    def __init__(self, home: Path, begin: float, name: str = "one") -> None:
        self._looked = home / f"{name}.looked"
        self.clock = MovedClock(home / f"{name}.clock")
        self.clock.put(begin)
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "clockwork.py"), str(home), name],
            env={**self.clock.environment(), "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.has_looked()

    def save(self, name: str, expression: str, kind: str = "interval", **timing: object) -> int:
        """Save a schedule; gives its next fire."""
        order = [name, {"kind": kind, "expression": expression, **timing}]
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def put(self, moment: float) -> None:
        """Move its clock, and wait until it has looked by it."""
        self.clock.put(moment)
        self.has_looked()

    def has_looked(self) -> None:
        """Wait until a look that has begun after now, by its clock, is over."""
        asked = self.clock.now()
        until(lambda: self._looked.exists() and asked <= float(self._looked.read_text()) < asked + 60, "a look")

    def end(self) -> None:
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


@pytest.fixture
def scheduler(tmp_path):
    """Starts schedulers on one home folder."""
    made = []

    def make(begin: float, **more: str) -> Scheduler:
        made.append(Scheduler(tmp_path, begin, **more))
        return made[-1]

    yield make
    for each in made:
        each.end()


@pytest.fixture
def fires(tmp_path):
    """The times by schedule of the fires in one state; each that has started a run has one of its own."""

    def read(state: str = "started") -> dict[str, list[int]]:
        with closing(sqlite3.connect(tmp_path / "database.sqlite3")) as connection:
            rows = connection.execute("SELECT schedule, fire_time, state, run_id FROM fires ORDER BY 2").fetchall()
            runs = connection.execute("SELECT id, trigger_by FROM runs").fetchall()
        started = [(run_id, schedule) for schedule, _, _, run_id in rows if run_id is not None]
        if all(each[2] != "pending" for each in rows):
            assert sorted(started) == sorted(runs)
        found = defaultdict(list)
        for schedule, fire_time, its_state, _ in rows:
            if its_state == state:
                found[schedule].append(fire_time)
        return dict(found)

    return read


def clock_time(moment: int) -> str:
    """Minute and hour as cron has them, of what a clock shows that is as many seconds from midnight."""
    return f"{moment // 60 % 60} {moment // HOUR_S % 24} * * *"


@pytest.mark.parametrize(
    "change", [name if name in IN_SHORT else pytest.param(name, marks=pytest.mark.long) for name in CHANGES]
)
def test_over_a_change_of_the_clocks_each_schedule_fires_as_the_pages_say(scheduler, fires, change):
    # Given schedules of all kinds, some hours before the clocks change
    zone, text, before_min, after_min = CHANGES[change]
    changed, before_s, after_s = int(datetime.fromisoformat(text).timestamp()), before_min * 60, after_min * 60
    begin, end = changed - 3 * HOUR_S + 450, changed + 3 * HOUR_S + 450
    running = scheduler(begin)
    timing = {"timezone": zone, "grace_s": HOUR_S}
    skipped = after_s > before_s
    # in the middle of what is left out, or of what comes twice
    odd = changed + (before_s + after_s) // 2
    running.save("odd", clock_time(odd), "cron", **timing)
    running.save("before", clock_time(changed + min(before_s, after_s) - HOUR_S), "cron", **timing)
    running.save("after", clock_time(changed + max(before_s, after_s) + HOUR_S), "cron", **timing)
    running.save("quarters", "*/15 * * * *", "cron", **timing)
    running.save("elapsed", "20 minutes", **timing)
    day = datetime.fromisoformat("2013-01-01").replace(hour=odd // HOUR_S % 24, minute=odd // 60 % 60)
    running.save("days", "1 day", **timing, start=day.isoformat())
    # When the night goes by
    for moment in range(begin + 900, end, 900):
        running.put(moment)
    # Then each has fired when it should: what is left out right after it, what comes twice the first time
    until(lambda: fires("pending") == {}, "no fire waits")
    length = abs(after_s - before_s)
    expected = {
        "odd": [changed if skipped else changed - length // 2],
        "before": [changed - HOUR_S - (0 if skipped else length)],
        "after": [changed + HOUR_S + (0 if skipped else length)],
        "quarters": [moment for moment in range(begin, end - 900) if moment % 900 == 0],
        "elapsed": [moment for moment in range(begin, end - 900) if moment % 1200 == 0],
        "days": [changed if skipped else changed - length // 2],
    }
    assert {name: [time for time in times if time < end - 900] for name, times in fires().items()} == expected


def test_a_clock_that_is_stepped_by_hours_makes_each_fire_what_its_policy_says_and_none_twice(scheduler, fires):
    # Given
    begin = 1_800_000_300
    running = scheduler(begin)
    for misfire in ("skip", "once", "all"):
        running.save(misfire, "10 minutes", misfire=misfire)
    due = [begin + 300 + number * 600 for number in range(18)]
    # When the clock is put forward by three hours
    running.put(begin + 3 * HOUR_S)
    until(lambda: fires("pending") == {} and len(fires()) == 2, "all runs")
    # Then
    assert fires() == {"once": due[-1:], "all": due}
    assert fires("missed") == {"skip": due, "once": due[:-1]}
    # When it is put back by five
    running.put(begin - 2 * HOUR_S)
    # Then it still fires what is due by then, and nothing a second time
    fresh = running.save("fresh", "10 minutes")
    assert begin - 2 * HOUR_S < fresh <= begin - 2 * HOUR_S + 600
    running.put(fresh - 1)
    until(lambda: "fresh" in fires(), "the fire of a schedule that was saved after the step")
    assert fires() == {"once": due[-1:], "all": due, "fresh": [fresh]}
    # And where it has come to the next fires of the others again, these go on
    running.put(due[-1] + 601)
    until(lambda: fires("pending") == {} and fires().get("skip"), "all runs")
    assert fires()["skip"] == [due[-1] + 600]
    assert fires()["once"] == [*due[-1:], due[-1] + 600]
    assert fires()["all"] == [*due, due[-1] + 600]


def test_of_two_processes_with_one_database_each_fires_what_the_other_has_not(scheduler, fires):
    # Given two hundred schedules that are due in the same second
    begin = 1_800_000_300
    running = scheduler(begin)
    names = [f"s{number:03}" for number in range(200)]
    due = {running.save(name, "10 minutes") for name in names}
    assert due == {begin + 300}
    other = scheduler(begin, name="other")
    # When it comes, to both
    for each in (running, other):
        each.clock.put(begin + 298.5)
    until(lambda: len(fires()) == len(names), "all runs")
    for each in (running, other):
        each.has_looked()
    # Then each has fired once, and there is no other run
    assert fires() == {name: [begin + 300] for name in names}
    assert fires("missed") == {}
