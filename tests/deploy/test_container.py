"""The image is built, and used as compose.yaml says, with what there is on the machine: no registry is asked."""

import json
import os
import re
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from commands import call, needs
from polling import until

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy/docker/Dockerfile"
BASE = "docker.io/library/" + re.findall(r"ARG BASE=(\S+)", DOCKERFILE.read_text())[0]
IMAGE = "localhost/luigi-trigger"
TASKS = """
from pathlib import Path
import luigi

class Hello(luigi.Task):
    def output(self):
        return luigi.LocalTarget("/data/hello")
    def run(self):
        with self.output().open("w") as file:
            file.write("hello")

class Intruder(luigi.Task):
    def complete(self):
        return False
    def run(self):
        Path("/opt/luigi-trigger/intruder").write_text("was here")
"""
#: crun cannot be used everywhere; the limits are those that a container may have inside another one.
COMPOSE = [
    Path(sys.executable).with_name("podman-compose"),
    "--podman-run-args=--runtime runc --ulimit nofile=1024:2048 --ulimit nproc=1000:1000",
    f"--file={ROOT / 'deploy/docker/compose.yaml'}",
]

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture
def base(debian, tmp_path):
    """What the image is made from: the public one where it is there, otherwise the same Debian made here."""
    needs("podman", "buildah", "catatonit")
    if subprocess.run(["podman", "image", "exists", BASE]).returncode:
        call("tar", "-C", debian, "-cf", tmp_path / "root.tar", ".")
        call("podman", "import", tmp_path / "root.tar", BASE)
    return BASE


@pytest.fixture
def image(base, wheels, tmp_path):
    """The image, made from wheels and not from the network."""
    (tmp_path / "pip.conf").write_text("[global]\nno-index = true\nfind-links = /wheels\n")
    (tmp_path / "wheels").mkdir()
    for wheel in wheels.glob("*.whl"):
        if not wheel.name.startswith("luigi_trigger"):
            (tmp_path / "wheels" / wheel.name).hardlink_to(wheel)
    how = ["--isolation", "chroot", "--pull=never", "--format", "docker"]
    given = ["--secret", f"id=pip,src={tmp_path / 'pip.conf'}", "--volume", f"{tmp_path / 'wheels'}:/wheels:ro"]
    call("buildah", "build", *how, *given, "-f", DOCKERFILE, "-t", IMAGE, ROOT)
    yield IMAGE
    call("podman", "image", "rm", "--force", IMAGE)


@pytest.fixture
def compose(image, tmp_path):
    """Calls compose for a project with two tasks; what it has made is taken away in the end."""
    tmp_path.chmod(0o755)
    project = tmp_path / "project"
    project.mkdir()
    (project / "steps.py").write_text(TASKS)
    (project / "luigi.cfg").write_text("[trigger_service]\nhome = /state\nport = 0\nluigid_port = 0\nmodules = steps\n")
    name = f"test{uuid.uuid4().hex}"

    def compose(*words):
        return call(*COMPOSE, f"--project-name={name}", *words, env={**os.environ, "PROJECT": str(project)})

    compose.container = f"{name}_luigi-trigger_1"
    try:
        yield compose
    finally:
        compose("down", "--volumes", "--timeout=10")


def is_healthy(container):
    return subprocess.run(["podman", "healthcheck", "run", container], capture_output=True).returncode == 0


def test_the_service_runs_in_a_container_that_may_do_nothing_else(compose):
    # Given a container that says itself that it is well
    compose("up", "--detach", "--no-build")
    until(lambda: is_healthy(compose.container), "the health check", 60)
    # When
    inside = ("podman", "exec", compose.container)
    run = json.loads(call(*inside, "luigi-trigger", "--json", "run", "Hello", "--wait"))
    refused = subprocess.run([*inside, "luigi-trigger", "--json", "run", "Intruder", "--wait"], capture_output=True)
    # Then it is nobody of importance, and nothing but its volumes can be written
    assert run["state"] == "succeeded"
    assert call(*inside, "cat", "/data/hello") == "hello"
    assert call(*inside, "id", "-u") == "10001"
    assert refused.returncode == 1
    assert "Read-only file system" in json.loads(refused.stdout)["error"]["message"]
    # And after another start the runs are still there
    compose("stop", "--timeout=20")
    assert call("podman", "inspect", "--format", "{{.State.ExitCode}}", compose.container) == "0"
    compose("start")
    until(lambda: is_healthy(compose.container), "the health check", 60)
    listed = json.loads(call(*inside, "luigi-trigger", "--json", "runs"))["items"]
    assert run["id"] in [one["id"] for one in listed]
