"""`backfill ...` against a running service: what it prints, and what it refuses. Nobody starts runs here."""

import json

import pytest

START = ("backfill", "start", "Daily", "--parameter", "day")
DAYS = ("--from", "2013-01-01", "--to", "2013-01-03")


@pytest.fixture
def made(luigi_trigger, served):
    """The id of a backfill of three days, of which one is complete."""
    said = luigi_trigger(*START, *DAYS, "--newest-first", "--parallel", "2", "-p", "shop=a", "--label", "team=a")
    assert said.code == 0, said.err
    return said.out.strip()


def test_a_backfill_is_started_listed_shown_resized_paused_resumed_cancelled_and_retried(luigi_trigger, made):
    (line,) = luigi_trigger("backfill", "list").out.splitlines()
    assert line == f"{made}\tDaily\trunning\t1 of 3\t0 of 2\t0\t"
    shown = json.loads(luigi_trigger("--json", "backfill", "show", made).out)
    assert (shown["order"], shown["request"]["parameters"], shown["request"]["labels"]) == (
        "newest",
        {"shop": "a"},
        {"team": "a"},
    )
    assert shown["actor"].startswith("cli ")
    told = dict(line.split("\t") for line in luigi_trigger("backfill", "show", made).out.splitlines())
    assert (told["state"], told["waiting"], told["complete"], "counts" in told) == ("running", "2", "1", False)
    assert luigi_trigger("backfill", "parts", made).out.splitlines() == [
        "2013-01-01\twaiting\t\t0\t",
        "2013-01-02\tcomplete\t\t0\t",
        "2013-01-03\twaiting\t\t0\t",
    ]
    assert luigi_trigger("backfill", "parts", made, "--state", "complete").out == "2013-01-02\tcomplete\t\t0\t\n"
    short = made[:23]
    assert "\tpaused\t" in luigi_trigger("backfill", "pause", short).out
    assert "\trunning\t" in luigi_trigger("backfill", "resume", short).out
    assert "\t0 of 5\t" in luigi_trigger("backfill", "resize", short, "5").out
    assert "\tcancelled\t1 of 3\t0 of 5\t2\t" in luigi_trigger("backfill", "cancel", short).out
    again = luigi_trigger("backfill", "cancel", short)
    assert (again.code, "\tcancelled\t" in again.out) == (0, True)
    refused = luigi_trigger("backfill", "resume", short)
    assert (refused.code, "is cancelled, so it cannot be changed" in refused.err) == (5, True)
    assert "\trunning\t1 of 3\t0 of 5\t0\t" in luigi_trigger("backfill", "retry", short).out


def test_a_dry_run_shows_the_calendar_and_makes_nothing(luigi_trigger, served):
    told = luigi_trigger(*START, *DAYS, "--dry-run")
    assert told.out == "2013-01-01\tmissing\t\n2013-01-02\tcomplete\t\n2013-01-03\tmissing\t\n"
    assert "1 complete, 2 missing" in told.err
    document = json.loads(luigi_trigger(*START, "--last", "2", "--to", "2013-01-02", "--dry-run", "--json").out)
    assert document["counts"] == {"complete": 1, "missing": 1, "unknown": 0}
    of_list = luigi_trigger(
        "backfill", "start", "Hello", "--parameter", "who", "--value", "ada", "--value", "bob", "--dry-run"
    )
    assert of_list.out == "ada\tcomplete\t\nbob\tmissing\t\n"
    assert luigi_trigger("backfill", "list").out == ""


def test_on_a_terminal_the_calendar_is_a_grid(on_terminal, served):
    terminal = on_terminal(*START, "--from", "2013-01-30", "--to", "2013-02-03", "--dry-run")
    assert terminal.code() == 0
    shown = terminal.shown.decode()
    assert "2013-01" in shown
    assert "·" in shown
    assert "■ complete, · missing, ? unknown" in shown


WRONG = (
    (START, 2, "say which values"),
    ((*START, *DAYS, "--value", "x"), 2, "say which values"),
    ((*START, "--from", "2013-13-01", "--to", "2013-01-03"), 2, '/range/start: "2013-13-01" cannot be used'),
    ((*START, "--from", "2013-01-05", "--to", "2013-01-03"), 2, '/range/stop: "2013-01-03" is before the start'),
    ((*START, *DAYS, "-p", "day=2013-01-01"), 2, "day: day gets its values from the range or list"),
    ((*START, *DAYS, "-p", "shp=1"), 2, "shp: Daily has no parameter 'shp'"),
    (("backfill", "start", "Daily", "--parameter", "dya", *DAYS), 2, "did you mean 'day'"),
    (("backfill", "start", "Hello", "--parameter", "who", *DAYS), 2, "/parameter: who is a Parameter, and ranges are"),
    (("backfill", "start", "Secretive", "--parameter", "password", "--value", "s3cret"), 2, "password is private"),
    (("backfill", "start", "Nothing", "--parameter", "day", *DAYS), 3, "There is no pipeline 'Nothing'"),
    (("backfill", "show", "0"), 3, "There is no backfill '0'"),
    (("backfill", "cancel", "019be1f4-5a10-7c21-8f0e-6a9b3c2d1e0f"), 3, "There is no backfill"),
)


def test_what_is_wrong_is_said(luigi_trigger, served):
    for words, code, said in WRONG:
        refused = luigi_trigger(*words)
        assert (refused.code, said in refused.err) == (code, True), (words, refused.err)
        assert "s3cret" not in refused.err
