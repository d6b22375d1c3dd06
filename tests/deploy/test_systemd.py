"""The unit for systemd is understood, and does what it is for on a Debian that systemd has started."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from commands import call, needs
from polling import until

UNIT = Path(__file__).parents[2] / "deploy/systemd/luigi-trigger.service"
SLOW = """
import time
from pathlib import Path
import luigi

class Slow(luigi.Task):
    def output(self):
        return luigi.LocalTarget("slow")
    def run(self):
        print("it begins")
        while not Path("go").exists():
            time.sleep(0.05)
        self.output().open("w").close()
"""


def test_systemd_finds_no_fault_in_the_unit(tmp_path):
    # Given the unit with a command and a page that are there
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd here")
    command = str(Path(sys.executable).with_name("luigi-trigger"))
    text = UNIT.read_text()
    assert "/srv/luigi/.venv/bin/luigi-trigger" in text
    unit = tmp_path / UNIT.name
    unit.write_text(text.replace("ExecStart=/srv/luigi/.venv/bin/luigi-trigger", f"ExecStart={command}"))
    # When
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, timeout=50
    )
    # Then
    assert (done.returncode, done.stderr) == (0, "")


class Machine:
    """A Debian in containers of the kernel, started by its systemd, with a network of its own."""

    def __init__(self, folder):
        options = ["--quiet", "--boot", "--private-network", "--register=no", "--keep-unit", "--console=pipe"]
        self._process = subprocess.Popen(
            ["systemd-nspawn", *options, f"--directory={folder}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.pid = until(self._init, "systemd", 30)

    def _init(self):
        assert self._process.poll() is None
        children = psutil.Process(self._process.pid).children()
        return next((child.pid for child in children if child.name() == "systemd"), None)

    def call(self, command):
        """Call a shell command as root; gives what it printed."""
        return call("nsenter", "--all", f"--target={self.pid}", "bash", "-ec", f"cd /srv/luigi; {command}", timeout=60)

    def trigger(self, words):
        """Call `luigi-trigger` as the user of the project; gives the JSON that it printed."""
        return json.loads(self.call(f"runuser -u luigi -- .venv/bin/luigi-trigger --json {words}"))

    def main_pid(self):
        """The pid of the supervisor in there."""
        return int(self.call("systemctl show -p MainPID --value luigi-trigger"))

    def is_up(self):
        """Whether the service is ready."""
        probe = ".venv/bin/luigi-trigger --json runs >/dev/null 2>&1 && echo yes || true"
        return self.call(f"runuser -u luigi -- {probe}") == "yes"

    def end(self):
        """Shut it down."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(60)


@pytest.fixture
def machine(debian, wheels, tmp_path):
    """A machine with the project in /srv/luigi, set up as the unit says, without the service."""
    needs("systemd-nspawn", "nsenter")
    root = tmp_path / "root"
    call("cp", "-a", debian, root)
    shutil.copytree(wheels, root / "opt/wheels")
    (root / "etc/systemd/system" / UNIT.name).write_text(UNIT.read_text())
    for command in (
        "useradd --system --create-home --home-dir /srv/luigi luigi",
        "python3 -m venv /srv/luigi/.venv",
        "/srv/luigi/.venv/bin/pip install --quiet --no-index --find-links /opt/wheels luigi-trigger",
        "cd /srv/luigi && .venv/bin/luigi-trigger init",
    ):
        call("chroot", root, "sh", "-ec", command)
    (root / "srv/luigi/tasks/slow.py").write_text(SLOW)
    call("chroot", root, "chown", "-R", "luigi", "/srv/luigi")
    made = Machine(root)
    try:
        yield made
    finally:
        made.end()


@pytest.mark.long
@pytest.mark.timeout(600)
def test_runs_outlive_the_unit_and_a_killed_supervisor_is_started_again(machine):
    # Given the unit, and a run of it that is in the middle
    machine.call("until systemctl is-system-running | grep -qE 'running|degraded'; do sleep 0.1; done")
    machine.call("systemctl enable --now luigi-trigger")
    until(machine.is_up, "the service", 60)
    assert machine.trigger("run SalesReport --wait")["state"] == "succeeded"
    run_id = machine.trigger("run Slow")["id"]
    until(lambda: "it begins" in machine.call(f"grep -rh begins .luigi-trigger/runs/{run_id} || true"), "its begin", 30)
    # When it is restarted, and killed
    machine.call("systemctl restart luigi-trigger")
    until(machine.is_up, "the service", 60)
    killed = machine.main_pid()
    machine.call(f"kill -9 {killed}")
    until(lambda: machine.main_pid() not in (0, killed), "another supervisor", 60)
    until(machine.is_up, "the service", 60)
    # Then the run went on meanwhile, and ends well
    machine.call("touch go")
    until(lambda: machine.trigger("runs --limit 1")["items"][0]["state"] == "succeeded", "its end", 60)
    assert machine.trigger("runs --limit 1")["items"][0]["attempts"] == 1
    # And the unit stops
    machine.call("systemctl stop luigi-trigger")
    assert "Result=success" in machine.call("systemctl show -p Result luigi-trigger")
