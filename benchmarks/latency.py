"""How soon: from the request to the acceptance, to the first line of code, to the word of success, to a log line."""

import contextlib
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.stage import Bell
from trigger_service.launchers.zygote_client import ZygoteClient

ROUNDS = 40
JUDGED = 400
#: Seconds between two rounds, so that nothing of the last one is still being tidied up.
PAUSE_S = 0.3
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
LUIGI = str(Path(sys.executable).with_name("luigi"))


def accepted(stage, folder):
    """Seconds from POST to 202, fresh parameters each time; the task is one that does next to nothing."""
    times = []
    for number in range(ROUNDS):
        began = time.perf_counter()
        run = stage.post("Ledgered", parameters={"root": str(folder), "name": f"accepted{number}"})
        times.append(time.perf_counter() - began)
        stage.wait(run["id"])
        time.sleep(PAUSE_S)
    return times


def judged(stage):
    """Seconds that a judge takes for a request with ten parameters, asked over the zygote's socket."""
    request = {"day": "2013-01-31", "size": "small", "count": 5, "fields": ["a", 1], "tags": {"team": "data"}}
    times = []
    with contextlib.closing(ZygoteClient(stage.folder / ".luigi-trigger", ["workload"])) as zygote:
        for number in range(JUDGED):
            began = time.perf_counter()
            zygote.validate("workload", "Asked", {**request, "name": f"judged{number}"})
            times.append(time.perf_counter() - began)
    return times


def first_lines(stage, folder):
    """Seconds to the first line of the task's code: through the service, and by the cold command, turn by turn."""
    warm, cold = [], []
    with Bell(f"bench-{folder.name}") as bell:
        for number in range(ROUNDS):
            parameters = {"root": str(folder), "name": f"warm{number}", "bell": bell.name}
            began = time.perf_counter()
            run = stage.post("Rings", parameters=parameters)
            warm.append(bell.wait(f"first warm{number}") - began)
            stage.wait(run["id"])
            time.sleep(PAUSE_S)
            if number % 2 == 0:
                cold.append(_cold_command(stage, folder, bell, f"cold{number}"))
    return warm, cold


def _cold_command(stage, folder, bell, name):
    command = [LUIGI, "--module", "workload", "Rings", "--root", str(folder), "--name", name, "--bell", bell.name]
    command += ["--scheduler-url", stage.luigid_url, "--log-level", "WARNING"]
    began = time.perf_counter()
    process = subprocess.Popen(command, env=stage.environment, cwd=stage.folder, **QUIET)
    rung = bell.wait(f"first {name}")
    process.wait()
    return rung - began


def success(stage, folder):
    """Seconds until the API says succeeded after the root was complete."""
    times = []
    with Bell(f"success-{folder.name}") as bell:
        for number in range(ROUNDS):
            name = f"success{number}"
            run = stage.post("Rings", parameters={"root": str(folder), "name": name, "bell": bell.name})
            complete = bell.wait(f"complete {name}")
            while stage.get(f"/runs/{run['id']}")["state"] != "succeeded":
                time.sleep(0.001)
            times.append(time.perf_counter() - complete)
            time.sleep(PAUSE_S)
    return times


def lines(stage, folder):
    """Seconds until a printed line can be read: the first one of a task that goes on, and a later one."""
    first, later = [], []
    with Bell(f"lines-{folder.name}") as bell:
        for number in range(ROUNDS):
            name = f"lines{number}"
            run = stage.post("Lingers", parameters={"root": str(folder), "name": name, "bell": bell.name})
            first.append(_readable(stage, run["id"], f"first line of {name}", bell))
            time.sleep(PAUSE_S)
            bell.answer(name)
            later.append(_readable(stage, run["id"], f"second line of {name}", bell))
            bell.answer(name)
            stage.wait(run["id"])
            time.sleep(PAUSE_S)
    return first, later


def _readable(stage, run_id, line, bell):
    printed = bell.wait(line)
    while not stage.get(f"/runs/{run_id}/logs", text=line)["items"]:
        time.sleep(0.001)
    return time.perf_counter() - printed
