"""The pages of the console with much on record: how soon they are there, how heavy, how soon they show what is new."""

import contextlib
import http.client
import shutil
import statistics
import subprocess
import sys
import time
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

from benchmarks.reads import LINES, RUNS, STATES, lines
from trigger_service.domain.ids import uuid7
from trigger_service.domain.logs import encode
from trigger_service.domain.run import Progress, Run, TaskExecution, Trigger
from trigger_service.domain.spec import attempt_folder
from trigger_service.store import attempts, executions, runs
from trigger_service.store.schema import open_database

PIPELINES, TASKS = 200, 2000
ROUNDS, NEWS, TABS = 15, 20, 12
#: How many have a page open, and how many runs are asked for meanwhile: so many that all ask for parts again and again.
BROWSERS, POSTS = 200, 100
#: Seconds for which many browsers are watched.
WATCHED_S = 10.0
FAMILIES = 8
MODULE = '''\
"""Pipelines of which there are many."""

import luigi

'''
PIPELINE = '''\

class Pipeline{number}(luigi.Task):
    """Makes the rows of a month, of the kind {number}."""

    month = luigi.MonthParameter(description="the month")
    rows = luigi.IntParameter(default=1, description="how many")

    def output(self):
        return luigi.LocalTarget(f"nowhere/{{self.task_id}}")
'''
QUICK = (
    MODULE
    + '''\

class Quick(luigi.Task):
    """Writes a file, and is done."""

    root = luigi.Parameter()
    name = luigi.Parameter()

    def output(self):
        return luigi.LocalTarget(f"{self.root}/{self.name}")

    def run(self):
        with self.output().open("w") as file:
            file.write(self.name)
'''
)
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
#: Tells the milliseconds (since the epoch) at which an element is there.
SEEN = """selector => new Promise(resolve => {
  const look = () => document.querySelector(selector) && resolve(performance.timeOrigin + performance.now());
  new MutationObserver(look).observe(document.documentElement, {subtree: true, childList: true, attributes: true});
  look();
})"""


def fill(folder):
    """A project of many pipelines, and their runs on record; gives the ids of that with tasks and that with a log."""
    for number in range(0, PIPELINES, 10):
        module = MODULE + "\n".join(PIPELINE.format(number=each) for each in range(number, number + 10))
        (folder / "many").mkdir(parents=True, exist_ok=True)
        (folder / "many" / f"part{number}.py").write_text(module)
    (folder / "many" / "__init__.py").touch()
    (folder / "many" / "quick.py").write_text(QUICK)
    home = folder / ".luigi-trigger"
    home.mkdir(mode=0o700)
    database = open_database(home / "database.sqlite3")
    began = time.time() - 86_400
    ids = []
    with database.write() as connection:
        for number in range(RUNS):
            run = _run(number, began + number * 86_000 / RUNS)
            ids.append(run.id)
            runs.insert(connection, run, identity=run.id, sealed="")
            attempts.insert(connection, run.id, 1, run.started_at)
            attempts.end(connection, run.id, 1, now=run.finished_at, state="ended", reason="", buried=True)
        executions.upsert(connection, list(_tasks(ids[-1], began)))
    database.close()
    log = attempt_folder(home, ids[-2], 1).log_file
    log.parent.mkdir(parents=True)
    with log.open("wb") as file:
        file.writelines(encode(line) for line in lines(began))
    return ids[-1], ids[-2]


def _run(number, created_at):
    month = f"2013-{number % 12 + 1:02d}"
    family = f"Pipeline{number % PIPELINES}"
    return Run(
        id=uuid7(created_at, number.to_bytes(10, "big")),
        state=STATES[number // 7 % len(STATES)],
        pipeline=family,
        module=f"many.part{number % PIPELINES // 10 * 10}",
        parameters={"month": month, "rows": number},
        texts={"month": month, "rows": str(number)},
        task_id=f"{family}_{number}",
        trigger=Trigger("schedule", "nightly"),
        created_at=created_at,
        labels={"team": str(number % 1000)},
        attempt=1,
        started_at=created_at + 0.1,
        finished_at=created_at + 5.0 + number % 60,
        progress=Progress(total=TASKS, done=TASKS),
    )


def _tasks(run_id, began):
    """Families one after the other, each task requiring one of the family before."""
    each = TASKS // FAMILIES
    for number in range(TASKS):
        layer, place = divmod(number, each)
        yield TaskExecution(
            run_id=run_id,
            attempt=1,
            task_id=f"Layer{layer}_{place}",
            family=f"Layer{layer}",
            status="done",
            parameters={"number": str(place)},
            dependencies=(f"Layer{layer - 1}_{place}",) if layer else (),
            outputs=(f"/data/{layer}/{place}.csv",),
            started_at=began + layer * 10 + place / 100,
            finished_at=began + layer * 10 + place / 100 + 3,
            pid=4000 + place,
            executions=1,
        )


def pages(tasks_run, log_run):
    """What is asked for, by what is said of it, with the milliseconds that it may take."""
    return {
        "overview": ("/", 120),
        "pipelines": ("/pipelines", 120),
        "a pipeline": ("/pipelines/Pipeline7", 120),
        "launch": ("/launch/Pipeline7", 120),
        "runs": ("/runs", 120),
        "runs, failed": ("/runs?state=failed", 120),
        "runs, of a text that none has": ("/runs?q=nowhere", 120),
        f"run of {TASKS} tasks: graph and timeline": (f"/runs/{tasks_run}", 300),
        f"run of {LINES} lines": (f"/runs/{log_run}", 120),
        f"log of {LINES} lines, filtered by a text of every thousandth": (f"/runs/{log_run}/log?q=thousandth", 200),
        f"log of {LINES} lines, filtered by a text of its last": (f"/runs/{log_run}/log?q=needle", 200),
        "schedules": ("/schedules", 120),
        "webhooks": ("/webhooks", 120),
        "file watches": ("/files", 120),
        "backfills": ("/backfills", 120),
        "targets": ("/targets", 120),
        "limits": ("/limits", 120),
        "settings": ("/settings", 120),
        "search": ("/search?q=Pipeline7", 120),
    }


def asked(stage, path):
    """Seconds of each of some requests for a page, and the bytes of one as it is sent."""
    connection = http.client.HTTPConnection(urlsplit(stage.client.url).netloc, timeout=60)
    times = []
    with contextlib.closing(connection):
        for _ in range(ROUNDS + 1):
            start = time.perf_counter()
            connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
            answer = connection.getresponse()
            size = len(answer.read())
            times.append(time.perf_counter() - start)
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer.status}")
    return times[1:], size


def to_screen(stage, folder):
    """Seconds from a run's acceptance, as the service has it on record, until a page in one of some tabs shows it."""
    times = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*CHROMIUM])
        context = browser.new_context()
        tabs = [context.new_page() for _ in range(TABS)]
        for tab in tabs:
            tab.goto(f"{stage.client.url}/runs")
        page = tabs[-1]
        page.bring_to_front()
        page.locator("html[data-live=live]").wait_for()
        for number in range(NEWS):
            run = stage.post("Quick", {"root": str(folder), "name": f"news-{number}"})
            seen_ms = page.evaluate(SEEN, f"a[href='/runs/{run['id']}']")
            found = stage.get(f"/runs/{run['id']}")
            times.append(seen_ms / 1e3 - _moment(found["created_at"]))
            stage.wait(run["id"])
        browser.close()
    return times


def _moment(iso):
    return time.mktime(time.strptime(iso[:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone + float(iso[19:-1])


def many_browsers(stage, folder):
    """What it costs that many browsers have the list of runs open: of a core in silence, and of the time to a 202."""
    before = statistics.median(_accepted(stage, folder, "alone"))
    idle = _part_of_a_core(stage)
    what = [sys.executable, "-m", "benchmarks.browsers", stage.client.url, "/runs", str(BROWSERS)]
    with subprocess.Popen(what, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as browsers:
        if browsers.stdout.readline() != "open\n":
            raise RuntimeError("the browsers have not opened the page")
        watched = _part_of_a_core(stage)
        during = statistics.median(_accepted(stage, folder, "watched"))
        asked = int(browsers.communicate()[0])
    figures = {"post_alone_ms": before * 1e3, "post_watched_ms": during * 1e3, "parts_asked_for": asked}
    return {"core_percent": (watched - idle) * 100, **figures}


def _accepted(stage, folder, name):
    times = []
    for number in range(POSTS):
        start = time.perf_counter()
        run = stage.post("Quick", {"root": str(folder), "name": f"{name}-{number}"})
        times.append(time.perf_counter() - start)
        stage.wait(run["id"])
    return times


def _part_of_a_core(stage):
    time.sleep(2.0)  # what was asked before is over
    before = stage.cpu_s()
    time.sleep(WATCHED_S)
    return (stage.cpu_s() - before) / WATCHED_S
