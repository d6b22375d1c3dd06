"""The image is built and used as compose.yaml says, with what there is on the machine: no registry is asked."""

import json
import os
import re
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from polling import until

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy/docker/Dockerfile"
COMPOSE = (ROOT / "deploy/docker/compose.yaml").read_text()
BASE = "docker.io/library/" + re.findall(r"ARG BASE=(\S+)", DOCKERFILE.read_text())[0]
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
RUN = ["podman", "run", "--runtime", "runc", "--ulimit", "nofile=1024:2048", "--ulimit", "nproc=1000:1000"]

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


def call(*words, **options):
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=600, **options)
    assert done.returncode == 0, f"{words}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout.strip()


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """What the image is made from: the public one where it is there, otherwise the same Debian made here."""
    missing = [command for command in ("podman", "buildah", "debootstrap") if shutil.which(command) is None]
    if missing and not os.environ.get("CI"):
        pytest.skip(f"not installed (scripts/system long): {', '.join(missing)}")
    if subprocess.run(["podman", "image", "exists", BASE]).returncode:
        folder = tmp_path_factory.mktemp("debian")
        include = "--include=python3,python3-venv,ca-certificates"
        call("debootstrap", "--variant=minbase", include, "bookworm", folder / "root")
        call("tar", "-C", folder / "root", "-cf", folder / "root.tar", ".")
        call("podman", "import", folder / "root.tar", BASE)
        shutil.rmtree(folder)
    return BASE


@pytest.fixture(scope="module")
def image(base, tmp_path_factory):
    """The image, made from wheels that pip has fetched as it is configured here."""
    folder = tmp_path_factory.mktemp("wheels")
    constraint = ["--constraint", ROOT / "constraints.txt"]
    call(sys.executable, "-m", "pip", "wheel", "--quiet", *constraint, "-w", folder, ROOT, "setuptools>=69", "wheel")
    for own in folder.glob("luigi_trigger*"):
        own.unlink()
    (folder / "pip.conf").write_text("[global]\nno-index = true\nfind-links = /wheels\n")
    name = f"luigi-trigger-{uuid.uuid4().hex}"
    how = ["--isolation", "chroot", "--pull=never", "--format", "docker"]
    given = ["--secret", f"id=pip,src={folder / 'pip.conf'}", "--volume", f"{folder}:/wheels:ro"]
    call("buildah", "build", *how, *given, "-f", DOCKERFILE, "-t", name, ROOT)
    yield name
    call("podman", "image", "rm", "--force", name)


def flags():
    """Options for podman that say what compose.yaml says."""
    capabilities = re.findall(r"cap_drop: \[(\w+)\]", COMPOSE)
    security = re.findall(r'security_opt: \["([^"]+)"\]', COMPOSE)
    scratch = re.findall(r"tmpfs:\n +- (\S+)", COMPOSE)
    assert "read_only: true" in COMPOSE
    assert "network_mode: host" in COMPOSE
    # podman would need a program of its own for `init: true`
    (memory,) = re.findall(r"shm_size: (\S+)", COMPOSE)
    return [
        *("--read-only", "--network=host", f"--shm-size={memory.removesuffix('b')}"),
        *(f"--cap-drop={name}" for name in capabilities),
        *(f"--security-opt={name.replace(':true', '')}" for name in security),
        *(f"--tmpfs={name}" for name in scratch),
    ]


@pytest.fixture
def container(image, tmp_path):
    """The name of a container in which `up` runs for a project with two tasks."""
    tmp_path.chmod(0o755)
    project = tmp_path / "project"
    project.mkdir()
    (project / "steps.py").write_text(TASKS)
    (project / "luigi.cfg").write_text("[trigger_service]\nhome = /state\nport = 0\nluigid_port = 0\nmodules = steps\n")
    name = f"luigi-trigger-{uuid.uuid4().hex}"
    volumes = [f"--volume={name}-{part}:/{part}" for part in ("state", "data")]
    call(*RUN, *flags(), "--detach", "--name", name, f"--volume={project}:/project:ro", *volumes, image)
    try:
        yield name
    finally:
        call("podman", "rm", "--force", "--time", "10", name)
        call("podman", "volume", "rm", f"{name}-state", f"{name}-data")


def is_healthy(name):
    return subprocess.run(["podman", "healthcheck", "run", name], capture_output=True).returncode == 0


def test_the_service_runs_in_a_container_that_may_do_nothing_else(container):
    # Given a container that says itself that it is well
    until(lambda: is_healthy(container), "the health check", 60)
    # When
    inside = ("podman", "exec", container)
    run = json.loads(call(*inside, "luigi-trigger", "--json", "run", "Hello", "--wait"))
    refused = subprocess.run([*inside, "luigi-trigger", "--json", "run", "Intruder", "--wait"], capture_output=True)
    # Then it is nobody of importance, and nothing but its volumes can be written
    assert run["state"] == "succeeded"
    assert call(*inside, "cat", "/data/hello") == "hello"
    assert call(*inside, "id", "-u") == "10001"
    assert refused.returncode == 1
    assert "Read-only file system" in json.loads(refused.stdout)["error"]["message"]
    # And after another start the runs are still there
    call("podman", "stop", "--time", "20", container)
    assert call("podman", "inspect", "--format", "{{.State.ExitCode}}", container) == "0"
    call("podman", "start", container)
    until(lambda: is_healthy(container), "the health check", 60)
    listed = json.loads(call(*inside, "luigi-trigger", "--json", "runs"))["items"]
    assert run["id"] in [one["id"] for one in listed]
