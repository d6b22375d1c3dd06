"""How soon records are read: lists of many runs, pages of a long log."""

import contextlib
import http.client
import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.stage import Bell
from trigger_service.domain.ids import uuid7
from trigger_service.domain.logs import LogLine, encode
from trigger_service.domain.run import Progress, Run, Trigger
from trigger_service.domain.spec import attempt_folder
from trigger_service.store import attempts, runs
from trigger_service.store.schema import open_database

RUNS, LINES = 50_000, 500_000
ROUNDS = 20
#: Open streams, and the seconds for which they are watched.
STREAMS, WATCHED_S = 100, 20.0
STATES = ("succeeded",) * 47 + ("failed",) * 2 + ("cancelled",)
#: What is asked of the list, by what is said of it.
LISTS = {
    "newest": {},
    "failed": {"state": "failed"},
    "of a pipeline, failed": {"pipeline": "Pipeline3", "state": "failed"},
    "of a month": {"parameter": "month=2013-07"},
    "with a label": {"label": "team=7"},
    "with a text": {"text": "2013-07"},
    "with a text that no run has": {"text": "nowhere"},
}
#: The same of the log.
SEARCHES = {
    "from its beginning": {},
    "text in its last line": {"text": "needle"},
    "text in every thousandth line": {"text": "every thousandth"},
    "text in no line": {"text": "nowhere"},
    "text and level": {"text": "needle", "level": "ERROR"},
}


def fill(folder):
    """Put runs on record in the project `folder`, which is not served yet; gives the id of the one with the log."""
    home = folder / ".luigi-trigger"
    home.mkdir(mode=0o700, parents=True)
    database = open_database(home / "database.sqlite3")
    began = time.time() - RUNS
    with database.write() as connection:
        for number in range(RUNS):
            run = _run(number, began + number)
            runs.insert(connection, run, identity=run.id, sealed="")
        attempts.insert(connection, run.id, 1, run.started_at)
        attempts.end(connection, run.id, 1, now=run.finished_at, state="ended", reason="", buried=True)
    database.close()
    log = attempt_folder(home, run.id, 1).log_file
    log.parent.mkdir(parents=True)
    with log.open("wb") as file:
        file.writelines(map(encode, lines(began)))
    return run.id


def _run(number, created_at):
    month = f"2013-{number % 12 + 1:02d}"
    return Run(
        id=uuid7(created_at, number.to_bytes(10, "big")),
        state=STATES[number % len(STATES)],
        pipeline=f"Pipeline{number % 20}",
        module="tasks.many",
        parameters={"month": month, "rows": number},
        texts={"month": month, "rows": str(number)},
        task_id=f"Pipeline{number % 20}_{number}",
        trigger=Trigger("schedule", "nightly"),
        created_at=created_at,
        labels={"team": str(number % 1000)},
        attempt=1,
        started_at=created_at + 0.1,
        finished_at=created_at + 5.0,
        progress=Progress(total=7, done=7),
    )


def lines(began):
    """The lines of the long log."""
    for number in range(LINES):
        text = f"row {number} of the month was read and written to its place, {number * 37} bytes so far"
        if number % 1000 == 500:
            text += ", as every thousandth"
        if number == LINES - 1:
            text += ", with the needle"
        level = "ERROR" if number == LINES - 1 else "INFO"
        yield LogLine(began + number / 1e4, level, "stdout", "Pipeline3_1", 41210, text)


def asked(stage, path, query):
    """Seconds of each of some requests for a page, the service's own seconds of work, and how many items a page had."""
    times, most, before = [], 0, stage.cpu_s()
    for _ in range(ROUNDS):
        start = time.perf_counter()
        page = stage.get(path, **query)
        times.append(time.perf_counter() - start)
        most = max(most, len(page["items"]))
    return times, (stage.cpu_s() - before) / ROUNDS, most


def scraped(stage):
    """The same of requests for the metrics, and the bytes of an answer."""
    times, before = [], stage.cpu_s()
    connection = http.client.HTTPConnection(urlsplit(stage.client.url).netloc, timeout=30)
    for _ in range(ROUNDS):
        start = time.perf_counter()
        connection.request("GET", "/metrics")
        text = connection.getresponse().read()
        times.append(time.perf_counter() - start)
    connection.close()
    return times, (stage.cpu_s() - before) / ROUNDS, len(text)


def command(stage):
    """Seconds of each of some calls of `luigi-trigger runs`, from its start to its end."""
    words = [str(Path(sys.executable).with_name("luigi-trigger")), "runs"]
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        subprocess.run(words, cwd=stage.folder, env=stage.environment, stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - start)
    return times


def streams(stage, folder):
    """The part of a core that everything takes while nothing changes: without open streams, and with them."""
    with Bell(f"bench-streams-{os.getpid()}") as bell, contextlib.ExitStack() as opened:
        run = stage.post("Lingers", {"root": str(folder), "name": "watched", "bell": bell.name})
        bell.wait("first line of watched")
        time.sleep(2.0)  # the start of the run is over
        without = _part_of_a_core(stage)
        for number in range(STREAMS):
            path = f"/api/v1/runs/{run['id']}/{('events', 'logs?follow=true')[number % 2]}"
            connection = http.client.HTTPConnection(urlsplit(stage.client.url).netloc, timeout=30)
            opened.callback(connection.close)
            connection.request("GET", path, headers={"Accept": "text/event-stream"})
            if connection.getresponse().status != 200:
                raise RuntimeError("a stream was refused")
        time.sleep(1.0)
        with_streams = _part_of_a_core(stage)
        stage.client.ask("POST", f"/api/v1/runs/{run['id']}/cancel")
    stage.wait(run["id"])
    return {"without": without, "with_streams": with_streams, "percent_of_a_core": (with_streams - without) * 100}


def _part_of_a_core(stage):
    before = stage.cpu_s()
    time.sleep(WATCHED_S)
    return (stage.cpu_s() - before) / WATCHED_S
