"""How much: many triggers at once, and many small tasks in one run against plain `luigi`."""

import collections
import contextlib
import subprocess
import sys
import threading
import time
from pathlib import Path

from benchmarks.stage import Client

TRIGGERS, CLIENTS, TASKS = 200, 8, 1000
LUIGI = str(Path(sys.executable).with_name("luigi"))


def triggers(stage, folder):
    """Runs finished per second, and how many were lost or ran twice, judged by the tasks' own ledger."""
    accepted, lock = [], threading.Lock()

    def client(number):
        with contextlib.closing(Client(stage.client.url)) as own:
            for each in range(TRIGGERS // CLIENTS):
                run = own.post("Ledgered", parameters={"root": str(folder), "name": f"{number}-{each}"})
                with lock:
                    accepted.append(run["id"])

    began = time.perf_counter()
    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ended = [stage.wait(run_id) for run_id in accepted]
    took = time.perf_counter() - began
    starts = collections.Counter(
        line.split()[1] for line in (folder / "ledger").read_text().splitlines() if line.startswith("start")
    )
    wanted = {f"{number}-{each}" for number in range(CLIENTS) for each in range(TRIGGERS // CLIENTS)}
    return {
        "finished_per_second": len(ended) / took,
        "lost": len([name for name in wanted if starts[name] == 0 or not (folder / name).exists()]),
        "twice": len([name for name in wanted if starts[name] > 1]),
        "not_succeeded": len([run for run in ended if run["state"] != "succeeded"]),
    }


def small_tasks(stage, folder, workers, rounds=3):
    """Seconds for a run of many small tasks, and for plain `luigi` against the same luigid, turn by turn."""
    ours, plain = [], []
    for number in range(rounds):
        there = folder / f"ours{workers}-{number}"
        began = time.perf_counter()
        run = stage.post("ManySmall", workers=workers, parameters={"root": str(there), "count": TASKS})
        ended = stage.wait(run["id"])
        ours.append(time.perf_counter() - began)
        if ended["state"] != "succeeded":
            raise RuntimeError(f"{ended}")
        plain.append(_plain(stage, folder / f"plain{workers}-{number}", workers))
    return ours, plain


def _plain(stage, there, workers):
    command = [LUIGI, "--module", "workload", "ManySmall", "--root", str(there), "--count", str(TASKS)]
    command += ["--scheduler-url", stage.luigid_url, "--workers", str(workers), "--log-level", "INFO"]
    began = time.perf_counter()
    with (stage.folder / "plain.log").open("wb") as log:
        subprocess.run(command, env=stage.environment, cwd=stage.folder, stderr=log, stdout=log, check=True)
    return time.perf_counter() - began
