"""A real project, the real zygote on it, and the launcher that the service would use."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from polling import until

from trigger_service.domain.ids import uuid7
from trigger_service.domain.place import Place
from trigger_service.domain.spec import RunSpec, attempt_folder
from trigger_service.launchers.local import LocalLauncher
from trigger_service.launchers.places import Places
from trigger_service.launchers.zygote_client import ZygoteClient
from trigger_service.runner.linux import process_stat, processes

ROOT = Path(__file__).parents[3]
MARK = "LUIGI_TRIGGER_TEST_TREE"

#: `Touch` writes `out`; it says in `<out>.began` that it is at work, and goes on once the file `wait_for` exists.
JOBS = '''
import os, random, subprocess, sys, time
from pathlib import Path
import luigi
from luigi.parameter import ParameterVisibility

class Touch(luigi.Task):
    """Writes a file."""
    out = luigi.Parameter()
    wait_for = luigi.Parameter(default="")
    def output(self):
        return luigi.LocalTarget(self.out)
    def run(self):
        Path(self.out + ".began").write_text(str(os.getpid()))
        with open(self.out + ".ledger", "a") as ledger:
            ledger.write(f"{os.getpid()}\\n")
        self.before()
        while self.wait_for and not os.path.exists(self.wait_for):
            time.sleep(0.01)
        with self.output().open("w") as file:
            file.write(self.content())
    def before(self):
        pass
    def content(self):
        return str(os.getpid())

class Draw(Touch):
    def content(self):
        return repr(random.random())

class Secretive(Touch):
    password = luigi.Parameter(visibility=ParameterVisibility.PRIVATE)
    def content(self):
        return str(len(self.password))

class Parent(Touch):
    """Starts a subprocess that leaves its session and forgets its parent."""
    def before(self):
        code = "import os, sys, time; os.setsid(); open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"
        subprocess.Popen([sys.executable, "-c", code, self.out + ".child"])

class Stubborn(Touch):
    def before(self):
        import signal
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
'''


#: A module with one task.
TASK = "import luigi\nclass {name}(luigi.Task):\n    out = luigi.Parameter(default={default!r})\n"


class Tree:
    """A project folder with a home, and a zygote on it."""

    def __init__(self, folder, luigid_url, home=None):
        self.project = folder / "project"
        self.project.mkdir()
        self.results = folder / "results"
        self.results.mkdir()
        self.home = home or folder / "home"
        self.luigid_url = luigid_url
        self.mark = f"{MARK}={folder}"
        self.process = None
        self.clients = []
        self.doorbell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.doorbell.bind("")
        self.doorbell.settimeout(10)
        self.write("jobs.py", JOBS)

    def write(self, name, text):
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def start(self, spares=1, before=(), after=(), **environment):
        bell = self.doorbell.getsockname()[1:].decode()
        command = [sys.executable, "-m", "trigger_service.runner.zygote", "--home", str(self.home), "--doorbell", bell]
        mark = dict([self.mark.split("=", 1)])
        with (self.project.parent / "zygote.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*before, *command, "--spares", str(spares), *after],
                cwd=self.project,
                env={**os.environ, "PYTHONPATH": str(ROOT), **mark, **environment},
                stderr=log,
            )
        client = self.client()
        until(lambda: client.health() == "", "zygote")
        return self

    def client(self, *modules):
        self.clients.append(ZygoteClient(self.home, modules or ("jobs",)))
        return self.clients[-1]

    def launcher(self, *modules, secrets=None, **about):
        places = Places({Place(): self.client(*modules)})
        return LocalLauncher(places, lambda run_id: secrets or {}, lambda value: "digest", **about)

    def attempt(self, family, module="jobs", name="out", **parameters):
        """A spec and a folder for it; nothing is started."""
        run_id = uuid7(time.time(), os.urandom(10))
        texts = {"out": str(self.results / name), **{key: str(value) for key, value in parameters.items()}}
        spec = RunSpec(run_id, 1, module, family, texts, self.luigid_url, scheduler_patience_s=10)
        return spec, attempt_folder(self.home, run_id, 1)

    def run(self, family, **about):
        """Launch an attempt."""
        spec, folder = self.attempt(family, **about)
        return self.launcher(spec.module).launch(spec, folder), folder

    def rung(self):
        return self.doorbell.recv(100).decode()

    def log(self):
        return (self.project.parent / "zygote.log").read_text()

    def members(self):
        """Every living process that descends from the zygote, the zygote included."""
        return [stat for stat in processes() if stat.alive and self.mark.encode() in _environment(stat.pid)]

    def nursery(self):
        """The processes below the zygote in sessions of their own: nurseries, spares, judges, children."""
        return [stat for stat in self.members() if stat.pid != self.process.pid]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        for client in self.clients:
            client.close()
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)
        self.doorbell.close()
        deadline = time.monotonic() + 5
        while (left := self.members()) and time.monotonic() < deadline:
            time.sleep(0.01)
        for stat in left:
            os.kill(stat.pid, signal.SIGKILL)
        return left


def ended(folder):
    """The exit report, as soon as there is one."""
    return until(folder.read_exit, "exit.json")


def is_alive(pid):
    stat = process_stat(pid)
    return stat is not None and stat.alive


def number_in(path):
    """The number that a process writes into a file, once it has."""
    return int(until(lambda: path.exists() and path.read_text(), path.name))


def _environment(pid):
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def families(client):
    return [pipeline.family for pipeline in client.catalogue().pipelines]


def broken(client):
    return {module.module: module for module in client.catalogue().broken}


def default(client, module="mine", family="Mine", name="out"):
    return client.validate(module, family, {}).parameters[name]
