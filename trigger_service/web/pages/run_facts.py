"""What the head of a run's page says: why it is as it is, what pulled it, what it runs. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from trigger_service.domain.place import DEFAULT
from trigger_service.domain.run import FINAL, Attempt, Run
from trigger_service.web.pages.task_rows import FAILED, MISSING, RUNNING, SHARED, TaskRow, TaskTable

#: Runs that have lasted this many times as long as earlier ones are late.
LATE = 1.5
#: Tasks that a sentence names.
_NAMED = 3
#: Where each kind of trigger leads, and its icon.
_PULLED_BY = {
    "schedule": ("/schedules/", "schedules"),
    "webhook": ("/webhooks/", "hook"),
    "file": ("/files/", "file"),
    "pipeline": ("", "branch"),
    "backfill": ("/backfills/", "backfills"),
    "retry": ("", "retry"),
    "form": ("", "form"),
    "cli": ("", "terminal"),
    "api": ("", "api"),
}


@dataclass(frozen=True)
class Why:
    """One sentence that says why the run is in its state. Ids of runs in it become links."""

    state: str
    bold: str
    rest: str = ""


@dataclass(frozen=True)
class Pulled:
    """What pulled the trigger."""

    icon: str
    kind: str
    name: str
    #: Where it leads; empty for nowhere.
    href: str


def pulled(run: Run) -> Pulled:
    """Why the run exists."""
    path, icon = _PULLED_BY[run.trigger.kind]
    by = run.trigger.by
    name = by[:13] if run.trigger.kind == "backfill" else by
    return Pulled(icon, run.trigger.kind, name, f"{path}{by}" if path and by else "")


def why(run: Run, table: TaskTable, usual: float | None, now: float) -> Why:
    """The sentence; `usual` is how many seconds runs of its pipeline take."""
    if run.state == "running":
        return _running(run, table, usual, now)
    if run.state == "succeeded":
        return _succeeded(run)
    if run.state == "cancelled":
        return Why("cancelled", _sentence(run.reason) or "It was cancelled.")
    bold, rest = {
        "queued": ("Queued: it has not started yet.", ""),
        "starting": (f"Attempt {run.attempt} is being started.", "Its process has not said a word yet."),
        "cancelling": ("It was asked to stop.", "What runs is being ended."),
        "failed": ("It failed.", run.error.message if run.error else ""),
    }[run.state]
    return Why(run.state, bold, _sentence(run.reason or rest))


def _sentence(text: str) -> str:
    """The same, as it stands after a full stop."""
    stripped = text.strip()
    return stripped[:1].upper() + stripped[1:] + ("" if stripped[-1:] in ("", ".", "!", "?") else ".")


def _succeeded(run: Run) -> Why:
    if run.verified is False:
        return Why(
            "warning", "It succeeded, and nothing vouches for it.", "The task declares no output: it runs every time."
        )
    return Why("succeeded", "All that was asked for is there.", run.reason)


def _running(run: Run, table: TaskTable, usual: float | None, now: float) -> Why:
    shared = table.of_kind(SHARED)
    running = table.of_kind(RUNNING)
    if shared and not running:
        rest = "Nothing is done twice; this run goes on by itself."
        return Why("shared", f"{_names(shared)} waits for {shared[0].task.waiting_for}, which is building it.", rest)
    lasted = now - (run.started_at or now)
    if usual is not None and usual > 1 and lasted > LATE * usual:
        return Why("late", f"Late: it has lasted {lasted / usual:.1f} times as long as usual.", _doing(running, shared))
    failed = table.of_kind(FAILED)
    if failed:
        return Why("warning", f"{_names(failed)} failed; what does not need it goes on.", _doing(running, shared))
    missing = table.of_kind(MISSING)
    if missing:
        return Why("blocked", f"{_names(missing)} is missing.", _doing(running, shared))
    return Why("running", "It runs.", _doing(running, shared) or "It looks at what is complete already.")


def _doing(running: Sequence[TaskRow], shared: Sequence[TaskRow]) -> str:
    said = f"Now: {_names(running)}." if running else ""
    if shared:
        said += f" {_names(shared)} waits for {shared[0].task.waiting_for}."
    return said.strip()


def _names(rows: Sequence[TaskRow]) -> str:
    named = ", ".join(row.name for row in rows[:_NAMED])
    return named + (f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else "")


def process(run: Run, attempts: Sequence[Attempt]) -> str:
    """Where the newest attempt runs, or ran: process, workers, place."""
    handle: Mapping[str, object] = (attempts[-1].handle or {}) if attempts else {}
    pid = handle.get("pid")
    said = [str(handle.get("launcher", "local"))] if handle else []
    if isinstance(pid, int) and run.state not in FINAL:
        said.append(f"pid {pid}")
    if not attempts:
        said.append("nowhere" if run.state in FINAL else "nothing yet")
    said.append(f"{run.workers} worker" + ("" if run.workers == 1 else "s"))
    if run.location != DEFAULT:
        said.append(f"location {run.location}")
    if run.environment != DEFAULT:
        said.append(f"environment {run.environment}")
    return ", ".join(said)


def prefill(run: Run) -> str:
    """The query with which the form of its pipeline has its values."""
    said = dict(run.texts)
    said |= {"_location": run.location} if run.location != DEFAULT else {}
    said |= {"_environment": run.environment} if run.environment != DEFAULT else {}
    return urlencode(said)


def commands(run: Run) -> dict[str, str]:
    """By what it is: commands that repeat a run. Private values are in none of them."""
    given = [f"{name}={value}" for name, value in run.texts.items()]
    ours = ["luigi-trigger", "run", run.pipeline, *(word for each in given for word in ("-p", each))]
    plain = ["luigi", "--module", run.module, run.pipeline]
    plain += [word for name, value in run.texts.items() for word in (f"--{name.replace('_', '-')}", value)]
    return {
        "Run it again": shlex.join(ours),
        "Plain Luigi, without the service": shlex.join([*plain, "--workers", str(run.workers)]),
        "The same with the configuration and environment of this run": f"luigi-trigger export {run.id}",
        "Its whole log": f"luigi-trigger logs {run.id}",
    }
