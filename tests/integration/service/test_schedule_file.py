"""schedules.toml: what stands in it is made, changed and removed, and nothing else is touched."""

from __future__ import annotations

from dataclasses import replace

import pytest

from trigger_service.domain.errors import InvalidRequest, PipelineBroken, ScheduleManaged, ZygoteUnavailable
from trigger_service.domain.run import RunRequest
from trigger_service.domain.schedule import Timing
from trigger_service.service.schedule_file import ScheduleFile, read_schedule

NIGHTLY = """
[nightly]
pipeline = "Work"
cron = "30 3 * * *"
timezone = "Europe/Berlin"
overlap = "skip"
parameters = { n = 1, month = "{{ fire_time - 1 day | month }}" }
pools = []
labels = { team = "data" }
"""
HOURLY = """
[hourly]
pipeline = "Work"
every = "1 hour"
start = 2013-01-01T00:30:00
"""


@pytest.fixture
def filed(house, tmp_path):
    """A service and its file: `filed(text)` writes the file and looks at it."""
    service = house()
    path = tmp_path / "schedules.toml"
    file = ScheduleFile(path, service.timetable)

    def write(text):
        path.write_text(text)
        file.look()
        return {schedule.name: schedule for schedule in service.timetable.listed()}

    write.service, write.look, write.path = service, file.look, path
    return write


def test_what_stands_in_the_file_is_made_changed_and_removed(filed):
    # When it is made
    found = filed(NIGHTLY + HOURLY)
    # Then
    assert {schedule.managed_by for schedule in found.values()} == {"schedules.toml"}
    assert found["nightly"].timing == Timing("cron", "30 3 * * *", "Europe/Berlin", overlap="skip")
    assert found["nightly"].request.labels == {"team": "data"}
    assert found["hourly"].timing.start == "2013-01-01T00:30:00"
    # When one is changed and one is gone
    found = filed(HOURLY.replace("1 hour", "2 hours"))
    # Then
    assert list(found) == ["hourly"]
    assert found["hourly"].timing.expression == "2 hours"
    done = [row.change.action for row in filed.service.pools.changes(None, None, 9)]
    assert done == ["schedule removed", "schedule changed", "schedule made", "schedule made"]


def test_what_is_as_it_was_goes_on_so_that_what_was_missed_is_made_up_for(filed):
    # Given a fire that is due since before the restart
    made = filed(HOURLY)["hourly"]
    # When
    found = filed(HOURLY + "# a remark\n")["hourly"]
    # Then
    assert found == made


def test_a_mistake_in_one_schedule_leaves_it_as_it_was_and_the_others_are_made(filed, caplog):
    filed(NIGHTLY)
    found = filed(NIGHTLY.replace("30 3", "61 3") + HOURLY)
    assert found["nightly"].timing.expression == "30 3 * * *"
    assert "hourly" in found
    assert "schedule nightly of" in caplog.text
    assert "61" in caplog.text


def test_a_file_that_cannot_be_read_or_is_gone_changes_nothing(filed, caplog):
    filed(NIGHTLY)
    assert list(filed("[nightly\n")) == ["nightly"]
    assert "line 1" in caplog.text
    filed.path.unlink()
    filed.look()
    filed.look()
    assert caplog.text.count("is gone; its schedules stay") == 1
    assert [schedule.name for schedule in filed.service.timetable.listed()] == ["nightly"]


def test_what_stands_in_the_file_is_changed_there_only_and_what_people_made_by_them(filed):
    timetable = filed.service.timetable
    timetable.save("hourly", Timing("interval", "5 minutes"), RunRequest("Work"), "cli ada")
    found = filed(NIGHTLY + HOURLY)
    assert found["hourly"].timing.expression == "5 minutes"
    with pytest.raises(ScheduleManaged, match=r"stands in schedules.toml: change it there"):
        timetable.save("nightly", Timing("interval", "5 minutes"), RunRequest("Work"), "cli ada")
    with pytest.raises(ScheduleManaged):
        timetable.remove("nightly", "cli ada")
    assert timetable.pause("nightly", True, "cli ada").next_fire is None
    assert filed(NIGHTLY)["nightly"].paused


def test_a_schedule_that_nobody_can_judge_yet_is_made_at_a_later_look(filed):
    judge = filed.service.host.validate
    filed.service.host.validate = _unavailable
    assert filed(NIGHTLY) == {}
    filed.service.host.validate = judge
    filed.look()
    assert [schedule.name for schedule in filed.service.timetable.listed()] == ["nightly"]


def test_a_schedule_of_code_that_is_broken_or_not_there_yet_is_made_when_it_is(filed, caplog):
    # Given a file with a schedule of a module that cannot be imported, and one of a pipeline that there is not
    judge, host = filed.service.host.validate, filed.service.host
    host.validate = _broken
    assert filed(NIGHTLY + HOURLY.replace("Work", "Later")) == {}
    filed.look()
    filed.look()
    assert caplog.text.count("schedule nightly of") == caplog.text.count("schedule hourly of") == 1
    # When the code is mended, and then the pipeline written
    host.validate = judge
    filed.look()
    assert [schedule.name for schedule in filed.service.timetable.listed()] == ["nightly"]
    host._pipelines = (*host._pipelines, replace(host._pipelines[0], family="Later"))
    filed.look()
    # Then
    assert [schedule.name for schedule in filed.service.timetable.listed()] == ["hourly", "nightly"]


def _broken(*_):
    raise PipelineBroken(module="tasks.work", reason="SyntaxError")


def _unavailable(*_):
    raise ZygoteUnavailable(reason="it starts")


@pytest.mark.parametrize(
    ("table", "pointer", "told"),
    [
        ({"pipeline": "Work"}, "/x", "say when"),
        ({"pipeline": "Work", "cron": "@daily", "every": "1 hour"}, "/x", "say when"),
        ({"cron": "@daily"}, "/x", "say which pipeline"),
        ({"pipeline": "Work", "cron": "@daily", "pipelin": "Work"}, "/x/pipelin", "did you mean 'pipeline'?"),
        ({"pipeline": "Work", "cron": 5}, "/x/cron", "expected a text, not 5"),
        ({"pipeline": "Work", "cron": "@daily", "pools": "a"}, "/x/pools", "expected a list of texts"),
        ({"pipeline": "Work", "cron": "@daily", "priority": True}, "/x/priority", "expected a number"),
        ({"pipeline": "Work", "cron": "@daily", "labels": []}, "/x/labels", "expected a table"),
        (5, "/x", "expected a table, as in [x], not 5"),
    ],
)
def test_every_mistake_in_a_table_is_named(table, pointer, told):
    with pytest.raises(InvalidRequest) as refused:
        read_schedule("x", table)
    (problem,) = refused.value.problems
    assert problem.pointer == pointer
    assert told in problem.detail
