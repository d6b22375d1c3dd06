"""A real `luigi-trigger up` in a folder of its own, with everything that starts below it in sight and in reach."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import uuid
from pathlib import Path

import process_roles
import requests
from polling import until

from trigger_service.domain.failpoints import VARIABLE

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
#: A location on another interpreter, and an environment, with the same tasks.
SECTIONS = f"""
[location:other]
python = {{python}}
folder = {{folder}}
path = {HERE}, {ROOT}
modules = load_tasks
[environment:staging]
variables = {{{{"WHO": "somebody"}}}}
"""
FINAL = ("succeeded", "failed", "cancelled")
LIVE = ("queued", "starting", "running", "cancelling")
MARKER = "FAULT_STAGE"
#: Seconds: until `up` is ready, until a request that meets a dead service is given up, until a run has ended.
READY_S, REQUEST_S, RUN_S = 90.0, 180.0, 60.0


class Stage:
    """`luigi-trigger up` on a project folder; the same home is used again by each start."""

    def __init__(self, folder, limits="", settings="", environment=None, sections=""):
        self.folder = folder
        self.home = folder / ".luigi-trigger"
        self._load()
        #: The runs of the tests before this one.
        self.earlier = frozenset()
        text = f"[trigger_service]\nport = 0\nluigid_port = 0\nmodules = load_tasks\ngrace_s = 2\n{settings}\n"
        (folder / "luigi.cfg").write_text(f"{text}[limits]\n{limits}\n{sections}\n")
        self.marker = f"{MARKER}={folder}/"
        self._armed = folder / "armed"
        self._armed.mkdir()
        paths = os.pathsep.join((str(HERE), str(ROOT)))
        self.environment = {
            **os.environ,
            "PYTHONPATH": paths,
            MARKER: f"{folder}/",
            VARIABLE: str(self._armed),
            **(environment or {}),
        }
        self._process = None
        self._starting = threading.Lock()
        self.url = ""

    def _load(self):
        """An empty folder for what the tasks write."""
        self.root = self.folder / f"load{len(list(self.folder.glob('load*')))}"
        for name in ("targets", "locks"):
            (self.root / name).mkdir(parents=True)

    def arm(self, name):
        """The first process that comes to this fail point from now on, and to no other one, will die there."""
        for left in self._armed.iterdir():
            left.unlink(missing_ok=True)
        (self._armed / name).touch()

    def is_armed(self):
        """Whether none has come to it yet."""
        return any(self._armed.iterdir())

    # -- up and down

    def ready(self):
        """For one more test: up, whole, without live runs, and with an empty folder for the load; gives itself."""
        self.up()
        until(lambda: self.request("GET", "/readyz").status_code == 200, "everything is ready")
        live = [run["id"] for run in self.get("/runs", state=LIVE, limit=500)["items"]]
        for run_id in live:
            self.request("POST", f"/api/v1/runs/{run_id}/cancel")
        until(lambda: not any(self.roles()[role] for role in ("child", "task process", "pump")), "the end of all runs")
        self.earlier |= frozenset(self.listed())
        self._load()
        return self

    def up(self):
        """Start `up` unless it lives, and wait until it says where it is; starts it again where it is killed."""
        with self._starting:
            self.url = until(self._url, "ready", READY_S)
        return self

    def _url(self):
        """Where it answers once it is ready; it is started where it is not up."""
        if not self.is_up():
            self._start()
        with contextlib.suppress(FileNotFoundError):
            told = json.loads((self.home / "service.json").read_text())
            return told["url"] if told["pid"] == self._process.pid else None

    def _start(self):
        command = [str(Path(sys.executable).with_name("luigi-trigger")), "up"]
        with (self.folder / "up.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def is_up(self):
        """Whether the supervisor lives."""
        return self._process is not None and self._process.poll() is None

    def said(self):
        """What `up` and the processes below it have written."""
        files = [self.folder / "up.log", *sorted((self.home / "logs").glob("*.log"))]
        return "\n".join(f"--- {file.name}\n{file.read_text(errors='replace')[-3000:]}" for file in files)

    def down(self):
        """End `up` and see that nothing is left."""
        if self.is_up():
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(30)
        until(lambda: not self.processes(), "the end of all processes")

    def clear(self):
        """Kill everything, oldest first, until nothing is left: also what was started meanwhile."""

        def nothing_is_left():
            processes = self.processes()
            for process in processes:
                process_roles.kill(process)
            return not processes

        until(nothing_is_left, "the end of all processes")
        if self._process is not None:
            self._process.wait(30)

    # -- processes

    def processes(self):
        """All live processes of this stage."""
        return process_roles.processes(self.marker)

    def roles(self):
        """The same by role."""
        return process_roles.by_role(self.marker)

    def one(self, role):
        """A process of this role, as soon as there is one."""
        return until(lambda: self.roles()[role], f"a process: {role}")[0]

    # -- HTTP, patient while nobody answers

    def request(self, method, path, later=(), **options):
        """The answer to a request, sent again where the connection breaks and to an answer with a status in `later`.

        `up` is started again where it is dead.
        """
        found = until(lambda: self._answer(method, path, later, options), f"an answer to {method} {path}", REQUEST_S)
        return found[0]

    def _answer(self, method, path, later, options):
        try:
            answer = requests.request(method, f"{self.url}{path}", **{"timeout": 30, **options})
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
            self.up()
            return ()
        return () if answer.status_code in later else (answer,)

    def get(self, path, **query):
        """Read something of the API; gives its JSON."""
        answer = self.request("GET", f"/api/v1{path}", (503,), params=query)
        answer.raise_for_status()
        return answer.json()

    def post(self, pipeline, name, *, key=None, **more):
        """Trigger a run until it is accepted; gives its id. Members of a request are told from parameters by name."""
        request = {"workers", "max_attempts", "priority", "timeout_s", "if_active", "location", "environment"}
        parameters = {"root": str(self.root), "name": name, **{k: v for k, v in more.items() if k not in request}}
        body = {"pipeline": pipeline, "parameters": parameters, **{k: v for k, v in more.items() if k in request}}
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        answer = self.request("POST", "/api/v1/runs", (503,), json=body, headers=headers)
        assert answer.status_code == 202, answer.text
        return answer.json()["id"]

    def run(self, run_id):
        """A run."""
        return self.get(f"/runs/{run_id}")

    def listed(self):
        """The ids of the runs that the service lists, as often as it does, without those of earlier tests."""
        ids, cursor = [], None
        while True:
            page = self.get("/runs", limit=500, **({"cursor": cursor} if cursor else {}))
            ids += [run["id"] for run in page["items"] if run["id"] not in self.earlier]
            cursor = page["next_cursor"]
            if cursor is None:
                return ids

    def wait(self, run_id, timeout_s=RUN_S):
        """The run once it is final."""

        def final():
            run = self.run(run_id)
            return run if run["state"] in FINAL else None

        try:
            return until(final, f"the end of run {run_id}", timeout_s)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.run(run_id)}\n{self.said()}") from error

    # -- the load

    def ledger(self):
        """The lines of the ledger, each split into words."""
        file = self.root / "ledger"
        return [line.split() for line in file.read_text().splitlines()] if file.exists() else []

    def starts(self):
        """How often any task has started."""
        return sum(words[0] == "start" for words in self.ledger())

    def wait_for_starts(self, count):
        """Wait until so many executions have started."""
        until(lambda: self.starts() >= count, f"{count} starts in the ledger")

    def open_gate(self, gate):
        """Let the tasks go on that wait for it."""
        (self.root / gate).touch()
