"""The judge: what the tasks themselves wrote down, against what the service says. Pure; gives a list of faults."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from load_tasks import FIRST_HALF, SECOND_HALF

from trigger_service.domain.events import RunEvent

FINAL = ("succeeded", "failed", "cancelled")
#: Kinds of events that the journal does not keep, or makes itself.
UNKEPT, OWN = ("progress", "written"), ("state",)


@dataclass(frozen=True)
class Entry:
    """One line of the ledger."""

    word: str
    task_id: str
    pid: int
    time: float
    how: str
    #: The process that leads the attempt: the same, or the one that has made it for a task alone.
    leader: int = 0


@dataclass(frozen=True)
class RunEvidence:
    """All there is of one accepted run."""

    #: The API's run, tasks, events (oldest first) and texts of log lines.
    document: Mapping[str, Any]
    tasks: Sequence[Mapping[str, Any]] = ()
    events: Sequence[Mapping[str, Any]] = ()
    log: Sequence[str] = ()
    #: What the child and its task processes wrote, by attempt and writer, with sequence numbers.
    written: Mapping[tuple[int, int], Sequence[tuple[int, RunEvent]]] = field(default_factory=dict)
    #: The sequence numbers of those that the service has stored, in the order in which it did.
    kept: Mapping[tuple[int, int], Sequence[int]] = field(default_factory=dict)
    #: Attempt, task and URL of each write in the catalogue of targets; None where nobody has looked.
    catalogue: Sequence[tuple[int, str, str]] | None = None


@dataclass(frozen=True)
class Evidence:
    """All there is of one test."""

    ledger: Sequence[Entry]
    #: Lines of output whose print had returned.
    printed: Sequence[str]
    #: Content by name of every visible target.
    targets: Mapping[str, str]
    #: The runs whose request was accepted, by id.
    runs: Mapping[str, RunEvidence]
    #: The ids of all runs that the service lists.
    listed: Sequence[str]
    #: Families of tasks that are never complete: a run of them that loses its attempt rightly does it again.
    restless: Sequence[str] = ()


def faults(evidence: Evidence) -> list[str]:
    """Every way in which the service was not true to its promises; empty for none."""
    return [
        *_lost_or_doubled_runs(evidence),
        *_untrue_states(evidence),
        *_overlaps(evidence),
        *_half_targets(evidence),
        *_lines(evidence),
        *(fault for run in evidence.runs.values() for fault in _events(run)),
        *_tasks(evidence),
    ]


def not_once(wanted: Collection[str], ledger: Sequence[Entry], killed: Collection[int]) -> list[str]:
    """Which tasks that are never complete were not done once, but for executions of attempts that a kill has cut off.

    `wanted` are the ids of those that had to be done, `killed` the processes that were killed.
    """
    starts: dict[str, list[Entry]] = {task_id: [] for task_id in wanted}
    for entry in ledger:
        if entry.word == "start":
            starts.setdefault(entry.task_id, []).append(entry)
    ended = {(entry.task_id, entry.pid) for entry in ledger if entry.word == "end"}
    found = [f"{task_id} was started, and nothing has asked for it" for task_id in starts.keys() - set(wanted)]
    for task_id, executions in starts.items():
        for pid in (entry.pid for entry in executions[:-1] if {entry.pid, entry.leader}.isdisjoint(killed)):
            came = "came to its end" if (task_id, pid) in ended else "did not come to its end"
            found.append(f"{task_id} was started again after {pid}, which nobody had killed and which {came}")
        if not executions or (task_id, executions[-1].pid) not in ended:
            found.append(f"{task_id} has never come to its end")
    return found


def _lost_or_doubled_runs(evidence: Evidence) -> Iterator[str]:
    for run_id, times in Counter(evidence.listed).items():
        if times > 1:
            yield f"run {run_id} is listed {times} times"
    for run_id in evidence.runs.keys() - set(evidence.listed):
        yield f"run {run_id} was accepted and is not listed"
    for run_id in set(evidence.listed) - evidence.runs.keys():
        yield f"run {run_id} exists and nobody was told that it was accepted"


def _untrue_states(evidence: Evidence) -> Iterator[str]:
    for run_id, run in evidence.runs.items():
        state, name = run.document["state"], run.document["parameters"]["name"]
        if state not in FINAL:
            yield f"run {run_id} is {state}"
        elif state == "succeeded" and name not in evidence.targets:
            yield f"run {run_id} succeeded, and its root's target {name} does not exist"
        elif state == "failed" and name in evidence.targets:
            yield f"run {run_id} failed ({run.document['reason']}), and its root's target {name} exists"
        elif state == "failed" and not run.document["reason"]:
            yield f"run {run_id} failed and does not say why"


def _overlaps(evidence: Evidence) -> Iterator[str]:
    reported = _reported_done(evidence)
    restless = tuple(f"{family}_" for family in evidence.restless)
    for entry in evidence.ledger:
        if entry.word != "start":
            continue
        if entry.how != "alone":
            yield f"{entry.task_id} was started in {entry.pid} while another execution of it was alive"
        if not entry.task_id.startswith(restless) and entry.time > reported.get(entry.task_id, entry.time):
            yield f"{entry.task_id} was started in {entry.pid} after it had been reported as done"


def _reported_done(evidence: Evidence) -> dict[str, float]:
    """When each task was first reported as done, in seconds since the epoch."""
    found: dict[str, float] = {}
    for run in evidence.runs.values():
        for _, event in (entry for events in run.written.values() for entry in events):
            if event.task is not None and event.data.get("status") in ("done", "complete"):
                found[event.task] = min(event.time, found.get(event.task, event.time))
    return found


def _half_targets(evidence: Evidence) -> Iterator[str]:
    for entry in evidence.ledger:
        if entry.word == "half":
            yield f"{entry.how} was seen half written by {entry.task_id}"
    for name, content in evidence.targets.items():
        if content != FIRST_HALF.format(name) + SECOND_HALF.format(name):
            yield f"target {name} is visible and holds {content!r}"


def _lines(evidence: Evidence) -> Iterator[str]:
    noted = set(evidence.printed)
    shown = Counter(line for run in evidence.runs.values() for line in run.log)
    missing = noted - shown.keys()
    if missing:
        yield f"{len(missing)} printed lines are not in any log, for instance {min(missing)!r}"
    prefixes = {line.split(" ", 1)[0] for line in noted}
    doubled = [line for line, times in shown.items() if times > 1 and line.split(" ", 1)[0] in prefixes]
    if doubled:
        yield f"{len(doubled)} lines are in the logs more than once, for instance {min(doubled)!r}"


def _events(run: RunEvidence) -> Iterator[str]:
    run_id = run.document["id"]
    ids = [event["id"] for event in run.events]
    if ids != sorted(set(ids)):
        yield f"run {run_id}: the ids of its events are not strictly increasing"
    for writer in run.written.keys() | run.kept.keys():
        written = [seq for seq, event in run.written.get(writer, ()) if event.kind not in UNKEPT]
        kept = list(run.kept.get(writer, ()))
        if kept != written:
            yield f"run {run_id}, (attempt, writer) {writer}: events {written} were written and {kept} are kept"
    told = sorted(
        (attempt, event.task or "", event.data["url"])
        for (attempt, _), events in run.written.items()
        for _, event in events
        if event.kind == "written"
    )
    if run.catalogue is not None and told != sorted(run.catalogue):
        yield f"run {run_id}: the writes {told} were told, and the catalogue has {sorted(run.catalogue)}"
    wanted = Counter(
        (event.kind, event.task, stamp(event.time))
        for events in run.written.values()
        for _, event in events
        if event.kind not in UNKEPT
    )
    shown = Counter((event["kind"], event["task"], event["time"]) for event in run.events if event["kind"] not in OWN)
    if shown != wanted:
        example = next(iter((wanted - shown) or (shown - wanted)))
        yield f"run {run_id}: the API does not show the events that were written, for instance {example}"


def stamp(seconds: float) -> str:
    """A time as the API shows it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _tasks(evidence: Evidence) -> Iterator[str]:
    began = {
        (event["task"], event["data"]["pid"])
        for run in evidence.runs.values()
        for event in run.events
        if event["kind"] == "began"
    }
    for entry in evidence.ledger:
        if entry.word == "start" and (entry.task_id, entry.pid) not in began:
            yield f"{entry.task_id} was started in {entry.pid}, and no event says so"
    ended = {entry.task_id for entry in evidence.ledger if entry.word == "end"}
    for run_id, run in evidence.runs.items():
        for task in run.tasks:
            if task["status"] in ("done", "complete") and task["task_id"] not in ended | _unended(evidence):
                yield f"run {run_id}: {task['task_id']} is {task['status']}, and the ledger has no end of it"
            if task["status"] == "running" and run.document["state"] in FINAL:
                yield f"run {run_id} is {run.document['state']}, and {task['task_id']} is still running"
        if run.document.get("progress", {}).get("running") and run.document["state"] in FINAL:
            yield f"run {run_id} is {run.document['state']}, and still counts running tasks"


def _unended(evidence: Evidence) -> set[str]:
    """Tasks that were killed between their target and the end in the ledger: the target is the truth."""
    names = {task["task_id"]: task["parameters"].get("name") for run in evidence.runs.values() for task in run.tasks}
    return {task_id for task_id, name in names.items() if name in evidence.targets}
