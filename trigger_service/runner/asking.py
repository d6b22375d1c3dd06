"""What a plan child does whatever it asks: put questions to user code until the deadline, and write what is said."""

from __future__ import annotations

import signal
import time
import warnings
from abc import ABC, abstractmethod
from typing import Any, Callable, Dict, Mapping, Optional

import luigi
from luigi.worker import worker as WorkerSettings  # noqa: N812 (a class, whatever its name)

from trigger_service.domain.plan import Fault
from trigger_service.domain.spec import RunSpec
from trigger_service.runner.loading import find_task
from trigger_service.runner.planning import TimeIsUp, Walker, fault_of, place_of
from trigger_service.runner.privacy import Privacy

#: Seconds between two reminders to user code that does not let itself be interrupted.
REMINDER_S = 0.2


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


class Asking(ABC):
    """One plan, or one calendar, in this process."""

    def __init__(self, spec: RunSpec, secrets: Mapping[str, str], write: Callable[[Dict[str, Any]], object]) -> None:
        """`write` takes a record for the plan's file."""
        self._spec = spec
        self._given = secrets
        self._write = write
        self._privacy = Privacy(secrets, "", in_memory=True, publish=lambda _: None)
        self._alarm = Alarm(spec.deadline or time.time(), self._say_what_is_asked)
        self._walker = Walker(self._alarm.guard, WorkerSettings().task_limit, self._privacy)
        self._cut = ""
        self._refusal: Optional[Fault] = None

    def ask(self) -> None:
        """Ask all there is to be asked, and write what is said."""
        try:
            with warnings.catch_warnings():
                # which plain luigi shows in the log of the run; here it stands in the answer itself
                warnings.filterwarnings("ignore", "Task .* without outputs has no custom complete")
                self._ask_about(self._alarm.guard(self._root))
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

    @abstractmethod
    def _ask_about(self, root: luigi.Task) -> None:
        """Put the questions; whatever this raises, TimeIsUp included, is told in the last record."""

    def _say_what_is_asked(self) -> None:
        """The time is over: say it now, because whoever hides the interruption is killed."""
        self._write({"asked": self._privacy.mask.text(self._asked())})

    def _asked(self) -> str:
        task_id, method = self._walker.asked
        return f"{self._privacy.shown(task_id)}.{method}()" if task_id else self._spec.family

    def _root(self) -> luigi.Task:
        family = find_task(self._spec.module, self._spec.family)
        self._privacy.begin()
        self._privacy.expect(family, self._given)
        return family.from_str_params({**self._spec.parameters, **self._given})
