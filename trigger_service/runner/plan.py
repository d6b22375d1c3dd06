"""The plan child: walks through the tree of a task, and writes what it finds into the plan's folder. It runs nothing.

It takes no lock, tells luigid nothing, and ends by itself at the deadline: whoever wants it earlier to end kills it.
"""

from __future__ import annotations

import json
import signal
import time
import warnings
from pathlib import Path
from typing import Any, Callable, Dict, Mapping, Optional

from luigi.worker import worker as WorkerSettings  # noqa: N812 (a class, whatever its name)

from trigger_service.domain.plan import Fault, Finding
from trigger_service.domain.spec import RunFolder, RunSpec
from trigger_service.runner.importing import captured
from trigger_service.runner.introspection import remember_parameters
from trigger_service.runner.loading import find_task
from trigger_service.runner.planning import TimeIsUp, Walker, fault_of, place_of
from trigger_service.runner.privacy import Privacy

#: Seconds between two reminders to user code that does not let itself be interrupted.
REMINDER_S = 0.2


def run_plan(folder: Path, secrets: Mapping[str, str]) -> int:
    """Write a record for each task, as soon as it has answered, and at last `end`."""
    run_folder = RunFolder(folder)
    spec = run_folder.read_spec()
    remember_parameters()
    with run_folder.plan_file.open("ab", buffering=0) as file:
        child = _Planning(spec, secrets, lambda record: file.write(json.dumps(record).encode() + b"\n"))
        printed = captured(child.walk)
        child.end(printed)
    return 0


class Alarm:
    """Interrupts user code at the deadline, and nothing else."""

    def __init__(self, deadline: float, on_ring: Callable[[], None]) -> None:
        """`deadline` is in seconds since the epoch; `on_ring` is called once, when it has come."""
        self._over = False
        self._on_ring = on_ring
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
        if not self._over:
            self._over = True
            self._on_ring()
        if self._asking:
            raise TimeIsUp


class _Planning:
    """One plan in this process."""

    def __init__(self, spec: RunSpec, secrets: Mapping[str, str], write: Callable[[Dict[str, Any]], object]) -> None:
        self._spec = spec
        self._given = secrets
        self._write = write
        self._privacy = Privacy(secrets, "", in_memory=True, publish=lambda _: None)
        self._alarm = Alarm(spec.deadline or time.time(), self._say_what_is_asked)
        self._walker = Walker(self._alarm.guard, WorkerSettings().task_limit, self._privacy)
        self._cut = ""
        self._refusal: Optional[Fault] = None

    def walk(self) -> None:
        """Ask every task, and write what it says."""
        try:
            with warnings.catch_warnings():
                # which plain luigi shows in the log of the run; here it stands in the plan itself
                warnings.filterwarnings("ignore", "Task .* without outputs has no custom complete")
                root = self._alarm.guard(self._root)
                for finding in self._walker.walk(root):
                    self._write({"finding": self._finding(finding)})
        except TimeIsUp as error:
            self._alarm.stop()
            self._cut = f"the time was over while {self._asked()} was asked{place_of(error)}"
        except BaseException as error:
            self._refusal = fault_of(error, None, "__init__")
        self._alarm.stop()
        self._refusal = self._refusal or self._walker.refusal

    def end(self, printed: str) -> None:
        """Write the last record."""
        refusal = self._refusal.__dict__ if self._refusal else None
        record = {"cut": self._cut, "refusal": refusal, "printed": printed}
        self._write({"end": self._privacy.mask.value(record)})

    def _say_what_is_asked(self) -> None:
        """The time is over: say it now, because whoever hides the interruption is killed."""
        self._write({"asked": self._privacy.mask.text(self._asked())})

    def _asked(self) -> str:
        task_id, method = self._walker.asked
        return f"{self._privacy.shown(task_id)}.{method}()" if task_id else self._spec.family

    def _root(self) -> Any:
        family = find_task(self._spec.module, self._spec.family)
        self._privacy.begin()
        self._privacy.expect(family, self._given)
        return family.from_str_params({**self._spec.parameters, **self._given})

    def _finding(self, finding: Finding) -> Dict[str, Any]:
        """A record without the private values of the request, and of the tasks that were found so far."""
        shown = self._privacy.shown
        kept = {"kind": finding.kind, "family": finding.family, "task_id": shown(finding.task_id)}
        masked: Dict[str, Any] = self._privacy.mask.value(finding.to_json())
        return {**masked, **kept, "requires": [shown(task_id) for task_id in finding.requires]}
