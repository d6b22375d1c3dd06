"""Real luigids, ours and stock, and real luigi workers, each in a process of its own."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import psutil
from polling import until

PROJECT = Path(__file__).parent / "project"
CHECKOUT = Path(__file__).parents[3]
DEADLINE_S = 20.0


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    text: str


@dataclass(frozen=True)
class Luigid:
    """A running luigid."""

    url: str
    process: subprocess.Popen[bytes]

    def request(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        """One request; header names with `_` for `-`."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read().decode())
        finally:
            connection.close()

    def call(self, method: str, **arguments: Any) -> Any:
        """An RPC, as luigi's client makes it."""
        form = {"Content_Type": "application/x-www-form-urlencoded"}
        answer = self.request("POST", f"/api/{method}", urlencode({"data": json.dumps(arguments)}), **form)
        assert answer.status == 200, answer.text
        return json.loads(answer.text)["response"]

    def wait(self, *tasks: str, version: int, timeout: float) -> int:
        """A long poll for the tasks named, for anything if none is."""
        answer = self.request("POST", "/wait", json.dumps({"tasks": tasks, "version": version, "timeout": timeout}))
        assert answer.status == 200, answer.text
        return int(json.loads(answer.text)["version"])

    def task(self, name: str) -> dict[str, Any]:
        """What the visualiser shows of a step, with its `id`; its status is "absent" where luigid knows none."""
        for task_id, task in self.call("task_list").items():
            if task["params"].get("name") == name:
                return {"id": task_id, **task}
        return {"id": "", "status": "absent"}

    def status(self, name: str) -> str:
        """A step's status."""
        return str(self.task(name)["status"])

    def kill(self) -> None:
        """As a crash would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """As an orderly stop does."""
        self.process.terminate()
        assert self.process.wait(DEADLINE_S) == 0


@dataclass
class Bench:
    """A folder of steps, and the processes of one test."""

    folder: Path
    processes: ExitStack
    config: str = ""
    _starts: int = field(default=0)

    def luigid(self, *options: str, state: str = "state") -> Luigid:
        """Start ours; the folder `state` may be one that an earlier luigid has left."""
        self._starts += 1
        info = self.folder / f"luigid-{self._starts}.json"
        place = ("--port", "0", "--state-dir", str(self.folder / state), "--info", str(info))
        process = self.start("-m", "trigger_service.luigid", *place, *options)
        until(info.exists, f"luigid listens; it said: {self.said(process)}")
        return Luigid(json.loads(info.read_bytes())["url"], process)

    def stock_luigid(self) -> Luigid:
        """Start Luigi's own luigid."""
        script = "import sys; from luigi.cmdline import luigid; luigid(sys.argv[1:])"
        state = str(self.folder / "stock.pickle")
        process = self.start("-c", script, "--port", "0", "--address", "127.0.0.1", "--state-path", state)
        port = until(lambda: _listening_port(process.pid), f"stock luigid listens: {self.said(process)}")
        return Luigid(f"http://127.0.0.1:{port}", process)

    def luigi(self, luigid: Luigid, name: str, *options: str) -> subprocess.Popen[bytes]:
        """Start the plain `luigi` command on a step."""
        task = ("--module", "steps", "Step", "--folder", str(self.folder), "--name", name, "--no-lock")
        return self.start("-m", "luigi", *task, "--scheduler-url", luigid.url, *options)

    def run_luigi(self, luigid: Luigid, name: str, *options: str) -> int:
        """Run the plain `luigi` command to its end; its exit code."""
        return self.luigi(luigid, name, *options).wait(DEADLINE_S)

    def worker(self, luigid: Luigid, worker_id: str, name: str, *needs: str) -> subprocess.Popen[bytes]:
        """Start a stock luigi worker that bears a name as ours do."""
        return self.start(str(PROJECT / "named_worker.py"), luigid.url, worker_id, str(self.folder), name, *needs)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a Python process in the folder, ended with the test."""
        config = self.folder / "luigi.cfg"
        config.write_text(self.config)
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{CHECKOUT}:{PROJECT}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "LUIGI_CONFIG_PATH": str(config),
        }
        number = len(list(self.folder.glob("*.out")))
        with (self.folder / f"{number}.out").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *arguments], cwd=self.folder, env=environment, stdout=output, stderr=output
            )
        self.processes.callback(end, process)
        process.output = self.folder / f"{number}.out"  # type: ignore[attr-defined]
        return process

    def said(self, process: subprocess.Popen[bytes]) -> str:
        """All that a process has printed so far."""
        return str(process.output.read_text())  # type: ignore[attr-defined]

    def flag(self, name: str) -> Path:
        """Make a file that tells a step what to do."""
        path = self.folder / name
        path.touch()
        return path

    def ledger(self) -> list[tuple[str, str]]:
        """(name, "start" or "end") in the order in which it happened."""
        path = self.folder / "ledger"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(line.split()[0], line.split()[1]) for line in lines]

    def starts(self, name: str) -> int:
        """How often a step's `run()` was entered."""
        return self.ledger().count((name, "start"))


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and whatever it has started."""
    try:
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        family = []
    for member in family:
        try:
            member.kill()
        except psutil.NoSuchProcess:
            continue
    process.wait()


def _listening_port(pid: int) -> int | None:
    connections = psutil.Process(pid).net_connections(kind="tcp")
    return next((c.laddr.port for c in connections if c.status == psutil.CONN_LISTEN), None)
