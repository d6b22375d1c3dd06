"""Private values stay private: no byte that child and pump leave behind holds them. And they keep runs apart."""

import itertools
import json
import os
import signal
import urllib.request

import pytest
from polling import until
from private_tasks import digest

from trigger_service.runner.spool import remove_spool

PASSWORD = "tr0ub4dor&3"
MODULE = "private_tasks"


def leaks(run, *secrets):
    """The files in the run folder that have a secret in them; links out of it are not followed."""
    files = [path for path in run.folder.path.rglob("*") if path.is_file() and not path.is_symlink()]
    return [path for path in files if any(secret.encode() in path.read_bytes() for secret in secrets)]


def ledger(results, word=""):
    return [line for line in (results / "ledger").read_text().splitlines() if line.startswith(word)]


def test_a_private_value_is_nowhere_in_what_a_run_leaves_behind(attempt):
    run = attempt("Secretive", module=MODULE).start(password=PASSWORD)
    run.wait()

    assert leaks(run, PASSWORD) == []
    assert sorted(run.texts("Secretive"))[1:] == ["logged ***", "printed ***"]
    assert run.texts("Secretive")[-1].endswith("RuntimeError: raised ***")
    assert run.folder.read_exit().error.message == "RuntimeError: raised ***"


@pytest.mark.parametrize("workers", [1, 2])
def test_two_runs_that_differ_only_in_a_private_value_do_both_their_work(attempt, results, workers):
    # Given a run in the middle of a task that has no outputs
    first = attempt("Sends", module=MODULE, workers=workers).start(token="first-token")
    until(lambda: ledger(results, "sends"), "begin of the first")
    # When another one differs in the private value alone
    second = attempt("Sends", module=MODULE, workers=workers).start(token="second-token")
    # Then it does not take the work of the first for its own
    until(lambda: len(ledger(results, "sends")) == 2, "begin of the second")
    (results / "gate").touch()
    assert (first.wait().outcome, second.wait().outcome) == ("succeeded", "succeeded")
    sent = {line.split()[0] for line in ledger(results, "sends")}
    assert sent == {f"sends-{digest(token)}" for token in ("first-token", "second-token")}
    assert first.tasks().keys() == second.tasks().keys()


@pytest.mark.parametrize(("family", "other"), [("Sends", "first-token"), ("SendsAnyhow", "second-token")])
def test_runs_with_equal_private_values_or_such_as_make_no_difference_share_their_work(attempt, results, family, other):
    first = attempt(family, module=MODULE).start(token="first-token")
    until(lambda: ledger(results, "sends"), "begin of the first")
    second = attempt(family, module=MODULE).start(token=other)
    until(lambda: any(event.kind == "waiting" for event in second.events()), "the second waits")
    (results / "gate").touch()

    assert (first.wait().outcome, second.wait().outcome) == ("succeeded", "succeeded")
    assert len(ledger(results, "sends")) == 1


def test_a_batch_has_the_private_values_of_its_members_and_luigid_has_none(attempt, results, luigid):
    run = attempt("AllPrivatelyBatched", module=MODULE).start(password=PASSWORD, token="hidden-token")

    assert run.wait().outcome == "succeeded"

    values = f"{digest(PASSWORD)} {digest('hidden-token')} {digest('by-default-9')}"
    hints = {digest(",".join(order)) for order in itertools.permutations(("hint-0", "hint-1", "hint-2"))}
    (batch,) = ledger(results, "batch")
    assert batch in {f"batch 3 {values} {hint}" for hint in hints}
    question = urllib.request.Request(f"{luigid.url}/api/task_list", data=b'data={"status":"","upstream_status":""}')
    with urllib.request.urlopen(question, timeout=30) as answer:
        told = answer.read()
    assert b"PrivatelyBatched" in told
    assert [secret for secret in (PASSWORD, "hidden-token", "by-default-9", "hint-") if secret.encode() in told] == []
    assert leaks(run, PASSWORD, "hidden-token", "by-default-9", "hint-") == []


def test_a_task_whose_id_would_give_a_private_value_away_has_another_one(attempt):
    run = attempt("PassesOn", module=MODULE).start(password=PASSWORD)

    assert run.wait().outcome == "succeeded"

    takes = next(task_id for task_id in run.tasks() if task_id.startswith("Takes"))
    root = next(task for task_id, task in run.tasks().items() if task_id.startswith("PassesOn"))
    assert takes.startswith("Takes_hidden_")
    assert root.dependencies == (takes,)
    assert run.tasks()[takes].parameters["address"] == "db://***@host"
    assert run.texts("Takes") == ["taken"]
    assert leaks(run, PASSWORD, "tr0ub4dor") == []


def test_a_value_is_whole_wherever_a_long_line_is_cut(attempt):
    run = attempt("LongLines", module=MODULE).start(password=PASSWORD)
    run.wait()

    text = "".join(run.texts("LongLines"))
    assert text.count("***" + "y" * 10) == len(PASSWORD) + 1
    assert [part for part in (PASSWORD[:3], PASSWORD[-3:]) if part in text] == []
    assert max(map(len, run.texts("LongLines"))) <= 1 << 20


def test_a_default_is_hidden_also_where_an_import_prints_it(attempt):
    run = attempt("Takes", module=MODULE, environment={"SAID_AT_IMPORT": "1"}, address="x").start()
    run.wait()

    assert "imported ***" in run.texts()
    assert leaks(run, "by-default-9") == []


def killed_in_the_middle(attempt, results):
    run = attempt("Stays", module=MODULE).start(password=PASSWORD)
    until((results / "said").exists, "output")
    run.pump.kill()
    run.pump.wait()
    os.killpg(run.child.pid, signal.SIGKILL)
    run.child.wait()
    run.folder.exit_file.write_text(json.dumps({"outcome": "lost"}))
    return run


def test_whatever_is_killed_nothing_private_is_on_a_disk_and_a_new_pump_finds_the_rest(attempt, results):
    run = killed_in_the_middle(attempt, results)
    assert leaks(run, PASSWORD) == []

    run.start_pump()
    run.pump.wait(30)

    assert run.texts("Stays") == ["ended ***", "unended ***"]
    assert leaks(run, PASSWORD) == []
    assert not run.folder.spool.is_symlink()


def test_after_a_restart_of_the_machine_the_log_is_what_was_pumped_and_says_so(attempt, results):
    run = killed_in_the_middle(attempt, results)
    memory = run.folder.spool.readlink()
    remove_spool(run.folder.spool)
    run.folder.spool.symlink_to(memory)

    run.start_pump()
    run.pump.wait(30)

    assert run.folder.pumped_file.exists()
    assert run.texts()[-1].startswith("What was printed shortly before is lost: the machine was restarted since,")
