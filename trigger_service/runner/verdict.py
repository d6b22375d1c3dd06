"""How an attempt ended, judged from the root's targets and what the worker saw. The judging is pure."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import List, Mapping, Optional, Tuple

import luigi
from luigi.task import flatten

from trigger_service.domain.run import RunError
from trigger_service.runner.hooks import describe_target


@dataclass(frozen=True)
class RootState:
    """What the root said when it was asked afresh, at the end."""

    #: None where `complete()` or `output()` raised.
    complete: Optional[bool]
    has_outputs: bool = False
    #: Declared outputs that do not exist.
    missing: Tuple[str, ...] = ()
    traceback: str = ""


@dataclass(frozen=True)
class Verdict:
    """The outcome in one word, whether anything vouches for a success, and the error of a failure."""

    succeeded: bool
    verified: Optional[bool] = None
    error: Optional[RunError] = None


def ask(root: luigi.Task) -> RootState:
    """Ask the root for its completeness and its outputs; never raises."""
    try:
        outputs = flatten(root.output())
        missing = tuple(describe_target(output) for output in outputs if not output.exists())
        return RootState(bool(root.complete()), bool(outputs), missing)
    except Exception:
        return RootState(None, traceback=traceback.format_exc())


def judge(
    root_id: str,
    root: RootState,
    statuses: Mapping[str, str],
    failures: List[Tuple[str, str]],
    built_elsewhere: bool,
) -> Verdict:
    """The rule of success (`docs/protocol.md`): targets first, then what the worker saw of the root."""
    says_done = statuses.get(root_id) in ("done", "complete") or built_elsewhere
    if root.complete is None:
        return Verdict(
            False, error=RunError("CompleteFailed", "complete() of the root raised", root_id, root.traceback)
        )
    if root.missing and (root.complete or says_done):
        text = f"the task says done, but {' and '.join(root.missing[:3])} does not exist"
        return Verdict(False, error=RunError("OutputMissing", text, root_id))
    if root.complete:
        return Verdict(True, verified=True)
    if says_done and not root.has_outputs:
        return Verdict(True, verified=False)
    return Verdict(False, error=_why(root_id, statuses, failures))


def _why(root_id: str, statuses: Mapping[str, str], failures: List[Tuple[str, str]]) -> RunError:
    still_failed = [f for f in failures if statuses.get(f[0]) in ("failed", "disabled", "unknown")]
    if still_failed:
        task_id, explanation = still_failed[0]
        return RunError("TaskFailed", _last_line(explanation) or "the task failed", task_id, explanation or None)
    missing = [task for task, status in statuses.items() if status == "missing"]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        text = f"external data is missing: {missing[0]}{more} is not complete, and nothing here can build it"
        return RunError("MissingExternal", text, missing[0])
    disabled = [task for task, status in statuses.items() if status == "disabled"]
    if disabled:
        return RunError("TaskDisabled", f"{disabled[0]} is disabled, so what needs it cannot run", disabled[0])
    return RunError("NothingToRun", "luigid gave no task to run, and the root is not complete", root_id)


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""
