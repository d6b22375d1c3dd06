"""Comparing runs, and logs as files, from the command line and from a program."""

import json

import pytest

from trigger_service.client import Client, NoService


def pair(client):
    """A run that succeeded and one that failed."""
    hello, fails = client.run("Hello", who="you", labels={"team": "data"}), client.run("Fails")
    hello.wait(30)
    fails.wait(30)
    return hello.id, fails.id


def test_the_client_finds_its_service_and_takes_parameters_by_name(served):
    with Client() as client:
        run = client.run("Hello", who="you", times=2, workers=2, priority=3).wait(30)

        assert (run["state"], run["parameters"]) == ("succeeded", {"who": "you", "times": 2})
        assert (run["workers"], run["priority"]) == (2, 3)
        assert client.url == served.url
        assert client.plan("Hello", who="you")["pipeline"] == "Hello"


def test_a_parameter_may_have_the_name_of_an_option(served):
    with Client() as client, pytest.raises(Exception, match="priority"):
        client.run("Hello", {"who": "you", "priority": 3}, priority=5)


def test_the_client_says_that_there_is_no_service(tmp_path, monkeypatch):
    monkeypatch.delenv("LUIGI_TRIGGER_URL", raising=False)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(NoService):
        Client()


def test_a_program_reads_what_a_run_was_made_of(served):
    with Client() as client:
        a, b = pair(client)

        assert [node["task_id"] for node in client.graph(a)["nodes"]] == ["Hello_1"]
        assert client.outputs(a, exists=True)["items"] == []
        assert [attempt["number"] for attempt in client.attempts(a)] == [1]
        assert {found["name"] for found in client.diff(a, b)["differences"]} >= {"pipeline", "state", "error"}
        assert b"".join(client.download(a)).decode().endswith("\tINFO\tstdout\tHello_1\thello you 0\n")
        assert json.loads(b"".join(client.download(b, "jsonl", level="error")))["text"] == "about to fail"


def test_two_runs_are_compared_as_cells_between_tabs(served, luigi_trigger):
    a, b = pair(Client())

    said = luigi_trigger("diff", a[:30], b)

    rows = [line.split("\t") for line in said.out.splitlines()]
    assert (said.code, said.err) == (0, "")
    assert rows[0] == ["run", a, b]
    assert ["pipeline", "Hello", "Fails"] in rows
    assert ["parameters.who", "you", ""] in rows
    assert ["state", "succeeded", "failed"] in rows
    assert [row[:2] for row in rows if len(row) == 4] == [["Hello_1", "only in a"]]


def test_two_runs_are_compared_in_columns_on_a_terminal(served, on_terminal):
    a, b = pair(Client())

    terminal = on_terminal("diff", a, b)
    assert terminal.code() == 0

    shown = terminal.shown.decode()
    assert "Tasks: 0 the same, 1 different" in shown
    lines = [line for line in shown.splitlines() if line.startswith(("pipeline", "labels.team", "state"))]
    assert len({line.index(word) for line, word in zip(lines, ("Hello", "data"), strict=False)}) == 1


def test_a_comparison_as_json_is_that_of_the_api(served, luigi_trigger):
    client = Client()
    a, b = pair(client)

    assert json.loads(luigi_trigger("diff", a, b, "--json").out) == client.diff(a, b)
    assert luigi_trigger("diff", a, "ffffffff").code == 3


def test_a_log_is_written_to_a_file_whole(served, luigi_trigger, tmp_path):
    a, b = pair(Client())

    text = luigi_trigger("logs", a, "--download", str(tmp_path / "run.txt"))
    lines = luigi_trigger("logs", b, "--download", str(tmp_path / "run.jsonl"), "--regex", "^about .* fail$", "--json")

    assert (text.code, text.out) == (0, "")
    assert (tmp_path / "run.txt").read_text() == luigi_trigger("logs", a).out
    assert json.loads((tmp_path / "run.jsonl").read_text())["text"] == "about to fail"
    assert json.loads(lines.out)["bytes"] == (tmp_path / "run.jsonl").stat().st_size
    assert sorted(file.name for file in tmp_path.iterdir() if file.name.startswith((".run", "run"))) == [
        "run.jsonl",
        "run.txt",
    ]


def test_a_download_that_cannot_be_written_says_why(served, luigi_trigger, tmp_path):
    a, _ = pair(Client())

    nowhere = luigi_trigger("logs", a, "--download", str(tmp_path / "nowhere" / "run.txt"))
    both = luigi_trigger("logs", a, "-f", "--download", str(tmp_path / "run.txt"))

    assert (nowhere.code, both.code) == (2, 2)
    assert "nowhere" in nowhere.err


def test_lines_are_printed_by_expression(served, luigi_trigger):
    _, b = pair(Client())

    assert "about to fail" in luigi_trigger("logs", b, "--regex", "to f[a-z]+l").out
    refused = luigi_trigger("logs", b, "--regex", "(")
    assert (refused.code, "?regex" in refused.err) == (2, True)
