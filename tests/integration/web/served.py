"""A whole service but for children and luigid: real store, threads and HTTP; runs are scripts of this file."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from flask import Flask
from polling import until
from shelf import Shelf
from werkzeug.serving import WSGIRequestHandler, make_server

from trigger_service.domain.admission import Limits
from trigger_service.domain.errors import PlanEnded
from trigger_service.domain.files import Inbox
from trigger_service.domain.outside import Outside
from trigger_service.domain.place import Place
from trigger_service.domain.plan import Fault, Finding, Walk
from trigger_service.domain.retention import Keep
from trigger_service.domain.spec import RunSpec
from trigger_service.domain.verification import Found
from trigger_service.launchers.base import Pipeline
from trigger_service.launchers.inline import InlineChild, InlineHost, InlineLauncher, InlinePlanner
from trigger_service.launchers.places import Places
from trigger_service.service.announcements import Announcements
from trigger_service.service.automation import Automation
from trigger_service.service.broadcast import Broadcast
from trigger_service.service.calendars import Calendars
from trigger_service.service.channels import Channels
from trigger_service.service.clock import Clock
from trigger_service.service.collector import Collector
from trigger_service.service.counters import Counters
from trigger_service.service.credentials import Credentials
from trigger_service.service.custody import Custody
from trigger_service.service.dispatcher import Dispatcher
from trigger_service.service.doorbell import Doorbell, doorbell_name
from trigger_service.service.history import History
from trigger_service.service.housekeeper import Housekeeper
from trigger_service.service.inquiries import Inquiries
from trigger_service.service.insights import Insights
from trigger_service.service.logsearch import LogSearch
from trigger_service.service.metrics import Metrics
from trigger_service.service.mover import Mover
from trigger_service.service.overview import Overview
from trigger_service.service.plans import Plans
from trigger_service.service.pools import Pools
from trigger_service.service.processes import Processes
from trigger_service.service.runlogs import RunLogs
from trigger_service.service.starter import Starter
from trigger_service.service.triggers import Triggers
from trigger_service.service.troubles import Attention
from trigger_service.service.turns import Turns
from trigger_service.service.vault import Vault
from trigger_service.store.engine import Database
from trigger_service.store.schema import open_database
from trigger_service.web.factory import create_app
from trigger_service.web.services import Services, WebConfig

LUIGID = "http://127.0.0.1:8082"


def parameter(name: str, kind: str = "Parameter", **more: Any) -> dict[str, Any]:
    schema = {
        "type": "integer" if kind == "IntParameter" else "string",
        **({"default": 1} if "default" in more else {}),
    }
    shown = {"name": name, "type": kind, "schema": schema, "required": "default" not in more, "description": ""}
    shown["expectation"] = "an integer, for example 5" if kind == "IntParameter" else "text"
    rest = {"significant": True, "visibility": "public", "positional": True, "batch": False}
    return {**shown, **rest, "range": more.get("range")}


DAYS = {"unit": "date", "every": 1, "origin": "1970-01-01"}
PIPELINES = (
    Pipeline(
        "Hello", "tasks.hello", (parameter("who"), parameter("times", "IntParameter", default=1)), "Greets.\n\nIt."
    ),
    Pipeline("Fails", "tasks.hello", (), "Always fails."),
    Pipeline("Secretive", "tasks.hello", ({**parameter("password"), "visibility": "private"},), "Waits for the test."),
    Pipeline("Gated", "tasks.hello", (parameter("n", default=1),), "Waits for the test."),
    Pipeline("Daily", "tasks.hello", (parameter("day", "DateParameter", range=DAYS), parameter("shop", default=1))),
)
#: Values of any parameter for which every task is complete.
COMPLETE = ("2013-01-02", "ada")


#: What is seen of a target by the end of its name.
PREVIEWS = {
    "csv": {"kind": "table", "columns": ["<b>day"], "rows": [["1"], [None]], "left_out": 0, "more": False},
    "html": {"kind": "page", "text": "<script>alert(1)</script><p>Report</p>", "more": False},
    "png": {"kind": "picture", "media": "image/png", "base64": "iVBORw=="},
}


def read_again(claim):
    """A reader that finds what the names of the targets say: missing, or a size of 12 and the checksum `ab`."""
    if claim.url.endswith("missing"):
        return Found(0, exists=False)
    shown = PREVIEWS.get(claim.url.rpartition(".")[2])
    return Found(0, True, size=12, sha256="cd" if claim.url.endswith("changed") else "ab", version="v9", preview=shown)


class NoLuigid:
    """Inline children have no workers on a luigid, so that there is nothing to free."""

    def free(self, run_id: str, attempt: int) -> None:
        return None

    def health(self) -> str:
        return ""


@dataclass
class Served:
    """The running service, and what a test may turn on it."""

    app: Flask
    services: Services
    database: Database
    url: str
    #: Gated runs go on when it is set.
    gate: threading.Event
    #: The targets that there are.
    shelf: Shelf
    mover: Mover
    reasons: dict[str, str] = field(default_factory=dict)

    def until(self, run_id: str, wanted: Callable[[Any], bool], seconds: float = 10) -> Any:
        """The run, as soon as it is as wanted."""
        return until(
            lambda: run if wanted(run := self.services.insights.run(run_id)) else None, f"run {run_id}", seconds
        )

    def ended(self, run_id: str) -> Any:
        return self.until(run_id, lambda run: run.finished_at is not None)

    def running(self, run_id: str) -> Any:
        return self.until(run_id, lambda run: run.state == "running")


@contextmanager
def service(
    home: Path, limits: Limits | None = None, inboxes: Mapping[str, Inbox] | None = None, **config: Any
) -> Iterator[Served]:
    """Everything running, on a free port; all of it has ended afterwards. The inboxes are looked at by the test."""
    gate, reasons = threading.Event(), {"database": "", "luigid": "", "zygote": ""}
    home.mkdir(parents=True, exist_ok=True)
    database = open_database(home / "database.sqlite3")
    broadcast, bell = Broadcast(), Doorbell(doorbell_name(home))
    launcher = InlineLauncher(lambda child: script(child, gate), ring=bell.ring, complete=lambda spec: False)
    places, pools = Places({Place(): InlineHost(PIPELINES)}), Pools(database, limits or Limits())
    shared: dict[str, Any] = {"database": database, "broadcast": broadcast, "doorbell": bell}
    vault = Vault(home / "key", database)
    starter = Starter(home=home, launcher=launcher, scheduler_url=lambda _: LUIGID, **shared)
    dispatcher = Dispatcher(database=database, places=places, limits=lambda: pools.limits, starter=starter)
    pools.on_change = dispatcher.wake
    housekeeper = Housekeeper(home, database, Keep())
    counters = Counters()
    metrics = Metrics(database=database, housekeeper=housekeeper, health=lambda: {Place(): reasons}, counters=counters)
    central, lag = NoLuigid(), metrics.note_lag
    collector = Collector(home=home, launcher=launcher, central=central, dispatcher=dispatcher, note_lag=lag, **shared)
    metrics.follow(collector)
    triggers = Triggers(places=places, vault=vault, limits=lambda: pools.limits, dispatcher=dispatcher, **shared)
    insights = Insights(home=home, database=database, limits=lambda: pools.limits, obstacle=dispatcher.obstacle)
    shelf, turns = Shelf(), Turns()
    planner = InlinePlanner(lambda spec, unwanted: planned(spec, gate, unwanted), COMPLETE, shelf.said, read_again)
    plans = Plans(database=database, planner=planner, judge=triggers.judged, secrets_of=vault.secrets, turns=turns)
    calendars = Calendars(triggers=triggers, planner=planner, turns=turns)
    credentials = Credentials(database)
    #: Not started: tests call what is looked at.
    clock = Clock()
    planned_by: dict[str, Any] = {"planner": planner, "turns": turns, "secrets_of": vault.secrets}
    custody = Custody(database=database, triggers=triggers, broadcast=broadcast, clock=clock, keep=Keep(), **planned_by)
    automating: dict[str, Any] = {"schedule_file": home / "schedules.toml", "calendars": calendars, "clock": clock}
    automating |= {"counters": counters, "inboxes": inboxes}
    automation = Automation(database=database, triggers=triggers, vault=vault, **automating)
    channels = Channels(Outside(allow_private=True, public_url="http://console.example"))
    announcing: dict[str, Any] = {"channels": channels, "broadcast": broadcast, "clock": clock}
    announcing["counters"] = counters
    announcements = Announcements(home=home, database=database, vault=vault, **announcing)
    inquiries = Inquiries(calendars, broadcast)
    services = Services(
        triggers=triggers,
        turns=turns,
        plans=plans,
        calendars=calendars,
        pools=pools,
        automation=automation,
        notifications=announcements.notifications,
        history=History(database),
        insights=insights,
        overview=Overview(database),
        attention=Attention(home, database),
        logs=RunLogs(home, database),
        log_search=LogSearch(home, database),
        targets=custody.catalogue,
        verifications=custody.verifications,
        rereadings=custody.rereadings,
        inquiries=inquiries,
        operations=custody.operations,
        broadcast=broadcast,
        places=places,
        credentials=credentials,
        metrics=metrics,
        housekeeper=housekeeper,
        processes=Processes(database),
        readiness=lambda: reasons,
    )
    app = create_app(services, replace(WebConfig(luigid_url=lambda _: LUIGID), **config))
    dispatcher.start()
    credentials.start()
    collector.start()
    try:
        with listening(app) as url:
            yield Served(app, services, database, url, gate, shelf, custody.mover, reasons)
    finally:
        app.extensions["long_requests"].closing.set()
        gate.set()
        inquiries.stop()
        custody.stop()
        credentials.stop()
        collector.stop()
        dispatcher.stop()
        launcher.close()
        bell.close()
        database.close()


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        return None


@contextmanager
def listening(app: Any) -> Iterator[str]:
    """The application on a free port of a threaded server, until the end of the block."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def planned(spec: RunSpec, gate: threading.Event, unwanted: Callable[[], bool]) -> Walk:
    """What the tasks of each pipeline say when they are asked."""
    root = f"{spec.family}_1"
    if spec.family == "Gated":
        while not gate.wait(0.005):
            if unwanted():
                raise PlanEnded
        return Walk((Finding(root, "Gated", "ready", "no"),), cut="the time was over")
    if spec.family == "Secretive":
        return Walk((Finding(root, "Secretive", "ready", "no", private=True),))
    if spec.family == "Fails":
        fault = Fault(root, "complete", "ValueError", "as it always does", "tasks/hello.py", 7, "Traceback ...")
        return Walk((Finding(root, "Fails", "broken", "complete() raised ValueError", fault=fault),))
    leaves = [
        Finding("Leaf_1", "Leaf", "complete", "its output exists", {"n": "1"}, outputs=("out/1",)),
        Finding("Leaf_2", "Leaf", "missing", "out/2 does not exist", {"n": "2"}, outputs=("out/2",)),
        Finding("Leaf_3", "Leaf", "dynamic", "out/3 does not exist", {"n": "3"}, outputs=("out/3",)),
    ]
    return Walk((Finding(root, "Hello", "ready", "no", dict(spec.parameters), ("Leaf_1", "Leaf_2", "Leaf_3")), *leaves))


def script(child: InlineChild, gate: threading.Event) -> None:
    """What the child of each pipeline does."""
    root = f"{child.spec.family}_1"
    if child.spec.family in ("Gated", "Secretive"):
        child.emit(
            "discovered", root, family=child.spec.family, parameters={}, dependencies=[], outputs=[], status="pending"
        )
        child.emit("began", root, pid=1)
        child.log("waiting", root)
        child.wait(gate)
        child.log("went on", root, "WARNING")
    if child.spec.family == "Fails":
        child.log("about to fail", root, "ERROR", "stderr")
        raise RuntimeError("as it always does")
    if child.spec.family == "Hello":
        for number in range(int(child.spec.parameters.get("times", "1"))):
            child.log(f"hello {child.spec.parameters['who']} {number}", root)
    child.task(root)
