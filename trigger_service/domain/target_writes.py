"""Who wrote a target, and from what: the record of one write, as the catalogue of targets keeps it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Iterable, Mapping, Optional, Tuple

from trigger_service.domain.events import RunEvent
from trigger_service.domain.run import Run, TaskExecution

#: Inputs that are kept of one write.
MOST_INPUTS = 1_000
#: Characters of a URL or a version; what is longer names nothing that somebody could ask for.
LONGEST = 4_096
_LARGEST = 2**63 - 1


@dataclass(frozen=True)
class TargetInput:
    """A target that was read, and which version of it; empty where nobody knows."""

    url: str
    version: str = ""


@dataclass(frozen=True)
class TargetWrite:
    """One write of one target."""

    url: str
    #: Tells this content from another in its place; empty where nothing does.
    version: str
    run_id: str
    attempt: int
    task_id: str
    family: str
    #: The module and the pipeline of the run: what has to be imported to have the task, and what was asked for.
    module: str
    pipeline: str
    #: Public ones, as Luigi serializes them.
    parameters: Mapping[str, str]
    location: str
    environment: str
    #: Seconds since the epoch.
    time: float
    code_fingerprint: str = ""
    code_commit: Optional[str] = None
    code_dirty: Optional[bool] = None
    #: Bytes; None where nobody counted.
    size: Optional[int] = None
    #: Empty where nobody reckoned it.
    sha256: str = ""
    rows: Optional[int] = None
    #: Whether the target told nothing of itself, and was looked at when its task had ended.
    observed: bool = False
    #: Whether it is the newest of its URL.
    current: bool = True
    id: int = 0
    inputs: Tuple[TargetInput, ...] = ()


def told(event: RunEvent, task: TaskExecution, run: Run, code: Mapping[str, Any]) -> Optional[TargetWrite]:
    """The write that a `written` event tells of; None for one that makes no sense.

    `code` has the run's `code_fingerprint`, `code_commit` and `code_dirty`.
    """
    data = event.data
    if not isinstance(data, Mapping):
        return None
    url, version = _text(data.get("url")), _text(data.get("version"))
    if not url or version is None:
        return None
    return TargetWrite(
        url=url,
        version=version,
        run_id=run.id,
        attempt=task.attempt,
        task_id=task.task_id,
        family=task.family,
        module=run.module,
        pipeline=run.pipeline,
        parameters=task.parameters,
        location=run.location,
        environment=run.environment,
        time=event.time,
        size=_size(data),
        sha256=_text(data.get("sha256")) or "",
        rows=_count(data.get("rows")),
        observed=bool(data.get("observed")),
        inputs=_inputs(data.get("inputs")),
        **code,
    )


def _inputs(told_of: Any) -> Tuple[TargetInput, ...]:
    """Each URL once, with the version that was read last."""
    found: Dict[str, TargetInput] = {}
    entries: Iterable[Any] = told_of if isinstance(told_of, (list, tuple)) else ()
    for entry in entries:
        if not isinstance(entry, Mapping) or len(found) >= MOST_INPUTS:
            continue
        url = _text(entry.get("url"))
        if url:
            found[url] = TargetInput(url, _text(entry.get("version")) or "")
    return tuple(found.values())


def _text(value: Any) -> Optional[str]:
    """A text that can be stored: halves of surrogate pairs are written out. Nothing is no text; None for any other."""
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST:
        return None
    return value.encode("utf-8", "backslashreplace").decode()


def _size(data: Mapping[str, Any]) -> Optional[int]:
    """Bytes; of the rows of a table nobody counts them, and 0 is told."""
    of_table = data.get("size") == 0 and not data.get("sha256") and data.get("rows") is not None
    return None if of_table else _count(data.get("size"))


def _count(value: Any) -> Optional[int]:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST else None
