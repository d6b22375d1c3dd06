"""What tasks write, and from what: as targets tell it themselves, and of those that do not, as far as a look tells.

Targets that know what they write tell it as luigi's event `WRITTEN` of the task, with a record: url, version, size,
sha256, rows, inputs. It is known here by its name alone: users' code may tell it too.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Set, Tuple

import luigi
from luigi.task import flatten

#: Luigi event of a task that has written a target: (task, record).
WRITTEN = "event.luigi-trigger.target.written"
#: Outputs of one task that are looked at when it has ended, inputs that are named of one write, and inputs that are
#: named of all writes of one task.
MOST_OUTPUTS, MOST_INPUTS, MOST_NAMED = 1_000, 1_000, 20_000
#: Seconds that these looks may take.
PATIENCE_S = 0.25
_TOLD = ("url", "version", "size", "sha256", "rows")
_CREDENTIALS = re.compile(r"(?<=://)[^/@]*@")

#: Records a `written` event of a task: (task id, data).
Record = Callable[[str, Dict[str, Any]], None]


class Writes:
    """The writes of the tasks of one attempt, in this process."""

    def __init__(self, record: Record) -> None:
        self._record = record
        #: By task id: the URLs of its outputs, and the ids of the tasks that it requires, as they were discovered.
        self._outputs: Dict[str, Tuple[str, ...]] = {}
        self._needs: Dict[str, Dict[str, None]] = {}
        #: What the task that runs has told.
        self._told: Set[str] = set()
        self._named = 0

    def listen(self) -> None:
        """Hear of all tasks of this process, and of those forked from it, what targets tell."""
        luigi.Task.event_handler(WRITTEN)(self._heard)

    def discovered(self, task_id: str, outputs: Iterable[Any], needs: Iterable[str]) -> None:
        """These are the outputs of a task, and the ids of what it requires."""
        self._outputs[task_id] = tuple(filter(None, map(name_of, outputs)))
        self._needs.setdefault(task_id, {}).update(dict.fromkeys(needs))

    def began(self) -> None:
        """A task is about to run."""
        self._told = set()
        self._named = 0

    def ended(self, task: luigi.Task, batch: Sequence[str] = ()) -> None:
        """A task has ended well: its outputs of which nothing was told are looked at, as far as there is time.

        So are those of the tasks with these ids, for which it has run as a batch.
        """
        owners = dict.fromkeys(self._outputs_of(task), task.task_id)
        owners.update((url, member) for member in batch for url in self._outputs.get(member, ()))
        unknown = [(url, owner) for url, owner in owners.items() if url not in self._told][:MOST_OUTPUTS]
        deadline = time.monotonic() + PATIENCE_S
        inputs: Dict[str, List[Dict[str, str]]] = {}
        for url, owner in unknown:
            if owner not in inputs:
                inputs[owner] = self._inputs(owner, deadline)
            found = look(url)
            if found is not None:
                self._tell(owner, {"url": url, **found, "observed": True}, inputs[owner])
            if time.monotonic() > deadline:
                return

    def _heard(self, task: luigi.Task, record: Mapping[str, Any]) -> None:
        self._told.add(record["url"])
        self._tell(task.task_id, {name: record.get(name) for name in _TOLD}, list(record.get("inputs") or ()))

    def _tell(self, task_id: str, data: Dict[str, Any], inputs: List[Any]) -> None:
        named = inputs[: max(0, min(MOST_INPUTS, MOST_NAMED - self._named))]
        self._named += len(named)
        self._record(task_id, {**data, "inputs": named})

    def _outputs_of(self, task: luigi.Task) -> Tuple[str, ...]:
        """The URLs of its outputs; of a batch, which nobody has discovered, they are asked for now."""
        if task.task_id not in self._outputs:
            with contextlib.suppress(Exception):  # the user's code may raise anything
                self.discovered(task.task_id, flatten(task.output()), ())
        return self._outputs.get(task.task_id, ())

    def _inputs(self, task_id: str, deadline: float) -> List[Dict[str, str]]:
        """The outputs of what the task requires, with the versions of those that can be looked at in time."""
        found: Dict[str, str] = {}
        for needed in self._needs.get(task_id, ()):
            for url in self._outputs.get(needed, ()):
                if len(found) >= MOST_INPUTS:
                    break
                seen = look(url) if time.monotonic() < deadline else None
                found[url] = seen["version"] if seen else ""
        return [{"url": url, "version": version} for url, version in found.items()]


def name_of(target: Any) -> str:
    """The URL of a target, the absolute path of a file; empty where it has nothing that names it for everybody."""
    try:
        url = getattr(target, "url", None)
        if isinstance(url, str):
            return url
        path = getattr(target, "path", None)
        if not isinstance(path, (str, os.PathLike)):
            return ""
        if isinstance(target, luigi.LocalTarget):
            return os.path.abspath(path)  # noqa: PTH100 (resolve() would follow a symbolic link)
        return _CREDENTIALS.sub("", str(path)) if "://" in str(path) else ""
    except Exception:  # a property of the user's own class
        return ""


def look(url: str) -> Optional[Dict[str, Any]]:
    """Version and size of a local file; nothing of what takes a request to look at, None of what is not there."""
    if not url.startswith("/"):
        return {"version": "", "size": None}
    try:
        found = Path(url).stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError):
        return {"version": "", "size": None}
    if not stat.S_ISREG(found.st_mode):
        return {"version": "", "size": None}
    return {"version": f"{found.st_mtime_ns:x}-{found.st_size:x}-{found.st_ino:x}", "size": found.st_size}
