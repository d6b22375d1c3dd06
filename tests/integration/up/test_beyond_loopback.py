"""The service on an address that others could reach: in a network of its own, so that nobody does."""

import json
import os
import shutil
import subprocess

import pytest
from product import COMMAND, STEPS, Up

ADDRESS = "10.9.8.7"
ALONE = f"""#!/bin/sh
exec unshare --net sh -c 'ip link set lo up && ip addr add {ADDRESS}/32 dev lo && exec {COMMAND} "$@"' sh "$@"
"""
ALWAYS_OPEN = ("/healthz", "/readyz")
GUARDED = ("/api/v1/runs", "/api/v1/openapi.json", "/api/v1/docs", "/problems/", "/metrics", "/luigid/", "/nothing")


@pytest.fixture
def reachable(tmp_path):
    """A project whose service is to listen beyond loopback."""
    missing = [name for name in ("unshare", "nsenter", "ip") if shutil.which(name) is None]
    if (missing or os.getuid()) and not os.environ.get("CI"):
        pytest.skip(f"needs root, and: {', '.join(missing) or 'nothing else'}")
    (tmp_path / "steps.py").write_text(STEPS)
    settings = f"modules = steps\nhost = {ADDRESS}\nport = 0\nluigid_port = 0\n"
    (tmp_path / "luigi.cfg").write_text(f"[trigger_service]\n{settings}")
    command = tmp_path / "alone"
    command.write_text(ALONE)
    command.chmod(0o700)
    up = Up(tmp_path, str(command))
    try:
        yield up
    finally:
        up.end()


def inside(up, *command, **variables):
    """Call a command in the network of `up`; gives what it printed, or fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LUIGI_")}
    done = subprocess.run(
        ["nsenter", f"--target={up.process.pid}", "--net", *command],
        cwd=up.folder,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def status(up, path, token=""):
    header = ["-H", f"Authorization: Bearer {token}"] if token else []
    return int(inside(up, "curl", "-s", "-L", "-o", "/dev/null", "-w", "%{http_code}", *header, f"{up.url}{path}"))


def test_without_a_token_it_does_not_start_and_with_one_nobody_gets_in_without_it(reachable):
    # Given it refuses, and says how to go on
    assert reachable.launch().wait() == 1
    assert f"host = {ADDRESS} can be reached from other machines, so requests need a token" in reachable.said()
    assert "luigi-trigger tokens create" in reachable.said()
    # When it is done
    made = subprocess.run([COMMAND, "tokens", "create", "ci"], cwd=reachable.folder, capture_output=True, check=True)
    token = made.stdout.decode().strip()
    reachable.start()
    # Then
    assert reachable.url.startswith(f"http://{ADDRESS}:")
    shown = inside(reachable, COMMAND, "--json", "run", "Quick", "-p", "name=far", "--wait", LUIGI_TRIGGER_TOKEN=token)
    run = json.loads(shown)
    assert run["state"] == "succeeded"
    streams = [f"/api/v1/runs/{run['id']}/{name}" for name in ("events", "logs?follow=true")]
    assert {path: status(reachable, path) for path in ALWAYS_OPEN} == dict.fromkeys(ALWAYS_OPEN, 200)
    assert {path: status(reachable, path) for path in (*GUARDED, *streams)} == dict.fromkeys((*GUARDED, *streams), 401)
    with_token = {path: status(reachable, path, token) for path in (*GUARDED[:-1], *streams)}
    assert with_token == dict.fromkeys(with_token, 200)
