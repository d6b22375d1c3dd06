"""Who wrote a target, and from what: recorded beside it, or told as an event to whoever keeps a catalogue.

Luigi's own START event says which task runs in this process. The targets that it reads and writes meanwhile are its
inputs and outputs. A record is told as the event `WRITTEN` of the task, with the record as a dictionary: a listener of
`luigi.Task` needs to import nothing from here.
"""

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from typing import Any

import luigi
from luigi.task import flatten

from targets.settings import targets
from targets.writing import Published

#: Luigi event of a task that has written a target.
WRITTEN = "event.luigi-trigger.target.written"
#: Holds `<run id>:<attempt>` in everything that a run of Luigi Trigger starts.
ATTEMPT = "LUIGI_TRIGGER_ATTEMPT"
#: Inputs that are named in one record.
MOST_INPUTS = 1_000


@dataclass(frozen=True, kw_only=True)
class Input:
    """A target that was read, and which version of it."""

    url: str
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """One write of one target. `time` in seconds since the epoch; `rows` is None where nothing counts them."""

    url: str
    version: str
    size: int
    sha256: str
    time: float
    rows: int | None = None
    task_id: str = ""
    family: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    run: str = ""
    inputs: tuple[Input, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return asdict(self)


class Desk:
    """Keeps the task that runs in this process, and what it has read so far."""

    def __init__(self) -> None:
        self._task: luigi.Task | None = None
        self._read: dict[str, Input] = {}
        self._declared: list[str] | None = None

    def started(self, task: luigi.Task) -> None:
        """`run()` of `task` is about to be entered, or resumed: what it reads is asked for anew."""
        self._task = task
        self._read = {}
        self._declared = None

    def ended(self, task: luigi.Task, *_: Any) -> None:
        """`run()` was left."""
        if self._task is task:
            self._task = None
            self._read = {}

    def read(self, url: str, version: str) -> None:
        """A target has been opened for reading."""
        if self._task is not None and len(self._read) < MOST_INPUTS:
            self._read[url] = Input(url=url, version=version)

    def written(
        self, url: str, published: Published, rows: int | None = None, beside: Callable[[bytes], object] | None = None
    ) -> None:
        """A target has been published; `beside` writes a small file beside it, where that can be done."""
        record = self.record(url, published, rows)
        if record is not None and beside is not None and targets().provenance == "beside":
            beside(json.dumps(record.to_json(), indent=1).encode() + b"\n")
        self.tell(record)

    def record(self, url: str, published: Published, rows: int | None = None) -> Provenance | None:
        """What is on record of a write; None where nothing is to be."""
        if targets().provenance == "off":
            return None
        counted = published if rows is None else replace(published, rows=rows)
        record = Provenance(url=url, time=time.time(), **asdict(counted))
        return record if self._task is None else replace(record, **self._about(self._task))

    def tell(self, record: Provenance | None) -> None:
        """Tell whoever listens of a write that can be seen now."""
        if self._task is not None and record is not None:
            self._task.trigger_event(WRITTEN, self._task, record.to_json())

    def _about(self, task: luigi.Task) -> dict[str, Any]:
        return {
            "task_id": task.task_id,
            "family": task.task_family,
            "parameters": task.to_str_params(only_public=True),
            "run": os.environ.get(ATTEMPT, "").partition(":")[0],
            "inputs": self._inputs(),
        }

    def _inputs(self) -> tuple[Input, ...]:
        """What was read, and what else the task requires: others may read that for it."""
        if self._declared is None and self._task is not None:
            self._declared = [_name_of(target) for target in flatten(self._task.input())]
        unread = {url: Input(url=url) for url in self._declared or () if url and url not in self._read}
        return tuple(islice((*self._read.values(), *unread.values()), MOST_INPUTS))


def _name_of(target: Any) -> str:
    """The canonical URL of a target; empty where it has none that says where it is."""
    if isinstance(target, luigi.LocalTarget):
        return os.path.abspath(target.path)  # noqa: PTH100 - resolve() would follow a symbolic link
    name = getattr(target, "url", None) or getattr(target, "path", None)
    return name if isinstance(name, str) else ""


#: The desk of this process: Luigi runs one task at a time in a process.
desk = Desk()
luigi.Task.event_handler(luigi.Event.START)(desk.started)
luigi.Task.event_handler(luigi.Event.SUCCESS)(desk.ended)
luigi.Task.event_handler(luigi.Event.FAILURE)(desk.ended)
