"""The real product, started on a project folder of its own and looked at from outside."""

import contextlib
import fcntl
import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import psutil
import pytest
import requests
from polling import until

COMMAND = str(Path(sys.executable).with_name("luigi-trigger"))
STEPS = '''
"""A project: one task that ends at once, one that waits until a file appears."""
import time
from pathlib import Path
import luigi

class Quick(luigi.Task):
    name = luigi.Parameter()
    def output(self):
        return luigi.LocalTarget(f"out/{self.name}")
    def run(self):
        print(f"hello from {self.name}")
        with self.output().open("w") as file:
            file.write(self.name)

class Waiting(Quick):
    def run(self):
        while not Path(f"go-{self.name}").exists():
            time.sleep(0.02)
        super().run()
'''


class Up:
    """`luigi-trigger up` in `folder`, whatever lies there; ended, and checked to have left nothing, by `end`."""

    def __init__(self, folder, command=COMMAND, **variables):
        """`command` is the luigi-trigger to use; `variables` are set in its environment."""
        self.folder = folder
        self._command = command
        self._variables = variables
        self.home = folder / ".luigi-trigger"
        self.output = folder / "up.log"
        self.http = requests.Session()
        self.process = None
        self._terminal = None
        #: What has come from the terminal and was not asked for yet.
        self._shown = ""

    def set(self, name, value):
        """Set a variable in the environment of the starts to come."""
        self._variables[name] = value

    def launch(self):
        """Start it without waiting."""
        with self.output.open("ab") as log, Path(os.devnull).open() as nothing:
            self._start(nothing, log)
        return self

    def launch_on_terminal(self):
        """Start it on a terminal, which Ctrl-C on it interrupts."""
        self._close_terminal()
        self._terminal, its_side = pty.openpty()
        with os.fdopen(its_side, "r+b", buffering=0) as terminal:
            self._start(terminal, terminal, lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        return self

    def _start(self, source, sink, in_child=None):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LUIGI_")}
        self.process = subprocess.Popen(
            [self._command, "up"],
            cwd=self.folder,
            env={**environment, **self._variables},
            stdin=source,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
            preexec_fn=in_child,  # noqa: PLW1509 (forked in a test's only thread)
        )

    def start(self):
        """Start it and wait until it is ready."""
        self.launch()
        self.wait_until_ready()
        return self

    def wait_until_ready(self):
        """Wait for service.json of this start."""
        until(lambda: self.told().get("pid") == self.process.pid or self.process.poll() is not None, "service.json")
        assert self.process.poll() is None, self.said()

    def is_up(self):
        """Whether its supervisor lives."""
        return self.process is not None and self.process.poll() is None

    def told(self):
        """The content of service.json; empty where there is none."""
        file = self.home / "service.json"
        return json.loads(file.read_text()) if file.exists() else {}

    @property
    def url(self):
        return self.told()["url"]

    def said(self):
        """What it has printed so far, when it is on no terminal."""
        return self.output.read_text()

    def shows(self, text, seconds=20.0):
        """Read the terminal until `text` stands there; gives what was read up to its end."""
        deadline = time.monotonic() + seconds
        while text not in self._shown:
            ready, _, _ = select.select([self._terminal], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"{text!r} is not shown in {seconds} seconds, but {self._shown}"
            self._shown += os.read(self._terminal, 4096).decode()
        before, found, self._shown = self._shown.partition(text)
        return before + found

    def press(self, keys):
        """Type on the terminal; "\\x03" is Ctrl-C."""
        os.write(self._terminal, keys.encode())

    def wait(self, seconds=30.0):
        """Wait for its end; gives the exit status."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            pytest.fail(f"has not ended within {seconds:g} seconds: {self._state()}")

    def get(self, path):
        """Read from the API; gives the JSON."""
        answer = self.http.get(f"{self.url}/api/v1{path}", timeout=30)
        answer.raise_for_status()
        return answer.json()

    def trigger(self, pipeline, name, **more):
        """Ask for a run of a task that has a name; gives the run's id."""
        return self.trigger_with(pipeline, {"name": name}, **more)

    def trigger_with(self, pipeline, parameters, **more):
        """Ask for a run; gives its id."""
        body = {"pipeline": pipeline, "parameters": parameters, **more}
        answer = self.http.post(f"{self.url}/api/v1/runs", json=body, timeout=30)
        assert answer.status_code == 202, answer.text
        return answer.json()["id"]

    def state(self, run_id):
        return self.get(f"/runs/{run_id}")["state"]

    def luigid_port(self):
        """Where its luigid listens."""
        return json.loads((self.home / "luigid.json").read_text())["port"]

    def reaches(self, run_id, state, seconds=20.0):
        """Wait until a run is in a state."""
        until(lambda: self.state(run_id) == state, f"run is {state}", seconds)

    def go(self, name):
        """Let the task Waiting of that name go on."""
        (self.folder / f"go-{name}").touch()

    def pids(self):
        """The pids of the supervisor's processes, by a word of their command line."""
        words = {"serving": "service", "zygote": "zygote", "luigid": "luigid"}
        found = {}
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.Error):  # died meanwhile
                module = [*child.cmdline(), "", "", "", ""][3].rpartition(".")[2]
                if module in words:  # not yet, between fork and exec
                    found[words[module]] = child.pid
        return found

    def left_behind(self):
        """Processes that have to do with this folder, besides the supervisor itself."""
        return [process for process in psutil.process_iter() if _belongs(process, self.folder)]

    def abandon_runs(self):
        """Kill what goes on although the service has ended: at least one process."""
        alive = self.left_behind()
        assert alive
        for process in alive:
            process.kill()

    def end(self):
        """End it and wait until it has left no process behind; what it does leave is killed and told."""
        if self.is_up():
            self.process.send_signal(signal.SIGTERM)
            self.wait()
        self._close_terminal()
        self.http.close()
        try:
            until(lambda: not self.left_behind(), "no process is left behind")
        finally:
            for process in self.left_behind():
                process.kill()

    def _state(self):
        """What can be seen of it from outside: for whoever wonders why it hangs."""
        if self._terminal is not None and select.select([self._terminal], [], [], 0)[0]:
            self._shown += os.read(self._terminal, 4096).decode()
        shown = self.said() if self._terminal is None else self._shown
        processes = [f"{each.pid} {each.status()} {each.cmdline()[:4]}" for each in self.left_behind()]
        logs = [f"--- {file.name}\n{file.read_text()[-2000:]}" for file in sorted(self.home.glob("**/logs/*.log"))]
        return "\n".join([shown, *processes, *logs])

    def _close_terminal(self):
        if self._terminal is not None:
            os.close(self._terminal)
        self._terminal, self._shown = None, ""


class Product(Up):
    """The same for a project with the tasks of `STEPS`, on free ports."""

    def __init__(self, folder, settings=""):
        super().__init__(folder)
        (folder / "steps.py").write_text(STEPS)
        self.configure(settings)

    def configure(self, settings, ports="port = 0\nluigid_port = 0\n"):
        """Write luigi.cfg; `settings` go on in the section [trigger_service]."""
        (self.folder / "luigi.cfg").write_text(f"[trigger_service]\nmodules = steps\n{ports}{settings}\n")


def _belongs(process, folder):
    try:
        return process.pid != os.getpid() and process.status() != "zombie" and process.cwd() == str(folder)
    except (psutil.Error, OSError):  # the latter: a folder with a path that is too long for the kernel to tell
        return False
