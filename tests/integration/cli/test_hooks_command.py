"""`hooks ...` against a running service: what it prints, what it sends, and that it gives no secret away."""

import json

import pytest

SECRET = "what only the sender and the service know"
SAVE = ("hooks", "save", "reports", "Hello", "--scheme", "github", "--map", "who=/sender/login", "--map")
ONLY_MAIN = ("--filter", '{"pointer": "/ref", "equals": "refs/heads/main"}')


@pytest.fixture
def secret(luigi_trigger, served, tmp_path):
    """There is a webhook, whose secret lies in a file."""
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    said = luigi_trigger(*SAVE, 'times:={"pointer": "/times", "default": 2}', *ONLY_MAIN, "--secret-file", str(file))
    assert (said.code, said.out) == (0, ""), said.err
    return str(file)


@pytest.fixture
def payload(tmp_path):
    """Writes a payload into a file."""

    def write(**members):
        file = tmp_path / "payload.json"
        file.write_text(json.dumps({"ref": "refs/heads/main", "sender": {"login": "ada"}, **members}))
        return str(file)

    return write


def test_what_is_sent_is_signed_and_becomes_a_run(luigi_trigger, served, secret, payload):
    said = luigi_trigger("--json", "hooks", "send", "reports", payload(), "--secret-file", secret, "--id", "one")
    outcome = json.loads(said.out)
    run = served.ended(outcome["run_id"])
    assert (said.code, outcome["delivery"], outcome["state"]) == (0, "one", "started")
    assert run.texts == {"who": "ada", "times": "2"}
    skipped = luigi_trigger("hooks", "send", "reports", payload(ref="refs/heads/dev"), "--secret-file", secret)
    assert skipped.code == 0
    assert "skipped" in skipped.out
    lines = luigi_trigger("hooks", "deliveries", "reports").out.splitlines()
    assert [line.split("\t")[1:3] for line in lines] == [["skipped", ""], ["started", run.id]]


def test_a_webhook_is_listed_shown_paused_tried_and_removed_without_its_secret(luigi_trigger, secret, payload):
    assert luigi_trigger("hooks", "list").out == "reports\tHello\tgithub\t\n"
    shown = luigi_trigger("--json", "hooks", "show", "reports").out
    assert json.loads(shown)["filter"] == json.loads(ONLY_MAIN[1])
    assert SECRET not in shown
    assert luigi_trigger("hooks", "pause", "reports").out == "reports\tpaused\n"
    assert luigi_trigger("hooks", "resume", "reports").out == "reports\tgoing on\n"
    assert json.loads(luigi_trigger("--json", "hooks", "try", "reports", payload()).out)["parameters"]["who"] == "ada"
    assert luigi_trigger("hooks", "remove", "reports").code == 0
    assert luigi_trigger("hooks", "list").out == ""


def test_a_secret_that_is_made_is_printed_alone_and_can_be_used(luigi_trigger, served, payload, monkeypatch):
    made = luigi_trigger(*SAVE[:4], "--map", "who=/sender/login").out.strip()
    assert made.startswith("whsec_")
    rotated = luigi_trigger("hooks", "rotate", "reports", "--keep-old-for", "60").out.strip()
    for each in (made, rotated):
        monkeypatch.setenv("LUIGI_TRIGGER_HOOK_SECRET", each)
        assert luigi_trigger("hooks", "send", "reports", payload()).code == 0
    last = json.loads(luigi_trigger("--json", "hooks", "rotate", "reports", "--keep-old-for", "0").out)
    assert set(last) == {"secret", "old_good_until"}
    refused = luigi_trigger("hooks", "send", "reports", payload())
    assert refused.code == 4
    assert "no secret of this webhook makes it" in refused.err


WRONG = (
    (("hooks", "save", "x", "Hello", "--map", "who"), 2, "expected NAME=POINTER"),
    (("hooks", "save", "x", "Hello", "--map", "who=/a", "--scheme", "hmac"), 2, "/source/header: the scheme hmac"),
    (("hooks", "save", "x", "Hello", "--map", "who=/a", "--prefix", "v0="), 2, "/source/prefix: goes with"),
    (("hooks", "rotate", "nothing"), 3, "There is no sensor 'nothing'"),
    (("hooks", "send", "nothing", "PAYLOAD"), 3, "There is no sensor 'nothing'"),
    (("hooks", "send", "reports", "PAYLOAD"), 2, "say the secret"),
    (("hooks", "send", "reports", "PAYLOAD", "--secret-file", "PAYLOAD", "--id", "a b"), 4, "is no id"),
)


def test_what_is_wrong_is_said(luigi_trigger, secret, payload, monkeypatch):
    monkeypatch.delenv("LUIGI_TRIGGER_HOOK_SECRET", raising=False)
    for arguments, code, said in WRONG:
        told = luigi_trigger(*(payload() if word == "PAYLOAD" else word for word in arguments))
        assert (told.code, said in told.err) == (code, True), (arguments, told.err)
