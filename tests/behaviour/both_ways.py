"""Runs a case by plain `luigi` and by the product, and gathers what can be seen of each."""

import json
import shutil
import threading
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from expectations import CASES, Expectation
from plain_luigi import PATIENCE_S, PlainLuigi, PlainResult
from polling import until
from product import Product

from trigger_service.client import Client

#: The words of luigid for what the product calls done.
PLAIN_WORDS = {"complete": "done"}
SETTINGS = """
[core]
autoload_range = false
[resources]
desk = 1
[case]
colour = green
"""


@dataclass(frozen=True)
class Seen:
    """What one of the two has made of a case."""

    ran: list[str]
    files: dict[str, bytes]
    printed: list[str]
    #: Status and dependencies by task id.
    statuses: dict[str, str]
    graph: dict[str, list[str]]


@dataclass(frozen=True)
class Ours:
    """What the API tells of the run."""

    run: dict[str, Any]
    tasks: list[dict[str, Any]]
    lines: list[dict[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """A round of a case, done both ways."""

    by_luigi: Seen
    by_us: Seen
    plain: PlainResult
    ours: Ours


class Bench:
    """One running service and one stock luigid for all cases."""

    def __init__(self, folder: Path) -> None:
        self._ours, self._theirs = folder / "ours", folder / "theirs"
        for place in (self._ours, self._theirs):
            place.mkdir()
            shutil.copytree(CASES, place / "cases", ignore=shutil.ignore_patterns("__pycache__"))
        self.product = Product(self._ours)
        self.product.configure("")
        with (self._ours / "luigi.cfg").open("a") as file:
            file.write(SETTINGS)
        (self._theirs / "luigi.cfg").write_text(SETTINGS)
        text = (self._ours / "luigi.cfg").read_text()
        (self._ours / "luigi.cfg").write_text(text.replace("modules = steps", "modules = cases"))
        self.plain: PlainLuigi

    def start(self) -> None:
        """Start both."""
        self.product.launch()
        self.plain = PlainLuigi(self._theirs)
        self.product.wait_until_ready()
        self._client = Client(self.product.url)

    def end(self) -> None:
        """End both."""
        self.plain.end()
        self.product.end()

    def play(self, case: str, expected: Expectation) -> Outcome:
        """One round."""
        for place in (self._ours, self._theirs):
            (place / case / "ledger").unlink(missing_ok=True)
            for name, content in expected.before.items():
                (place / case / name).parent.mkdir(parents=True, exist_ok=True)
                (place / case / name).write_text(content)
        family = f"cases.{case}.{expected.root}" if expected.namespaced else expected.root
        self.plain.begin(f"cases.{case}", family, expected.parameters, expected.workers)
        run_id = self.product.trigger_with(family, expected.parameters, workers=expected.workers)
        task_id = self._client.get(run_id)["task_id"]
        calls = ((self._theirs, self.plain.port), (self._ours, self.product.luigid_port()))
        actors = [
            threading.Thread(target=act, args=(place / case, port, task_id, expected.when)) for place, port in calls
        ]
        for actor in actors if expected.when else ():
            actor.start()
        plain = self.plain.finish(expected.plain_exit is not None)
        run = until(lambda: self._ended(run_id), f"{case} ends: {self._client.get(run_id)}", PATIENCE_S)
        for actor in actors if expected.when else ():
            actor.join()
        ours = Ours(run, self._client.tasks(run_id), list(self._client.logs(run_id, follow=True)))
        return Outcome(self._by_luigi(case, task_id, plain), self._by_us(case, ours), plain, ours)

    def _ended(self, run_id: str) -> dict[str, Any] | None:
        run = self._client.get(run_id)
        return run if run["state"] in ("succeeded", "failed", "cancelled") else None

    def _by_luigi(self, case: str, task_id: str, plain: PlainResult) -> Seen:
        known = self.plain.call("dep_graph", task_id=task_id, include_done=True)
        statuses = {name: task["status"].lower() for name, task in known.items()}
        graph = {name: sorted(task["deps"]) for name, task in known.items()}
        return Seen(*left(self._theirs / case), plain.printed, statuses, graph)

    def _by_us(self, case: str, ours: Ours) -> Seen:
        printed = [line["text"] for line in ours.lines if line["stream"] == "stdout"]
        statuses = {task["task_id"]: task["status"] for task in ours.tasks}
        graph = {task["task_id"]: sorted(task["dependencies"]) for task in ours.tasks}
        return Seen(*left(self._ours / case), printed, statuses, graph)


def left(folder: Path) -> tuple[list[str], dict[str, bytes]]:
    """The ledger's lines, and all other files with their bytes."""
    files = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
    ledger = files.pop("ledger", None)
    return ledger.read_text().splitlines() if ledger else [], {name: path.read_bytes() for name, path in files.items()}


def act(folder: Path, port: int, task_id: str, when: list[list[str]]) -> None:
    """Wait for what is to be seen in the ledger, and do what is to be done then."""
    for seen, what in when:
        ledger = folder / "ledger"
        until(lambda ledger=ledger, seen=seen: ledger.exists() and seen in ledger.read_text(), seen)
        if what.startswith("tell "):
            send(port, task_id, what.removeprefix("tell "))
        else:
            (folder / what).touch()


def send(port: int, task_id: str, message: str) -> None:
    """Send a message to the task through the scheduler, as the visualiser does."""

    def call(method: str, **arguments: Any) -> Any:
        data = urllib.parse.urlencode({"data": json.dumps(arguments)}).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/{method}", data, timeout=30) as answer:
            return json.load(answer)["response"]

    worker = call("task_list", status="RUNNING")[task_id]["worker_running"]
    call("send_scheduler_message", worker=worker, task=task_id, content=message)
