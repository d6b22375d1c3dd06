"""Many files that arrive in a folder at once: until all are on record, and until their runs are accepted."""

import contextlib
import sqlite3
import time

FILES = 10_000
#: Runs of single files whose acceptance is waited for: it goes on like that, while they run already.
ACCEPTED = 1_000
#: Files of equal groups, for batches.
GROUPS = 10
INBOX = "[inbox:incoming]\nurl = incoming\n"
TIMEOUT_S = 600.0


def arrived(stage, results, batch_s=0.0):
    """Seconds from the first file on: until it lies there with all others, until all are taken, until runs are there.

    These are `accepted` runs: of all groups, or of the first of many files. `deliveries` are counted afterwards, and
    are as many as there are files, or groups.
    """
    folder = stage.folder / "incoming"
    folder.mkdir(exist_ok=True)
    name = "batched" if batch_s else "single"
    save(stage, results, name, batch_s)
    began = time.perf_counter()
    for number in range(FILES):
        (folder / f"{name}_{number % GROUPS}_{number:05}").touch()
    written_s = time.perf_counter() - began
    taken_s = _until(stage, began, "SELECT count(*) FROM files WHERE sensor = ? AND state = 'taken'", name, FILES)
    expected = GROUPS if batch_s else ACCEPTED
    accepted_s = _until(
        stage, began, "SELECT count(*) FROM deliveries WHERE sensor = ? AND run_id IS NOT NULL", name, expected
    )
    deliveries = _count(stage, "SELECT count(*) FROM deliveries WHERE sensor = ?", name)
    return {
        "written_s": written_s,
        "taken_s": taken_s,
        "accepted_s": accepted_s,
        "accepted": expected,
        "deliveries": deliveries,
    }


def save(stage, results, name, batch_s):
    """A sensor for files of this name."""
    group = r"(?P<name>\d+)_\d+" if batch_s else r"\d+_(?P<name>\d+)"
    source = {"kind": "file", "inbox": "incoming", "pattern": f"{name}_{group}", "batch_s": batch_s}
    body = {"pipeline": "Ledgered", "parameters": {"root": str(results)}, "source": source}
    status, answer = stage.client.ask("PUT", f"/api/v1/sensors/{name}", body)
    if status != 200:
        raise RuntimeError(f"{status}: {answer}")


def _until(stage, began, query, sensor, expected):
    while _count(stage, query, sensor) < expected:
        if time.perf_counter() - began > TIMEOUT_S:
            raise RuntimeError(f"{_count(stage, query, sensor)} of {expected}: {query}")
        time.sleep(0.05)
    return time.perf_counter() - began


def _count(stage, query, sensor):
    """Read straight from the database, so that asking is no work for the service."""
    file = stage.folder / ".luigi-trigger" / "database.sqlite3"
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        return connection.execute(query, (sensor,)).fetchone()[0]
