"""`tokens create`, `list` and `revoke`, in folders that are projects and in such as are none."""

import contextlib
import json
import sqlite3
import subprocess

import pytest
from calls import command
from luigi.configuration import LuigiConfigParser


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Goes into the folder of a project, whose luigi.cfg is the one that counts."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LUIGI_CONFIG_PATH", raising=False)
    monkeypatch.setattr(LuigiConfigParser, "_instance", None)
    (tmp_path / "luigi.cfg").write_text("[trigger_service]\nhome = state\n")
    return tmp_path


def test_a_token_goes_alone_into_a_pipe(luigi_trigger, project):
    said = luigi_trigger("tokens", "create", "ci")

    assert said.code == 0
    assert said.out.startswith("lt_")
    assert len(said.out.strip()) == 46
    assert (project / "state/database.sqlite3").exists()


def test_the_documents_have_stable_fields_and_only_the_first_has_the_token(luigi_trigger, project):
    made = json.loads(luigi_trigger("tokens", "create", "ci", "--scope", "read", "--expires", "never", "--json").out)
    (listed,) = json.loads(luigi_trigger("--json", "tokens", "list").out)["items"]
    revoked = json.loads(luigi_trigger("tokens", "revoke", "ci", "--json").out)

    secret = made.pop("token")
    assert made == listed
    assert set(listed) == {
        "id", "name", "scope", "state", "created_at", "expires_at", "last_used_at", "revoked_at",
    }  # fmt: skip
    assert [listed[name] for name in ("name", "scope", "state", "expires_at")] == ["ci", "read", "valid", None]
    assert (revoked["state"], listed["id"]) == ("revoked", revoked["id"])
    assert secret not in json.dumps([listed, revoked])


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("create", "ci", "--expires", "soon"), 2, "expected days (90d), a last day to come (2031-12-31) or never"),
        (("create", "ci", "--expires", "2020-01-01"), 2, "a last day to come"),
        (("create", "7up"), 2, "expected a letter, then"),
        (("create", "ci", "--scope", "all"), 2, "'read', 'run', 'admin'"),
        (("create", "taken"), 5, "There is a token 'taken' already, and it is valid"),
        (("revoke", "nobody"), 3, "There is no token 'nobody'"),
    ],
)
def test_a_mistake_is_told_with_what_was_expected(luigi_trigger, project, arguments, code, said):
    luigi_trigger("tokens", "create", "taken")

    told = luigi_trigger("tokens", *arguments)

    assert told.code == code
    assert said in told.err


def test_in_a_folder_that_is_no_project_nothing_is_made(luigi_trigger, project):
    (project / "luigi.cfg").unlink()

    told = luigi_trigger("tokens", "create", "ci")

    assert (told.code, told.out) == (3, "")
    assert "There is no project in" in told.err
    assert list(project.iterdir()) == []


@pytest.mark.parametrize("verb", [("tokens", "list"), ("db", "backup", "copy"), ("up",)], ids=" ".join)
def test_a_configuration_that_cannot_be_read_is_told(project, verb):
    (project / "luigi.cfg").write_text("[trigger_service]\nport = 0\nport = 1\n")

    with command(*verb, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        out, err = process.communicate(timeout=30)

    assert (process.returncode, out) == (2, "")
    assert (
        err == "While reading from 'luigi.cfg' [line  3]: option 'port' in section 'trigger_service' already exists\n"
    )


def test_a_database_of_an_older_version_is_left_to_db_upgrade(luigi_trigger, project):
    luigi_trigger("tokens", "create", "ci")
    with contextlib.closing(sqlite3.connect(project / "state/database.sqlite3")) as database:
        database.execute("UPDATE alembic_version SET version_num = '0004'")
        database.commit()

    told = luigi_trigger("tokens", "list")

    assert told.code == 5
    assert "db upgrade" in told.err


def test_a_token_file_that_is_none_is_told(luigi_trigger, project):
    (project / "binary").write_bytes(b"\xff")

    assert "--token-file" in luigi_trigger("runs", "--url", "http://127.0.0.1:1", "--token-file", "nothing").err
    told = luigi_trigger("runs", "--url", "http://127.0.0.1:1", "--token-file", "binary")
    assert told.code == 2
    assert "has no token" in told.err
    (project / "empty").touch()
    assert "is empty" in luigi_trigger("runs", "--url", "http://127.0.0.1:1", "--token-file", "empty").err


def test_a_token_that_cannot_be_sent_is_told_and_not_shown(luigi_trigger, project, monkeypatch):
    monkeypatch.setenv("LUIGI_TRIGGER_TOKEN", "lt_secret\r\nX-Other: 1")
    told = luigi_trigger("runs", "--url", "http://127.0.0.1:1")
    assert told.code == 2
    assert "has characters that no token has" in told.err
    assert "lt_secret" not in told.err
