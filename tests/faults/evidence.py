"""Gathers what the judge weighs: the ledger, the API's answers, and the files of a stage."""

import contextlib
import sqlite3
from collections import defaultdict

from ledger_judge import Entry, Evidence, RunEvidence, faults
from polling import until

from trigger_service.client import Client
from trigger_service.domain.events import read_batch
from trigger_service.domain.spec import RunFolder


def judge(stage, accepted, restless=()):
    """Assert that nothing is wrong with the accepted runs, once they are final."""
    for run_id in accepted:
        stage.wait(run_id)
    found = faults(gather(stage, accepted, restless))
    assert not found, "\n".join([*found, stage.said()])


def entries(stage):
    """The ledger."""
    return [
        Entry(word, task, int(pid), float(time), how, int(leader))
        for word, task, pid, time, how, leader in stage.ledger()
    ]


def gather(stage, accepted, restless=()):
    """The evidence, with whole logs."""
    return Evidence(
        ledger=entries(stage),
        printed=_lines(stage.root / "printed"),
        targets=targets(stage),
        runs={run_id: _run(stage, run_id) for run_id in accepted},
        listed=stage.listed(),
        restless=restless,
    )


def targets(stage):
    """The content by name of every visible target; temporary files do not count."""
    files = [file for file in (stage.root / "targets").iterdir() if not file.name.startswith(".")]
    return {file.name: file.read_text() for file in files if "luigi-tmp" not in file.name}


def _run(stage, run_id):
    return RunEvidence(
        document=stage.run(run_id),
        tasks=stage.get(f"/runs/{run_id}/tasks")["items"],
        events=[event.data for event in Client(stage.url).events(run_id, 30.0) if event.kind != "end"],
        log=whole_log(stage, run_id),
        written=_written(stage, run_id),
        kept=_kept(stage, run_id),
        catalogue=_catalogue(stage, run_id),
    )


def whole_log(stage, run_id):
    """All texts of a run's log, as soon as it is complete."""
    texts, cursor = [], None

    def read_on():
        nonlocal cursor
        page = stage.get(f"/runs/{run_id}/logs", limit=1000, **({"cursor": cursor} if cursor else {}))
        texts.extend(line["text"] for line in page["items"])
        cursor = page["next_cursor"]
        return page["complete"]

    until(read_on, f"the whole log of run {run_id}")
    return texts


def _written(stage, run_id):
    found = {}
    for attempt in (stage.home / "runs" / run_id).glob("*"):  # a run that was never started has none
        folder = RunFolder(attempt)
        for writer in folder.writers():
            file = folder.events_file(writer)
            if file.exists():
                batch = read_batch(file.read_bytes(), 0, int(attempt.name), writer)
                found[batch.attempt, writer] = batch.events
    return found


def _kept(stage, run_id):
    found = defaultdict(list)
    wanted = "SELECT attempt, writer, seq FROM journal WHERE run_id = ? AND writer IS NOT NULL ORDER BY id"
    with contextlib.closing(sqlite3.connect(f"file:{stage.home}/database.sqlite3?mode=ro", uri=True)) as database:
        for attempt, writer, seq in database.execute(wanted, (run_id,)):
            found[attempt, writer].append(seq)
    return found


def _catalogue(stage, run_id):
    wanted = "SELECT attempt, task_id, url FROM target_writes WHERE run_id = ?"
    with contextlib.closing(sqlite3.connect(f"file:{stage.home}/database.sqlite3?mode=ro", uri=True)) as database:
        return database.execute(wanted, (run_id,)).fetchall()


def _lines(file):
    return file.read_text().splitlines() if file.exists() else []
