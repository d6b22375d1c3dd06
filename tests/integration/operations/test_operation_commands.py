"""The commands that take targets away, put them back and retry from a task; and their page, as it stands."""

import json
import os
import pty
import re
import subprocess
from pathlib import Path

import pytest
from product import COMMAND

PAGE = Path(__file__).parents[3] / "docs/how-to/invalidate.md"


@pytest.fixture
def call(town):
    """Runs a command in the folder of the service; gives exit code, output and what is for people."""

    def run(*arguments, **more):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LUIGI_")}
        done = subprocess.run(
            [COMMAND, *arguments], cwd=town.folder, env=environment, capture_output=True, text=True, check=False, **more
        )
        return done.returncode, done.stdout, done.stderr

    return run


def test_the_blocks_of_the_page_do_what_they_say(town, call):
    # Given a run of the pipeline that the page speaks of, and what stands for ids
    run = town.build("Joined", name="2013-01")
    town.written(town.path("2013-01.Joined"))
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    commands = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    assert len(commands) == 8
    operation = ""
    for command in commands:
        words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', command)]
        words = [{"OPERATION": operation, "RUN": run}.get(word, word) for word in words]
        code, out, err = call(*words[1:])
        assert code == 0, (command, out, err)
        if words[1:3] == ["targets", "invalidate"] and "--yes" in words:
            operation = out.strip()
        if words[1] == "retry" and "--yes" in words:
            town.reaches(out.strip(), "succeeded")
            operation = town.get(f"/operations?run={out.strip()}")["items"][0]["id"]
    assert [town.runs_of(task, "2013-01") for task in ("Raw", "Left", "Right", "Joined")] == [2, 3, 2, 3]


def test_without_a_terminal_nothing_is_moved_unless_it_is_said(town, call):
    town.build("Left", name="i")
    town.written(town.path("i.Left"))

    code, out, err = call("targets", "invalidate", "data/i.raw")

    assert (code, "say --yes" in err) == (2, True)
    assert [line.split("\t")[0] for line in out.splitlines()] == ["movable", "movable"]
    assert town.names("i") == ["Left", "given", "raw"]


def test_documents_are_given_as_json_and_ids_may_be_shortened(town, call):
    town.build("Left", name="j")
    town.written(town.path("j.Left"))

    operation = json.loads(call("--json", "targets", "invalidate", "data/j.Left", "--yes")[1])
    listed = json.loads(call("--json", "targets", "trash")[1])["items"]
    (item,) = json.loads(call("--json", "targets", "trash", operation["id"])[1])["items"]
    shown, held = (
        call("targets", "show", "data/j.Left")[1],
        json.loads(call("--json", "targets", "show", "data/j.Left")[1]),
    )
    undone = json.loads(call("--json", "targets", "undo", operation["id"][:-3])[1])
    back = json.loads(call("--json", "targets", "show", "data/j.Left")[1])

    assert (operation["state"], undone["state"]) == ("moved", "undone")
    assert operation["id"] in [each["id"] for each in listed]
    assert (item["url"], item["state"]) == (town.path("j.Left"), "trashed")
    assert f"waits in that of operation {operation['id']} until 2" in shown
    assert (held["trash"]["operation_id"], back["trash"]) == (operation["id"], None)
    assert held["trash"]["expires_at"] > held["trash"]["moved_at"]


def test_what_waits_in_the_trash_is_deleted_for_good_once_it_is_said(town, call):
    # Given two operations
    for name in ("p", "q"):
        town.build("Left", name=name)
        town.written(town.path(f"{name}.Left"))
    ids = [call("targets", "invalidate", f"data/{name}.Left", "--yes")[1].strip() for name in ("p", "q")]
    # When nobody says so, nothing is deleted
    code, out, err = call("targets", "purge", ids[0])
    assert (code, "say --yes" in err) == (2, True)
    assert out.split("\t")[:3] == [ids[0], "moved", "1"]
    assert len(town.waiting()[ids[0]]) == 1
    assert call("targets", "purge")[0] == call("targets", "purge", ids[0], "--all")[0] == 2
    # And when somebody does, that of one operation, and of all
    (purged,) = json.loads(call("--json", "targets", "purge", ids[0][:-3], "--yes")[1])["items"]
    assert (purged["id"], purged["state"], purged["counts"]["purged"]) == (ids[0], "expired", 1)
    assert ids[0] not in town.waiting()
    assert len(town.waiting()[ids[1]]) == 1
    code, out, _ = call("targets", "purge", "--all", "--yes")
    assert (code, ids[1] in out.split()) == (0, True)
    assert town.waiting() == {}
    assert call("targets", "purge", "--all", "--yes")[:2] == (0, "")
    assert call("targets", "purge", ids[0], "--yes")[0] == 5
    assert call("targets", "undo", ids[0])[0] == 5


def test_what_is_refused_is_told_with_the_reason_and_an_exit_code(town, call):
    old = town.build("Unmovable", name="k")

    code, out, err = call("retry", old, "--everything", "--yes")
    assert (code, out) == (5, "")
    assert "a OwnTarget cannot be moved" in err
    assert "Nothing was moved." in err
    assert call("retry", old, "--everything", "--dry-run")[0] == 5
    assert call("retry", old, "--from", "Nobody")[0] == 3
    assert call("retry", old, "--from", "Raw", "--everything")[0] == 2
    assert call("targets", "invalidate", "data/nothing.there", "--yes")[0] == 3
    assert call("targets", "undo", "nothing")[0] == 3


def test_on_a_terminal_it_is_shown_and_asked(town):

    town.build("Left", name="l")
    town.written(town.path("l.Left"))
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LUIGI_")}
    with subprocess.Popen(
        [COMMAND, "targets", "invalidate", "data/l.raw"],
        cwd=town.folder, env={**environment, "TERM": "dumb", "COLUMNS": "200"},
        stdin=theirs, stdout=theirs, stderr=theirs,
    ) as process:  # fmt: skip
        os.close(theirs)
        shown = ""
        while "[y/N]" not in shown:
            shown += os.read(ours, 4096).decode()
        os.write(ours, b"y\n")
        try:
            while read := os.read(ours, 4096).decode():
                shown += read
        except OSError:
            pass
        code = process.wait(30)
    os.close(ours)

    assert code == 0, shown
    assert "2 targets, 23 bytes; to build them again: expected" in shown
    assert "in the trash until" in shown
    assert "To put everything back: luigi-trigger targets undo" in shown
    assert town.names("l") == ["given"]
