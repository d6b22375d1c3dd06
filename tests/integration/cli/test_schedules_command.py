"""`schedules ...` against a running service: what it prints, and what it refuses."""

import json

import pytest

SAVE = ("schedules", "save", "nightly", "Hello")
WHEN = ("--cron", "30 3 * * *", "--timezone", "Europe/Berlin", "--overlap", "skip")


@pytest.fixture
def nightly(luigi_trigger, served):
    """There is a schedule."""
    said = luigi_trigger(*SAVE, "-p", "who={{ fire_time | date }}", "--label", "team=a", *WHEN)
    assert said.code == 0, said.err
    return served


def test_a_schedule_is_saved_listed_shown_and_removed(luigi_trigger, nightly):
    (line,) = luigi_trigger("schedules", "list").out.splitlines()
    shown = json.loads(luigi_trigger("--json", "schedules", "show", "nightly").out)
    assert line == f"nightly\tHello\t30 3 * * * Europe/Berlin\t{shown['next_fire']}"
    assert shown["request"]["parameters"] == {"who": "{{ fire_time | date }}"}
    assert shown["request"]["labels"] == {"team": "a"}
    assert (shown["timing"]["overlap"], shown["timing"]["misfire"]) == ("skip", "once")
    assert luigi_trigger("schedules", "fires", "nightly").out == ""
    assert luigi_trigger("schedules", "remove", "nightly").code == 0
    assert luigi_trigger("schedules", "list").out == ""


def test_a_schedule_is_paused_and_resumed_alone_or_with_all(luigi_trigger, nightly):
    assert luigi_trigger("schedules", "pause", "nightly").out == "nightly\tpaused\n"
    assert luigi_trigger("schedules", "pause", "--all").out == ""
    assert luigi_trigger("schedules", "resume", "--all").out.startswith("nightly\t20")
    assert luigi_trigger("schedules", "resume").code == 2
    assert luigi_trigger("schedules", "pause", "nightly", "--all").code == 2


def test_a_preview_tells_what_changes_of_the_clocks_do(luigi_trigger, served):
    when = ("--at", "2031-03-30T02:30", "--timezone", "Europe/Berlin")
    told = luigi_trigger("schedules", "preview", *when).out
    note = "the clocks go forward: 02:30 does not exist, fires at 03:00"
    assert told == f"2031-03-30T03:00:00+02:00\t2031-03-30T01:00:00Z\t{note}\n"


WRONG = (
    ((*SAVE, "-p", "who=x"), 2, "say when, by one of --cron, --every and --at"),
    ((*SAVE, "-p", "who=x", "--every", "1 day", "--at", "2031-01-01"), 2, "say when"),
    ((*SAVE, "-p", "who={{ fire_tim }}", "--every", "1 day"), 2, "who: '{{ fire_tim }}', position 4: there is no"),
    ((*SAVE, "-p", "who=x", "--cron", "61 * * * *"), 2, "/timing/expression: minute, column 1"),
    ((*SAVE, "-p", "who=x", "--at", "2013-01-01T00:00"), 2, "no fire of it is to come"),
    (("schedules", "save", "x", "Nothing", "--every", "1 day"), 3, "There is no pipeline 'Nothing'"),
    (("schedules", "show", "nothing"), 3, "There is no schedule 'nothing'"),
    (("schedules", "fires", "nothing"), 3, "There is no schedule 'nothing'"),
    (("schedules", "preview", "--every", "5 fortnights"), 2, "unit, column 3"),
    (("schedules", "save", "x", "Secretive", "-p", "password=s3cret", "--every", "1 day"), 2, "is private"),
)


def test_what_is_wrong_is_said(luigi_trigger, served):
    for words, code, said in WRONG:
        refused = luigi_trigger(*words)
        assert (refused.code, said in refused.err) == (code, True), (words, refused.err)
        assert "s3cret" not in refused.err
