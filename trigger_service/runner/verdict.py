"""How an attempt ended, judged from the root's targets and what the worker saw. The judging is pure."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import Dict, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

import luigi
from luigi.task import flatten

from trigger_service.domain.run import RunError
from trigger_service.domain.urls import shown_url
from trigger_service.runner.hooks import describe_target

#: What stands in Python's tracebacks before the frames, and between errors that led to each other.
_TRACEBACK = "Traceback (most recent call last):\n"
_CAUSED = "\nThe above exception was the direct cause of the following exception:\n"
_MARGIN = "  | "
_MEANWHILE = "\nDuring handling of the above exception, another exception occurred:\n"


@dataclass(frozen=True)
class RootState:
    """What the root said when it was asked afresh, at the end."""

    #: None where `complete()` or `output()` raised.
    complete: Optional[bool]
    #: Declared outputs that do not exist.
    missing: Tuple[str, ...] = ()
    traceback: str = ""


@dataclass(frozen=True)
class Verdict:
    """The outcome in one word, whether anything vouches for a success, and the error of a failure."""

    succeeded: bool
    verified: Optional[bool] = None
    error: Optional[RunError] = None


@dataclass(frozen=True)
class Work:
    """What the worker saw of the tasks, by task id."""

    #: External tasks that could not be found are `missing`.
    statuses: Mapping[str, str]
    #: (task id, explanation) of every failure, in order.
    failures: Sequence[Tuple[str, str]]
    #: Whether the run waited for another worker to build the root.
    built_elsewhere: bool
    needs: Mapping[str, Sequence[str]]
    #: The outputs that do not exist, of external tasks.
    missing: Mapping[str, Tuple[str, ...]]
    #: Why a task can never run.
    impossible: Mapping[str, str]


def ask(root: luigi.Task) -> RootState:
    """Ask the root for its completeness and its outputs; never raises."""
    try:
        outputs = flatten(root.output())
        missing = tuple(describe_target(output) for output in outputs if not output.exists())
        return RootState(bool(root.complete()), missing)
    except (Exception, SystemExit):
        return RootState(None, traceback=traceback.format_exc())


def missing_outputs(task: luigi.Task) -> Tuple[str, ...]:
    """The outputs of a task that do not exist; nothing where it cannot be asked."""
    try:
        return tuple(describe_target(output) for output in flatten(task.output()) if not output.exists())
    except Exception:
        return ()


def judge(root_id: str, root: RootState, work: Work) -> Verdict:
    """The rule of success (`docs/protocol.md`): targets first, then what the worker saw of the root."""
    says_done = work.statuses.get(root_id) in ("done", "complete") or work.built_elsewhere
    if root.complete is None:
        text = f"complete() of the root raised {headline(root.traceback)}"
        return Verdict(False, error=RunError("CompleteFailed", text, root_id, root.traceback))
    if root.missing and (root.complete or says_done):
        text = f"the task says done, but {' and '.join(map(shown_url, root.missing[:3]))} does not exist"
        return Verdict(False, error=RunError("OutputMissing", text, root_id))
    if root.complete:
        return Verdict(True, verified=True)
    if says_done:
        return Verdict(True, verified=False)
    return Verdict(False, error=_why(root_id, work))


def _why(root_id: str, work: Work) -> RunError:
    statuses = work.statuses
    still_failed = [f for f in work.failures if statuses.get(f[0]) in ("failed", "disabled", "unknown")]
    if still_failed:
        task_id, explanation = still_failed[0]
        return RunError("TaskFailed", headline(explanation) or "the task failed", task_id, explanation or None)
    missing = [task for task, status in statuses.items() if status == "missing"]
    if missing:
        return RunError("MissingExternal", _what_is_missing(missing, work.missing), missing[0])
    disabled = [task for task, status in statuses.items() if status == "disabled"]
    if disabled:
        return RunError("TaskDisabled", f"{disabled[0]} is disabled, so what needs it cannot run", disabled[0])
    circle = _circle(root_id, work)
    if circle:
        text = f"circular requirements: {circle[0]} needs " + ", which needs ".join(circle[1:])
        return RunError("CircularRequirements", text, circle[0])
    for task_id, reason in work.impossible.items():
        return RunError("ResourceTooSmall", f"{task_id} {reason}", task_id)
    return RunError("NothingToRun", "luigid gave no task to run, and the root is not complete", root_id)


def _what_is_missing(tasks: Sequence[str], outputs: Mapping[str, Tuple[str, ...]]) -> str:
    names = [name for task in tasks for name in outputs.get(task) or (task,)]
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"external data is missing: {shown_url(names[0])}{more} does not exist (yet?), and no task here can build it"


def _circle(root_id: str, work: Work) -> List[str]:
    """Task ids along a circle of requirements below the root, the first again at the end; empty if there is none."""
    # the way from the root to where the search is, each task with what it needs and was not looked at yet
    path: Dict[str, Iterator[str]] = {root_id: iter(work.needs.get(root_id, ()))}
    seen: Set[str] = set()
    while path:
        task_id, below = next(reversed(path.items()))
        following = next((t for t in below if t not in seen and work.statuses.get(t) == "pending"), None)
        if following is None:
            seen.add(task_id)
            del path[task_id]
        elif following in path:
            way = list(path)
            return [*way[way.index(following) :], following]
        else:
            path[following] = iter(work.needs.get(following, ()))
    return []


def headline(explanation: str) -> str:
    """The line of an explanation that says what went wrong: of a traceback, class and first line of the error.

    What follows it are further lines of the error's own text, which may be long (all variables of the environment).
    """
    _, _, last = explanation.rpartition(_CAUSED)
    _, _, last = last.rpartition(_MEANWHILE)
    _, is_traceback, frames = last.partition(_TRACEBACK)
    lines = [_without_margin(line) for line in (frames if is_traceback else last).splitlines() if line.strip()]
    found = [line for line in lines if not (is_traceback and line.startswith(" "))] or lines
    return found[0].strip() if found else ""


def _without_margin(line: str) -> str:
    """A line of a traceback without what stands before it in the traceback of an exception group."""
    return line[len(_MARGIN) :] if line.startswith(_MARGIN) else line
