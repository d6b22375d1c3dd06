"""The command line against a running service: what it prints into a pipe, and how it exits."""

import json
import os
import signal
import subprocess
import sys

import pytest
from calls import command
from polling import until
from served import service

from trigger_service.domain.run import RunRequest, Trigger

HELLO = ("run", "Hello", "-p", "who=you")
MANY = RunRequest("Hello", {"who": "you", "times": 3000})


def test_run_prints_the_id_and_nothing_else(luigi_trigger, served):
    said = luigi_trigger(*HELLO)

    assert (said.code, said.err) == (0, "")
    run = served.ended(said.out.strip())
    assert (run.state, run.trigger.kind) == ("succeeded", "cli")
    assert said.out == f"{run.id}\n"


def test_run_hands_on_everything_it_is_told(luigi_trigger, served):
    limits = ["--workers", "2", "--priority", "7", "--run-timeout", "60", "--max-attempts", "2"]
    options = ["-p", "times:=3", "--label", "team=data", *limits]

    said = luigi_trigger(*HELLO, *options)

    run = served.ended(said.out.strip())
    assert run.parameters == {"who": "you", "times": 3}
    assert (run.workers, run.priority, run.labels, run.timeout_s, run.max_attempts) == (2, 7, {"team": "data"}, 60, 2)


def test_waiting_prints_how_the_run_ended_and_exits_by_it(luigi_trigger, served):
    succeeded, failed = luigi_trigger(*HELLO, "--wait"), luigi_trigger("run", "Fails", "--wait")

    assert succeeded.code == 0
    assert succeeded.out.endswith("\tsucceeded\n")
    assert failed.code == 1
    assert failed.out.endswith("\tfailed\n")
    assert "RuntimeError: as it always does" in failed.err


def test_following_prints_the_output_and_says_on_stderr_how_it_ended(luigi_trigger, served):
    said = luigi_trigger(*HELLO, "-p", "times=2", "--follow")

    assert said.code == 0
    lines = [line.split("\t") for line in said.out.splitlines()]
    assert [line[1:] for line in lines] == [["INFO", "stdout", "Hello_1", f"hello you {n}"] for n in range(2)]
    assert "succeeded, 1/1 tasks done" in said.err


def test_nothing_that_goes_into_a_pipe_has_colours(luigi_trigger, served):
    said = luigi_trigger("run", "Fails", "--follow")
    listed = luigi_trigger("runs")

    assert said.code == 1
    assert "\x1b" not in said.out + said.err + listed.out


def test_with_json_stdout_is_one_document(luigi_trigger, served):
    accepted = json.loads(luigi_trigger(*HELLO, "--json").out)
    waited = luigi_trigger(*HELLO, "--wait", "--json")
    followed = luigi_trigger("run", "Fails", "--follow", "--json")
    before = luigi_trigger("--json", "runs", accepted["id"])

    assert accepted["pipeline"] == "Hello"
    assert json.loads(waited.out)["state"] == "succeeded"
    assert (followed.code, json.loads(followed.out)["state"]) == (1, "failed")
    assert "about to fail" in followed.err
    assert json.loads(before.out)["id"] == accepted["id"]


def test_waiting_stops_after_the_time_that_was_given(luigi_trigger, served):
    said = luigi_trigger("run", "Gated", "--wait", "--timeout", "0.3")

    assert said.code == 5
    assert "the run goes on" in said.err


def test_the_same_idempotency_key_gives_the_same_run(luigi_trigger, served):
    first = luigi_trigger(*HELLO, "--idempotency-key", "k1")
    again = luigi_trigger(*HELLO, "--idempotency-key", "k1")

    assert first.out == again.out


def test_runs_are_listed_as_cells_between_tabs(luigi_trigger, served):
    run_id = luigi_trigger(*HELLO, "--wait").out.split("\t")[0]
    luigi_trigger("run", "Fails", "--wait")

    everything = luigi_trigger("runs").out.splitlines()
    some = luigi_trigger("runs", "--pipeline", "Hello", "--state", "succeeded").out.splitlines()
    page = json.loads(luigi_trigger("runs", "--limit", "1", "--json").out)

    assert len(everything) == 2
    assert some[0].split("\t")[:4] == [run_id, "succeeded", "Hello", "1/1"]
    assert [run["pipeline"] for run in page["items"]] == ["Fails"]
    assert page["next_cursor"]


def test_a_run_is_shown_by_the_beginning_of_its_id(luigi_trigger, served):
    run_id = luigi_trigger(*HELLO, "--wait").out.split("\t")[0]

    shown = dict(line.split("\t", 1) for line in luigi_trigger("runs", run_id[:20]).out.splitlines())

    assert shown["id"] == run_id
    assert shown["state"] == "succeeded"
    assert json.loads(shown["parameters"])["who"] == "you"


def test_an_id_that_is_too_short_to_be_unique_is_not_guessed(luigi_trigger, served):
    first = luigi_trigger(*HELLO).out.strip()
    luigi_trigger(*HELLO)
    # the first characters of an id are its time: these change once in hours
    common = first[:5]

    said = luigi_trigger("runs", common)

    assert said.code == 3
    assert common in said.err


def test_logs_are_printed_and_filtered(luigi_trigger, served):
    run_id = luigi_trigger(*HELLO, "-p", "times=3", "--wait").out.split("\t")[0]

    everything = luigi_trigger("logs", run_id)
    some = luigi_trigger("logs", run_id, "--grep", "you 1", "--task", "Hello", "--level", "info")
    as_json = luigi_trigger("logs", run_id, "--json")

    assert len(everything.out.splitlines()) == 3
    assert [line.split("\t")[-1] for line in some.out.splitlines()] == ["hello you 1"]
    assert [json.loads(line)["text"] for line in as_json.out.splitlines()] == [f"hello you {n}" for n in range(3)]


def test_a_run_is_cancelled_once_and_retried_as_a_new_one(luigi_trigger, served):
    run_id = luigi_trigger("run", "Gated").out.strip()
    served.running(run_id)

    cancelled = luigi_trigger("cancel", run_id)
    served.ended(run_id)
    again = luigi_trigger("cancel", run_id)
    retried = luigi_trigger("retry", run_id)

    assert (cancelled.code, cancelled.out) == (0, f"{run_id}\tcancelling\n")
    assert again.code == 5
    assert "cancelled" in again.err
    assert retried.code == 0
    assert served.services.insights.run(retried.out.strip()).retry_of == run_id


def test_a_retry_can_be_followed_to_its_end(luigi_trigger, served):
    run_id = luigi_trigger("run", "Fails", "--wait").out.split("\t")[0]

    waited = luigi_trigger("retry", run_id, "--wait")
    followed = luigi_trigger("retry", run_id, "--follow")
    refused = luigi_trigger("retry", run_id, "--timeout", "1")

    assert (waited.code, waited.out.split("\t")[1]) == (1, "failed\n")
    assert followed.code == 1
    assert "about to fail" in followed.out
    assert "failed" in followed.err
    assert (refused.code, "--timeout needs --wait or --follow" in refused.err) == (2, True)
    assert len(luigi_trigger("runs").out.splitlines()) == 3


def test_pipelines_are_listed_and_shown(luigi_trigger, served):
    listed, shown = luigi_trigger("pipelines"), luigi_trigger("pipelines", "Hello")

    assert listed.out.splitlines()[0] == "Hello\ttasks.hello\tdefault\tGreets.\twarm"
    assert [line.split("\t")[:4] for line in shown.out.splitlines()] == [
        ["who", "Parameter", "required", "text"],
        ["times", "IntParameter", "default 1", "an integer, for example 5"],
    ]
    assert json.loads(luigi_trigger("pipelines", "--json").out)["items"][0]["family"] == "Hello"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("run", "Helo"), 3, "Hello"),
        (("pipelines", "Helo"), 3, "Hello"),
        (("runs", "ffffffff"), 3, "no run 'ffffffff'"),
        (("runs", "../../etc"), 2, "expected a run's id"),
        (("logs", "ab"), 2, "4 at least"),
        (("logs", "ffffffff"), 3, "no run"),
        (("cancel", "ffffffff"), 3, "no run"),
        (("retry", "ffffffff"), 3, "no run"),
        (("run", "Hello", "-p", "who"), 2, "NAME=VALUE"),
        (("run", "Hello", "-p", "who:={"), 2, "not JSON"),
        (("run", "Hello", "--if-active", "maybe"), 2, "if-active"),
        (("run", "Hello", "--timeout", "3"), 2, "--timeout needs"),
        (("run",), 2, "Missing argument"),
        (("walk",), 2, "No such command"),
        (("rnus",), 2, "Did you mean runs"),
        (("runs", "--web"), 2, "--web needs the ID"),
        (("runs", "--state", "gone"), 2, "?state"),
    ],
)
def test_a_mistake_is_explained_on_stderr_with_its_exit_code(luigi_trigger, served, arguments, code, said):
    result = luigi_trigger(*arguments)

    assert result.code == code
    assert said in result.err
    assert result.out == ""


def test_all_problems_of_a_request_are_listed(luigi_trigger, served):
    said = luigi_trigger("run", "Hello", "--param", "whom=x", "--workers", "0")

    assert said.code == 2
    assert "3 problems" in said.err
    for name in ("/workers:", "whom:", "who:"):
        assert f"  {name}" in said.err


def test_a_rejected_second_run_is_a_conflict(luigi_trigger, served):
    served.running(luigi_trigger("run", "Gated").out.strip())

    assert luigi_trigger("run", "Gated", "--if-active", "reject").code == 5


def test_without_a_service_it_says_what_was_tried_and_how_to_start_one(luigi_trigger, tmp_path, monkeypatch):
    monkeypatch.delenv("LUIGI_TRIGGER_URL", raising=False)
    monkeypatch.chdir(tmp_path)

    nothing, dead = luigi_trigger("runs"), luigi_trigger("runs", "--url", "http://127.0.0.1:1")

    assert (nothing.code, dead.code) == (5, 5)
    assert f"No Luigi Trigger service runs in {tmp_path} or above it" in nothing.err
    assert "http://127.0.0.1:1" in dead.err
    assert "luigi-trigger up" in nothing.err
    assert "luigi-trigger up" in dead.err


def test_the_service_of_the_folder_is_found_from_below_it_and_an_option_goes_before_it(
    luigi_trigger, tmp_path, monkeypatch
):
    with service(tmp_path / "project" / ".luigi-trigger") as running:
        address = tmp_path / "project" / ".luigi-trigger" / "service.json"
        address.write_text(json.dumps({"url": running.url, "pid": os.getpid()}))
        below = tmp_path / "project" / "tasks"
        below.mkdir()
        monkeypatch.chdir(below)
        monkeypatch.delenv("LUIGI_TRIGGER_URL", raising=False)

        assert luigi_trigger("pipelines").code == 0
        assert luigi_trigger("pipelines", "--url", "http://127.0.0.1:1").code == 5
        monkeypatch.setenv("LUIGI_TRIGGER_URL", "http://127.0.0.1:1")
        assert luigi_trigger("pipelines").code == 5
        assert luigi_trigger("--url", running.url, "pipelines").code == 0


def test_an_address_of_something_else_is_said(luigi_trigger, served):
    said = luigi_trigger("runs", "--url", f"{served.url}/healthz")

    assert said.code == 3
    assert "Traceback" not in said.err


def test_a_reader_that_has_had_enough_is_no_error(served):
    run_id = served.services.triggers.submit(MANY, Trigger("api")).run.id
    served.ended(run_id)
    with command("logs", run_id, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(30) == 0
        assert process.stderr.read() == b""


def test_interrupting_says_that_the_run_goes_on_and_how_to_end_it(served):
    with command("run", "Gated", "--follow", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert b"waiting" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        said = process.stderr.read().decode()

    run_id = said.split()[-1]
    assert "The run goes on" in said
    assert f"luigi-trigger cancel {run_id}" in said
    # the line may have come before the word that the run has begun
    until(lambda: served.services.insights.run(run_id).state == "running", "the run goes on")


@pytest.mark.parametrize("arguments", [["--help"], ["runs"]], ids=" ".join)
def test_help_and_the_list_of_runs_need_none_of_the_heavy_libraries(served, arguments):
    code = f"import sys\ntry:\n    from trigger_service.cli import main; main({arguments})\nexcept SystemExit: pass\n"
    code += "print([n for n in ('flask','sqlalchemy','luigi','requests','rich','pydantic') if n in sys.modules])"

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)

    assert (ran.stdout.splitlines()[-1], ran.stderr) == ("[]", "")


def test_a_follower_of_a_run_that_somebody_else_cancels_ends_with_it(luigi_trigger, served):
    with command("run", "Gated", "--follow", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert b"waiting" in process.stdout.readline()
        luigi_trigger("cancel", luigi_trigger("runs").out.split("\t")[0])
        assert process.wait(30) == 1
        assert "cancelled" in process.stderr.read().decode()


def test_eventually_everything_is_final(luigi_trigger, served):
    ids = [luigi_trigger("run", "Hello", "-p", f"who={n}").out.strip() for n in range(5)]

    until(lambda: all(served.services.insights.run(run_id).finished_at for run_id in ids), "all runs end")
    assert len(luigi_trigger("runs", "--state", "succeeded").out.splitlines()) == 5
