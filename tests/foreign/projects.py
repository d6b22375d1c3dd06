"""A project that is not ours, both ways: by plain `luigi`, and by the product."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from polling import until

#: Ports that are free.
PORTS = "[trigger_service]\nport = 0\nluigid_port = 0\n"
_FINAL = ("succeeded", "failed", "cancelled")
_SUMMARY = {
    "scheduled": r"Scheduled (\d+) tasks",
    "complete": r"\* (\d+) complete ones were encountered",
    "done": r"\* (\d+) ran successfully",
    "failed": r"\* (\d+) failed:",
}


def settings_beside(file, modules=""):
    """The product's settings in a file that LUIGI_CONFIG_PATH names: the project's own luigi.cfg stays as it is."""
    file.write_text(PORTS + (f"modules = {modules}\n" if modules else ""))
    return {"LUIGI_CONFIG_PATH": str(file)}


@dataclass(frozen=True)
class Plain:
    """How a plain `luigi` command ended."""

    status: int
    said: str

    @property
    def counts(self):
        """The numbers of its execution summary."""
        found = {name: re.search(pattern, self.said) for name, pattern in _SUMMARY.items()}
        return {name: int(match.group(1)) for name, match in found.items() if match}


def plain(folder, module, family, *options, python=sys.executable, **variables):
    """Run `python -m luigi` in the project's folder; options without a scheduler mean a local one."""
    where = () if "--scheduler-port" in options else ("--local-scheduler",)
    command = [str(python), "-m", "luigi", "--module", module, family, *options, *where]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LUIGI_")}
    environment = {**environment, "PYTHONPATH": "", **variables}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240)
    return Plain(done.returncode, done.stdout + done.stderr)


def ended(up, run_id, seconds=40.0):
    """Wait for the end of a run; gives it."""
    until(lambda: up.state(run_id) in _FINAL, f"run {run_id} is final", seconds)
    return up.get(f"/runs/{run_id}")


def ran(up, family, parameters, seconds=40.0, **more):
    """Trigger a run and wait for its end; gives it."""
    return ended(up, up.trigger_with(family, parameters, **more), seconds)


def counts(up, run):
    """The numbers of a run in the words of Luigi's execution summary; those that are 0 are left out, as there."""
    statuses = [task["status"] for task in up.get(f"/runs/{run['id']}/tasks")["items"]]
    found = {"scheduled": len(statuses), **{word: statuses.count(word) for word in ("complete", "done", "failed")}}
    return {word: number for word, number in found.items() if number}


def lines(up, run):
    """The log of a run that has ended, once all of it is there."""
    path = f"/runs/{run['id']}/logs?limit=1000"
    return until(lambda: (page := up.get(path))["complete"] and page["items"], "the whole log")


def files_below(folder):
    """Every file below a folder, with what is in it."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def pipelines(up):
    """The catalogue: families with their module, and broken modules with their reason."""
    document = up.get("/pipelines")
    broken = {entry["module"]: entry["reason"] for entry in document["broken"]}
    return {(entry["module"], entry["family"]) for entry in document["items"]}, broken
