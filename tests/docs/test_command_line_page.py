"""The page of the command line: its exit codes and its members of JSON are those of the commands."""

import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from receivers import Receiver

from trigger_service.cli import failures, main
from trigger_service.cli.commands import COMMANDS

PAGE = (Path(__file__).parents[2] / "docs/how-to/command-line.md").read_text()


def table(heading):
    """The rows of the table below a heading, as lists of cells."""
    lines = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| ")][1:]


MEMBERS = {
    command: re.findall(r"`(\w+)`", row[1].split(": each")[0].split(": runs")[0].split(": by variable")[0])
    for row in table("JSON")[1:]
    for command in re.findall(r"`([^`]+)`", row[0])
}


@pytest.fixture(scope="module")
def slack():
    """Takes messages."""
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def luigi_trigger(service, slack, monkeypatch, capsys):
    """Runs a command in the folder of the service; gives its exit code and what it printed."""
    monkeypatch.setenv("SLACK", slack.url)
    monkeypatch.chdir(service.folder)
    monkeypatch.delenv("LUIGI_TRIGGER_URL", raising=False)

    def call(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        return int(ended.value.code or 0), capsys.readouterr().out

    return call


@pytest.fixture
def _no_backfill_is_left(luigi_trigger):
    """Each backfill of a test is cancelled at its end."""
    yield
    for backfill in json.loads(luigi_trigger("backfill", "list", "--json")[1])["items"]:
        if backfill["state"] != "finished":
            luigi_trigger("backfill", "cancel", backfill["id"])


@pytest.fixture(scope="module")
def run_id(service):
    """A run that has ended."""
    made = service.trigger("Quick", "command-line")
    service.reaches(made, "succeeded")
    return made


def _token(luigi_trigger):
    """The name of a token that there is."""
    luigi_trigger("tokens", "create", "for-the-page")
    return "for-the-page"


def _named(*save):
    """What is done to things that have names, and the words that follow; `save` is how one is made."""
    name = list(save[:1])
    verbs = dict.fromkeys(("show", "pause", "resume", "remove", "fires", "deliveries"), name)
    return {**verbs, "list": [], "save": list(save)}


GROUPS = {
    "schedules": {
        **_named("of-the-page", "Quick", "-p", "name=x", "--every", "1 day"),
        "preview": ["--every", "1 day"],
    },
    "upstreams": {
        **_named("of-the-page", "Quick", "--after", "Waiting", "--map", "name=/parameters/name"),
        "try": ["of-the-page", "document.json"],
    },
    "hooks": {
        **_named("of-the-page", "Quick", "--map", "name=/parameters/name", "--secret-file", "hook.secret"),
        "try": ["of-the-page", "document.json"],
        "send": ["of-the-page", "document.json", "--secret-file", "hook.secret"],
        "rotate": ["of-the-page"],
    },
    "notifications": {
        **_named("of-the-page", "--slack", "--url-from", "SLACK"),
        "test": ["of-the-page"],
        "messages": ["of-the-page"],
    },
    "watches": {
        **_named("of-the-page", "Quick", "--inbox", "in", "--pattern", r"(?P<name>.*)\.csv"),
        "try": ["of-the-page", "document.json"],
        "files": ["of-the-page"],
        "inboxes": [],
    },
    "presets": {
        **{verb: ["Quick", "of-the-page"] for verb in ("show", "remove")},
        "list": [],
        "save": ["Quick", "of-the-page", "-p", "name=x"],
    },
}


def _of_backfill(luigi_trigger, verb, folder):
    """The words of a command about a backfill that has just begun, and goes on for a while."""
    values = [word for number in range(20) for word in ("--value", f"{folder.name}-{number}")]
    begin = ["backfill", "start", "Quick", "--parameter", "name", *values]
    if verb.startswith("start"):
        return [*begin, *verb.split()[1:]]
    backfill_id = json.loads(luigi_trigger(*begin, "--json")[1])["id"]
    if verb == "retry":
        luigi_trigger("backfill", "cancel", backfill_id)
    return ["backfill", verb, *([] if verb == "list" else [backfill_id]), *(["2"] if verb == "resize" else [])]


def _of_operations(luigi_trigger, verb):
    """The words of a command about targets that are taken away, and are there only for it."""
    luigi_trigger("run", "Quick", "-p", "name=taken", "--wait")
    begin = ["targets", "invalidate", "out/taken"]
    if verb.startswith("invalidate"):
        return [*begin, *(verb.split()[1:] or ["--yes"])]
    operation_id = json.loads(luigi_trigger(*begin, "--yes", "--json")[1])["id"]
    more = {"trash": [], "purge": [operation_id, "--yes"]}.get(verb, [operation_id])
    return ["targets", verb.split()[0], *more]


def _of_group(luigi_trigger, command, folder):
    """The words of a command about something that has a name, which there is then; None for another command."""
    group, _, verb = command.partition(" ")
    if group == "backfill":
        return _of_backfill(luigi_trigger, verb, folder)
    if group == "targets" and verb.split()[0] in ("invalidate", "undo", "trash", "purge"):
        return _of_operations(luigi_trigger, verb)
    if group not in GROUPS or verb not in GROUPS[group]:
        return None
    document = '{"parameters": {"name": "x"}, "groups": {"name": "x"}}'
    files = {"document.json": document, "hook.secret": f"whsec_{'x' * 32}"}
    for name, content in files.items():
        (folder / name).write_text(content)
    calls = {
        done: [group, done, *(str(folder / word) if word in files else word for word in GROUPS[group][done])]
        for done in ("save", verb)
    }
    luigi_trigger(*calls["save"])
    return calls[verb]


@pytest.mark.usefixtures("_no_backfill_is_left")
@pytest.mark.parametrize("command", MEMBERS)
def test_json_has_the_members_that_the_page_names(luigi_trigger, service, run_id, tmp_path, command):
    arguments = _of_group(luigi_trigger, command, tmp_path) or {
        "init": ["init", str(tmp_path / "new")],
        "pipelines NAME": ["pipelines", "Quick"],
        "plan": ["plan", "Quick", "-p", "name=x"],
        "run": ["run", "Quick", "-p", "name=of-the-page", "--wait"],
        "runs ID": ["runs", run_id],
        "cancel": ["cancel", service.trigger("Waiting", "for-the-page")] if command == "cancel" else [],
        "retry": ["retry", run_id],
        "retry --everything --dry-run": ["retry", run_id, "--everything", "--dry-run"],
        "logs": ["logs", run_id],
        "diff": ["diff", run_id, run_id],
        "export": ["export", run_id],
        "targets list": ["targets", "list"],
        **{f"targets {verb}": ["targets", verb, "out/command-line"] for verb in ("show", "lineage", "verify")},
        "pools list": ["pools", "list"],
        "pools show": ["pools", "show", "all"],
        "pools resize": ["pools", "resize", "all", "9"],
        "pools reset": ["pools", "reset", "all"],
        "tokens create": ["tokens", "create", "of-the-page"],
        "tokens list": ["tokens", "list"],
        "tokens revoke": ["tokens", "revoke", _token(luigi_trigger)] if command == "tokens revoke" else [],
        "db upgrade": ["db", "upgrade"],
        "db prune": ["db", "prune", "--dry-run"],
        "db backup": ["db", "backup", str(tmp_path / "copy")],
    }.get(command, [command])

    code, out = luigi_trigger(*arguments, "--json")

    assert code == 0
    for line in out.splitlines():
        assert set(json.loads(line)) == set(MEMBERS[command])


def test_each_command_that_gives_json_stands_on_the_page():
    without = {"up", "completion"}
    documented = {command.split()[0] for command in MEMBERS}
    assert documented <= set(COMMANDS)
    assert {"init", "doctor", "pipelines", "plan", "run", "runs", "logs", "export", "diff"} <= documented - without


def test_the_exit_codes_are_those_of_the_code():
    codes = {int(row[0]) for row in table("Exit codes")[1:]}
    names = ("SUCCESS", "RUN_FAILED", "USAGE", "NOT_FOUND", "AUTH", "CONFLICT", "INTERRUPTED")
    assert codes == {getattr(failures, name) for name in names}


@pytest.mark.parametrize("status", [401, 403])
def test_a_service_that_refuses_the_token_makes_a_command_exit_with_4(luigi_trigger, status):
    body = json.dumps({"status": status, "title": "No", "detail": "This needs a token."}).encode()

    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format, *args):
            return None

    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        code, _ = luigi_trigger("runs", "--url", f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
        thread.join()

    assert code == 4
