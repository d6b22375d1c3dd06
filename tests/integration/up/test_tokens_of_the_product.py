"""`luigi-trigger up` where tokens are needed: no start without one, and everything that has to get in gets in."""

import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import psutil
import pytest
import requests
from polling import until
from product import COMMAND, Product

from trigger_service.client import ApiError, Client
from trigger_service.store import tokens
from trigger_service.store.schema import open_database


def luigi_trigger(folder, *arguments, status=0, **variables):
    """A command in the project's folder; gives what it has printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LUIGI_")}
    done = subprocess.run(
        [COMMAND, *arguments],
        cwd=folder,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert done.returncode == status, done.stderr
    return done.stdout if status == 0 else done.stderr


def made(folder, name, *options):
    return luigi_trigger(folder, "tokens", "create", name, *options).strip()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """`up` with `require_token`, and a token in its `ci`."""
    product = Product(tmp_path_factory.mktemp("guarded"), "require_token = true")
    product.ci = made(product.folder, "ci")
    try:
        yield product.start()
    finally:
        product.end()


def test_it_does_not_start_until_there_is_a_token_that_may_start_runs(product):
    # Given a project that wants tokens, and has only ones that do not do
    product.configure("require_token = true")
    product.home.mkdir()
    database = open_database(product.home / "database.sqlite3")
    with database.write() as connection:
        for name, scope, end in (("reader", "read", None), ("old", "run", 2.0), ("gone", "admin", None)):
            tokens.insert(connection, name=name, scope=scope, digest=name, now=1.0, expires_at=end)
        tokens.revoke(connection, "gone", 3.0)
    database.close()
    # When
    product.launch()
    # Then
    assert product.wait() == 1
    assert "require_token is set, so requests need a token, and there is none that is valid" in product.said()


def test_all_of_the_service_needs_the_token_and_works_with_it(guarded):
    # Given
    assert "Requests need a token" in guarded.said()
    for path in ("/api/v1/runs", "/api/v1/openapi.json", "/metrics", "/luigid/", "/nothing"):
        assert requests.get(f"{guarded.url}{path}", timeout=30, allow_redirects=False).status_code == 401
    assert requests.get(f"{guarded.url}/readyz", timeout=30).json() == {"ready": True}
    # When a program has it
    run = Client(guarded.url, guarded.ci).run("Quick", {"name": "token"})
    # Then its run, with the stream of its events, goes all the way
    assert run.wait(30)["state"] == "succeeded"
    assert run.document["trigger"]["by"].startswith("token ci")
    with pytest.raises(ApiError) as refused:
        Client(guarded.url).runs()
    assert refused.value.status == 401


def test_the_command_line_takes_the_token_from_a_file_or_a_variable(guarded):
    file = guarded.folder / "ci.token"
    file.write_text(f"{guarded.ci}\n")
    luigi_trigger(guarded.folder, "runs", "--token-file", str(file))
    luigi_trigger(guarded.folder, "--token-file", str(file), "runs")
    luigi_trigger(guarded.folder, "runs", LUIGI_TRIGGER_TOKEN=guarded.ci)
    said = luigi_trigger(guarded.folder, "runs", status=4)
    assert "needs a token" in said
    assert "LUIGI_TRIGGER_TOKEN" in said
    assert "--token-file" in said
    assert "Traceback" not in said


def test_a_token_counts_as_soon_as_it_is_made_and_no_longer_than_until_it_is_revoked(guarded):
    # Given a service that runs already
    secret = made(guarded.folder, "late", "--scope", "read")
    client = Client(guarded.url, secret)
    # Then
    assert "items" in client.runs()
    said = luigi_trigger(guarded.folder, "run", "Quick", "-p", "name=no", status=4, LUIGI_TRIGGER_TOKEN=secret)
    assert said == "Token 'late' has the scope read, and this needs the scope run.\n"
    # and its use is seen in the list, within seconds
    until(lambda: _listed(guarded, "late")["last_used_at"], "the use is noted")
    luigi_trigger(guarded.folder, "tokens", "revoke", "late")
    with pytest.raises(ApiError, match="is revoked"):
        client.runs()


def _listed(product, name):
    items = json.loads(luigi_trigger(product.folder, "tokens", "list", "--json"))["items"]
    return next(item for item in items if item["name"] == name)


def test_no_token_is_in_a_log_an_argument_or_a_file(guarded):
    # Given a token that was used, and a request with it that cannot be read
    Client(guarded.url, guarded.ci).runs()
    _send_unreadable(guarded)
    # Then nobody can read it anywhere
    tree = [psutil.Process(guarded.process.pid), *psutil.Process(guarded.process.pid).children(recursive=True)]
    assert not any(guarded.ci in " ".join(process.cmdline()) for process in tree)
    written = [file for file in guarded.home.rglob("*") if file.is_file() and not file.is_symlink()]
    assert guarded.home / "database.sqlite3" in written
    assert [file for file in written if guarded.ci.encode() in file.read_bytes()] == []


def _send_unreadable(product):
    address = product.url.removeprefix("http://").split(":")
    with socket.create_connection((address[0], int(address[1])), timeout=30) as connection:
        head = f"GET /healthz HTTP/1.1\r\nHost: localhost\r\nAuthorization : Bearer {product.ci}\r\n\r\n"
        connection.sendall(head.encode())
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 400")
    assert product.ci.encode() not in answer


def test_a_service_that_is_killed_is_ready_again_although_nobody_else_has_a_token(guarded):
    guarded_pid = guarded.pids()["service"]
    os.kill(guarded_pid, signal.SIGKILL)
    until(lambda: guarded.pids().get("service") not in (None, guarded_pid), "a new service")
    until(lambda: _is_ready(guarded), "it is ready")


def _is_ready(product):
    try:
        return requests.get(f"{product.url}/readyz", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def test_the_state_of_a_project_is_made_for_its_owner_alone(tmp_path):
    (tmp_path / "luigi.cfg").touch()
    made(tmp_path, "ci")
    home = Path(tmp_path, ".luigi-trigger")
    assert home.stat().st_mode & 0o077 == 0
    assert (home / "database.sqlite3").stat().st_mode & 0o077 == 0
