"""The plan child: walks through the tree of a task, and writes what it finds into the plan's folder. It runs nothing.

It takes no lock, tells luigid nothing, and ends by itself at the deadline: whoever wants it earlier to end kills it.
"""

from __future__ import annotations

import json
import signal
import time
import warnings
from pathlib import Path
from typing import Any, Callable, Dict, Mapping, Optional, Set

from luigi.worker import worker as WorkerSettings  # noqa: N812 (a class, whatever its name)

from trigger_service.domain.plan import Fault, Finding
from trigger_service.domain.spec import RunFolder, RunSpec
from trigger_service.runner.importing import captured
from trigger_service.runner.loading import find_task
from trigger_service.runner.mask import Mask
from trigger_service.runner.planning import TimeIsUp, Walker, fault_of, place_of

#: Seconds between two reminders to user code that does not let itself be interrupted.
REMINDER_S = 0.2


def run_plan(folder: Path, secrets: Mapping[str, str]) -> int:
    """Write a record for each task, as soon as it has answered, and at last `end`."""
    run_folder = RunFolder(folder)
    spec = run_folder.read_spec()
    alarm = Alarm(spec.deadline or time.time())
    with run_folder.plan_file.open("ab", buffering=0) as file:
        child = _Planning(spec, secrets, alarm, lambda record: file.write(json.dumps(record).encode() + b"\n"))
        printed = captured(child.walk)
        child.end(printed)
    return 0


class Alarm:
    """Interrupts user code at the deadline, and nothing else."""

    def __init__(self, deadline: float) -> None:
        """`deadline` is in seconds since the epoch."""
        self._over = False
        self._asking = False
        signal.signal(signal.SIGALRM, self._ring)
        signal.setitimer(signal.ITIMER_REAL, max(0.001, deadline - time.time()), REMINDER_S)

    def guard(self, question: Callable[[], Any]) -> Any:
        """Put a question to user code; raises TimeIsUp once the deadline has passed, also where the code hides it."""
        try:
            self._asking = True
            answer = question()
        except TimeIsUp:
            raise
        except BaseException:
            if not self._over:
                raise
            raise TimeIsUp from None
        finally:
            self._asking = False
        if self._over:
            raise TimeIsUp
        return answer

    def stop(self) -> None:
        """Interrupt nothing any more."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        self._asking = False

    def _ring(self, *_: object) -> None:
        self._over = True
        if self._asking:
            raise TimeIsUp


class _Planning:
    """One plan in this process."""

    def __init__(
        self, spec: RunSpec, secrets: Mapping[str, str], alarm: Alarm, write: Callable[[Dict[str, Any]], object]
    ) -> None:
        self._spec = spec
        self._given = secrets
        self._alarm = alarm
        self._write = write
        self._given_mask = self._mask = Mask(secrets.values())
        self._hidden: Set[str] = set()
        self._cut = ""
        self._refusal: Optional[Fault] = None

    def walk(self) -> None:
        """Ask every task, and write what it says."""
        walker = Walker(self._alarm.guard, WorkerSettings().task_limit)
        try:
            with warnings.catch_warnings():
                # which plain luigi shows in the log of the run; here it stands in the plan itself
                warnings.filterwarnings("ignore", "Task .* without outputs has no custom complete")
                root = self._alarm.guard(self._root)
                for finding in walker.walk(root):
                    self._write({"finding": self._finding(finding, walker.secrets)})
        except TimeIsUp as error:
            self._alarm.stop()
            task_id, method = walker.asked
            self._cut = f"the time was over while {task_id}.{method}() was asked{place_of(error)}"
        except BaseException as error:
            self._refusal = fault_of(error, None, "__init__")
        self._alarm.stop()
        self._refusal = self._refusal or walker.refusal

    def end(self, printed: str) -> None:
        """Write the last record."""
        refusal = self._refusal.__dict__ if self._refusal else None
        record = {"cut": self._cut, "refusal": refusal, "printed": printed}
        self._write({"end": self._masked(record, self._hidden)})

    def _root(self) -> Any:
        return find_task(self._spec.module, self._spec.family).from_str_params({**self._spec.parameters, **self._given})

    def _finding(self, finding: Finding, hidden: Set[str]) -> Dict[str, Any]:
        """Ids are masked by what the request holds alone, so that they stay the same from record to record."""
        ids = self._given_mask.value({"task_id": finding.task_id, "requires": finding.requires})
        kept = {"kind": finding.kind, "family": finding.family}
        return {**self._masked(finding.to_json(), hidden), **ids, **kept}

    def _masked(self, record: Dict[str, Any], hidden: Set[str]) -> Dict[str, Any]:
        """A record without private values: those of the request, and those of the tasks that were found so far."""
        if len(hidden) != len(self._hidden):
            self._hidden = set(hidden)
            self._mask = Mask({*self._given.values(), *hidden})
        masked: Dict[str, Any] = self._mask.value(record)
        return masked
