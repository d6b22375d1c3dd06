"""A project with a second location, on an interpreter of its own, and a second environment; and its tasks."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import requests
from polling import until
from product import Product

JOBS = '''
"""Tasks that leave a line in a ledger each time they run, and go on once their gate is open."""
import os, subprocess, sys, time
from pathlib import Path
import luigi
from luigi import configuration

COLOUR = configuration.get_config().get("paint", "colour", "none")
SHEEN = configuration.get_config().get("paint", "sheen", "none")

class Gated(luigi.Task):
    name = luigi.Parameter()
    def output(self):
        return luigi.LocalTarget(os.path.join(os.environ.get("DATA_ROOT", "data"), self.name))
    def run(self):
        self.output().makedirs()
        with open(self.output().path + ".ledger", "a") as ledger:
            ledger.write(f"{os.getpid()}\\n")
        while not os.path.exists(self.output().path + ".go"):
            time.sleep(0.02)
        with self.output().open("w") as file:
            file.write(self.text())
    def text(self):
        return COLOUR

class Licensed(Gated):
    resources = {"licence": 1}

class Painted(luigi.Task):
    colour = luigi.Parameter(default=COLOUR)
    sheen = luigi.Parameter(default=SHEEN)
    def output(self):
        return luigi.LocalTarget("data/painted")
    def run(self):
        raise ValueError(self.colour)

class Delegating(luigi.Task):
    """Has a plain luigi command say which colour and sheen it finds."""
    name = luigi.Parameter()
    def output(self):
        return luigi.LocalTarget(f"data/delegated-{self.name}")
    def run(self):
        command = [sys.executable, "-m", "luigi", "--module", "jobs", "Showing", "--local-scheduler"]
        subprocess.run([*command, "--out", self.output().path], check=True)

class Showing(luigi.Task):
    out = luigi.Parameter()
    def output(self):
        return luigi.LocalTarget(self.out)
    def run(self):
        with self.output().open("w") as file:
            file.write(f"{COLOUR} {SHEEN}")

class Leaf(luigi.Task):
    n = luigi.IntParameter()
    tag = luigi.Parameter()
    def output(self):
        return luigi.LocalTarget(f"data/{self.tag}-{self.n}")
    def run(self):
        print(f"leaf {self.n}")
        with self.output().open("w") as file:
            file.write("x")

class Tree(luigi.Task):
    """Dynamic: what it needs is known once it runs."""
    tag = luigi.Parameter()
    def output(self):
        return luigi.LocalTarget(f"data/{self.tag}")
    def run(self):
        yield [Leaf(n=n, tag=self.tag) for n in range(3)]
        subprocess.run(["echo", "from a subprocess"], check=True)
        with self.output().open("w") as file:
            file.write(luigi.__version__)

class Missing(luigi.ExternalTask):
    def output(self):
        return luigi.LocalTarget("data/never")

class Needy(luigi.WrapperTask):
    def requires(self):
        return Missing()

class Overdue(luigi.Task):
    """Outlives its time, and heeds no signal that can be ignored."""
    worker_timeout = 1
    def run(self):
        import signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(600)
'''

#: Only the second location has this one: it says what it finds around itself.
WITNESS = """
import json, os, sys
import luigi
import helper

def can_import(name):
    try:
        __import__(name)
    except ImportError:
        return False
    return True

class Witness(luigi.Task):
    how = luigi.Parameter(default="warm")
    def output(self):
        return luigi.LocalTarget(f"data/witness-{self.how}")
    def run(self):
        sight = {
            "python": sys.executable, "folder": os.getcwd(), "path": sys.path, "argv": sys.argv, "helper": helper.NAME,
            "importable": [name for name in ("sqlalchemy", "trigger_service.service", "psutil") if can_import(name)],
            "variables": dict(os.environ), "files": [module.__file__ for module in (json, luigi)],
        }
        with self.output().open("w") as file:
            json.dump(sight, file)
"""
#: The same from a module that no process may be forked from.
COLD = """
import threading, time
threading.Thread(target=time.sleep, args=(1e6,), daemon=True).start()
import luigi
import witness

class Shivering(witness.Witness):
    how = luigi.Parameter(default="cold")
"""
SETTINGS = """
[paint]
colour = white
sheen = matt
[resources]
licence = 1
[environment:staging]
variables = {"WHO": "nobody else"}
roots = {"DATA_ROOT": "elsewhere"}
config = red.cfg, blue.cfg
[location:reports]
python = %s
folder = reports
path = lib
modules = jobs, witness, cold
"""


def interpreter_with(folder, python, requirement):
    """A virtual environment made by `python` in which pip has installed `requirement`; gives its interpreter."""
    subprocess.run([python, "-m", "venv", folder], check=True)
    made = folder / "bin" / "python"
    subprocess.run([made, "-m", "pip", "install", "--quiet", requirement], check=True)
    return made


def found_python(version):
    """An interpreter of this version on this machine, or None."""
    installed = Path.home().glob(f".pyenv/versions/{version}.*/bin/python")
    return next(map(str, sorted(installed)), None) or shutil.which(f"python{version}")


class Settlement(Product):
    """`up` on a project with the location `reports` and the environment `staging`."""

    def __init__(
        self, folder, python, settings=SETTINGS, own="[worker]\nkeep_alive = true\nretry_external_tasks = true\n"
    ):
        super().__init__(folder)
        self.configure("modules = jobs\n" + settings % python)
        (folder / "jobs.py").write_text(JOBS)
        (folder / "red.cfg").write_text("[paint]\ncolour = red\nsheen = shiny\n")
        (folder / "blue.cfg").write_text("[paint]\ncolour = blue\n[resources]\nlicence = 2\n")
        reports = folder / "reports"
        (reports / "lib").mkdir(parents=True)
        (reports / "lib" / "helper.py").write_text("NAME = 'the helper'")
        (reports / "luigi.cfg").write_text(own)
        for name, text in (("jobs", JOBS), ("witness", WITNESS), ("cold", COLD)):
            (reports / f"{name}.py").write_text(text)

    def configure(self, settings, ports="port = 0\nluigid_port = 0\n"):
        """Without the modules of the other tests."""
        if "modules" in settings:
            (self.folder / "luigi.cfg").write_text(f"[trigger_service]\n{ports}{settings}")

    def wait_until_ready(self):
        """Nine processes take longer than three."""
        until(lambda: self.told() or self.process.poll() is not None, "service.json", 55.0)
        assert self.process.poll() is None, self.said()

    def ended(self, run_id, seconds=20.0):
        """The run, once it is final."""
        return until(lambda: run if (run := self.get(f"/runs/{run_id}"))["finished_at"] else None, "its end", seconds)

    def ask(self, body):
        """What the API answers to a request for a run."""
        return self.http.post(f"{self.url}/api/v1/runs", json=body, timeout=20)

    def luigid(self, place, method, **arguments):
        """What the luigid of a place answers."""
        found = self.http.get(f"{self.url}/luigid/{place}", timeout=30, allow_redirects=False).headers["Location"]
        return requests.post(f"{found}api/{method}", data=arguments, timeout=30).json()["response"]

    def open_gate(self, path):
        """Let the task go on that writes `path`."""
        Path(f"{self.folder / path}.go").touch()

    def ledger(self, path):
        """The lines that runs of the task have left."""
        file = Path(f"{self.folder / path}.ledger")
        return file.read_text().splitlines() if file.exists() else []


def bare_interpreter(folder):
    """An interpreter that has not even luigi."""
    venv.create(folder, symlinks=True, with_pip=False)
    return folder / "bin" / "python"


def own_python():
    """The interpreter of these tests, as something to make virtual environments with."""
    return os.path.realpath(sys.executable)
