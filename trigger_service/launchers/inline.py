"""A launcher whose children are threads that run a plain function: for tests of everything around a child.

It keeps the contract of the run folder (lock, events, log lines, `exit.json`), so the service cannot tell. What differs
from real children: they end with the process, and a thread cannot be killed. One that is killed counts as dead at once,
and whatever it does later through its `InlineChild` raises `Killed`.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import threading
import time
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from trigger_service.domain import events, logs
from trigger_service.domain.calendars import Answer, Question, Survey
from trigger_service.domain.errors import InvalidParameters, PlanEnded, Problem
from trigger_service.domain.events import RunEvent
from trigger_service.domain.logs import LogLine
from trigger_service.domain.moves import Order, Said
from trigger_service.domain.plan import Walk
from trigger_service.domain.run import RunError
from trigger_service.domain.spec import ExitReport, Handle, Outcome, RunFolder, RunSpec
from trigger_service.domain.verification import Claim, Claims, Found, Reading
from trigger_service.launchers.base import (
    Catalogue,
    CodeHost,
    Force,
    Hear,
    Launcher,
    Listen,
    Pipeline,
    Planner,
    Validated,
)


class Interrupted(Exception):
    """The child was asked to stop."""


class Killed(BaseException):
    """The child is dead; nothing it does counts any more."""


class Vanished(BaseException):
    """Raised by a script to die without a word, as an OOM kill would."""


class InlineChild:
    """What a script sees of its attempt."""

    def __init__(self, spec: RunSpec, folder: RunFolder, ring: Callable[[str], None]) -> None:
        self.spec = spec
        self._folder = folder
        self._ring = ring
        self._lock = threading.Lock()
        self._asked = threading.Event()
        self._dead = threading.Event()
        self._descriptor = -1

    def emit(self, kind: str, task: str | None = None, **data: Any) -> None:
        """Append an event that happens now."""
        self._append(self._folder.events_file(0), events.encode(RunEvent(kind, time.time(), task, data)))

    def log(self, text: str, task: str | None = None, level: str = "INFO", stream: str = "stdout") -> None:
        """Append a line to the log, which is whole at any time: there is no spool and no pump."""
        line = LogLine(time.time(), level, stream, task, os.getpid(), text)
        self._append(self._folder.log_file, logs.encode(line))

    def task(self, task_id: str, **data: Any) -> None:
        """Report a task that is discovered, runs and is done."""
        shown = {"family": task_id.split("_", 1)[0], "parameters": {}, "dependencies": [], "outputs": []}
        self.emit("discovered", task_id, **{**shown, **data}, status="pending")
        self.emit("began", task_id, pid=os.getpid())
        self.emit("ended", task_id, pid=os.getpid(), ok=True)
        self.emit("status", task_id, status="done")

    def wait(self, event: threading.Event, timeout: float = 60.0, heed: bool = True) -> bool:
        """Wait for an event of the test; raises Interrupted when asked to stop, unless it does not `heed`."""
        end = time.monotonic() + timeout
        while time.monotonic() < end and not event.wait(0.005):
            self._check(heed)
        return event.is_set()

    def take_lock(self) -> bool:
        """Become the attempt's child; False where it is another's, or over."""
        descriptor = os.open(self._folder.lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        if self._folder.exit_file.exists():
            self.die()
            return False
        return True

    def finish(self, report: ExitReport) -> None:
        """Write `exit.json`, and ring."""
        with self._lock:
            self._check(heed=False)
            self._folder.write_exit(report)
        self._ring(self.spec.run_id)

    def interrupt(self) -> None:
        """Ask the script to stop."""
        self._asked.set()

    def die(self) -> None:
        """Be dead from now on, and hold the lock no longer."""
        with self._lock:
            self._dead.set()
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    @property
    def dead(self) -> bool:
        """Whether the child is gone."""
        return self._dead.is_set()

    def _append(self, path: Path, line: bytes) -> None:
        with self._lock:
            self._check(heed=False)
            with path.open("ab", buffering=0) as file:
                file.write(line)
        self._ring(self.spec.run_id)

    def _check(self, heed: bool) -> None:
        if self._dead.is_set():
            raise Killed
        if heed and self._asked.is_set():
            raise Interrupted


#: What a child does. It may return its report; None is success, an exception a failure.
Script = Callable[[InlineChild], "ExitReport | None"]


class InlineLauncher(Launcher):
    """Runs `script` in a thread for each attempt. `complete` answers for the root when a child died without a word."""

    def __init__(
        self,
        script: Script,
        *,
        ring: Callable[[str], None] = lambda _run_id: None,
        complete: Callable[[RunSpec], bool] = lambda _spec: False,
    ) -> None:
        self._script = script
        self._ring = ring
        self._complete = complete
        self._boot_id = str(uuid.uuid4())
        self._numbers = itertools.count(1)
        self._children: dict[int, InlineChild] = {}
        self._threads: list[threading.Thread] = []

    def launch(self, spec: RunSpec, folder: RunFolder) -> Handle:
        """Start a thread, which reports, runs the script, and writes `exit.json`."""
        folder.write_spec(spec)
        handle = Handle(next(self._numbers), 0, self._boot_id, "inline")
        child = InlineChild(spec, folder, self._ring)
        if child.take_lock():
            self._children[handle.pid] = child
            thread = threading.Thread(target=self._live, args=(child, handle), name=f"child {spec.run_id}")
            self._threads.append(thread)
            thread.start()
        return handle

    def poll(self, handles: Sequence[Handle]) -> Sequence[bool]:
        """Alive until the thread's script has ended or been killed."""
        return [self._child(handle) is not None for handle in handles]

    def stop(self, handle: Handle, force: Force) -> None:
        """Interrupt and terminate: the script's next `wait` that heeds them raises. Kill: the child is dead at once."""
        child = self._child(handle)
        if child is None:
            return
        child.interrupt()
        if force == "kill":
            child.die()
            self._ring(child.spec.run_id)

    def settle(self, handle: Handle | None, folder: RunFolder) -> ExitReport:
        """As the interface says; the root is asked through `complete`."""
        if handle is not None and (child := self._child(handle)) is not None:
            child.die()
        known = folder.read_exit()
        if known is not None:
            return known
        done = self._complete(folder.read_spec())
        error = None if done else RunError("AttemptLost", "the child vanished")
        outcome: Outcome = "succeeded" if done else "lost"
        report = ExitReport(outcome, root_complete=done, verified=done or None, error=error, finished_at=time.time())
        folder.write_exit(report)
        return report

    def tend_pump(self, folder: RunFolder) -> bool:
        """There is no pump: an ended attempt's log is whole."""
        if not folder.exit_file.exists():
            return False
        folder.pumped_file.touch()
        return True

    def close(self) -> None:
        """Kill all children, and wait for their threads."""
        for child in self._children.values():
            child.die()
        for thread in self._threads:
            thread.join(10)

    def _child(self, handle: Handle) -> InlineChild | None:
        child = self._children.get(handle.pid) if handle.boot_id == self._boot_id else None
        return None if child is None or child.dead else child

    def _live(self, child: InlineChild, handle: Handle) -> None:
        try:
            worker = f"run:{child.spec.run_id}:{child.spec.attempt}:0"
            child.emit("started", **handle.to_json(), python="", luigi="", worker_id=worker)
            report = self._report(child)
            child.emit("finished", outcome=report.outcome)
            child.finish(report)
        except (Killed, Vanished):
            pass
        finally:
            child.die()
            self._ring(child.spec.run_id)

    def _report(self, child: InlineChild) -> ExitReport:
        try:
            report = self._script(child) or ExitReport("succeeded", root_complete=True, verified=True)
        except Interrupted:
            report = ExitReport("cancelled", root_complete=False)
        except Exception as error:
            report = ExitReport("failed", root_complete=False, error=RunError(type(error).__name__, str(error)))
        return ExitReport.from_json({**report.to_json(), "finished_at": time.time()})


class InlineHost(CodeHost):
    """Offers the pipelines it was made with. A parameter is right if the pipeline names it, and missing if required."""

    def __init__(self, pipelines: Sequence[Pipeline]) -> None:
        self._pipelines = tuple(pipelines)
        #: What `health` says: empty, or why nothing can be launched.
        self.ailment = ""
        #: `[core] workers` of its project.
        self.workers = 1

    def catalogue(self) -> Catalogue:
        """The pipelines."""
        return Catalogue(self._pipelines)

    def validate(self, module: str, family: str, parameters: Mapping[str, Any]) -> Validated:
        """Judge names only; values become their text. A parameter that is not public is a secret."""
        pipeline = next(p for p in self._pipelines if (p.module, p.family) == (module, family))
        known = {str(entry["name"]): entry for entry in pipeline.parameters}
        problems = [
            Problem(f"/parameters/{name}", f"{family} has no parameter {name!r}{_nearest(name, known)}")
            for name in parameters
            if name not in known
        ]
        missing = [name for name, entry in known.items() if entry.get("required") and name not in parameters]
        problems += [Problem(f"/parameters/{name}", f"{family} needs a {name}") for name in missing]
        if problems:
            raise InvalidParameters(problems)
        secret = {name for name, entry in known.items() if entry.get("visibility", "public") != "public"}
        public = {name: value for name, value in parameters.items() if name not in secret}
        texts = {name: str(value) for name, value in public.items()}
        task_id = "_".join((family, *texts.values())) or family
        secrets = {name: str(parameters[name]) for name in secret if name in parameters}
        return Validated(public, texts, task_id, secrets=secrets, workers=self.workers)

    def health(self) -> str:
        """Whatever the test set as `ailment`."""
        return self.ailment


def _nearest(name: str, known: Mapping[str, Any]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


#: What is said of one target (piece, URL) that an order names, and found of one claim, whose number is set then.
Mover = Callable[[Order, int, str], Said]
Reader = Callable[[Claim], Found]


class InlinePlanner(Planner):
    """Gives what it was made with as the walk through every tree."""

    def __init__(
        self,
        script: Callable[[RunSpec, Callable[[], bool]], Walk],
        complete: Collection[Any] = frozenset(),
        mover: Mover = lambda _, piece, url: Said(piece, "cannot", url, "nothing is moved here"),
        reader: Reader = lambda _: Found(0, exists=False),
    ) -> None:
        """`script` gets the spec and the question whether the walk is still wanted, and may raise PlanEnded; for the
        values `complete` every task is complete.
        """
        self._script = script
        self._complete = complete
        self._mover = mover
        self._reader = reader

    def walk(self, spec: RunSpec, secrets: Mapping[str, str], unwanted: Callable[[], bool]) -> Walk:
        """What the script gives; private values are no business of its."""
        del secrets
        return self._script(spec, unwanted)

    def survey(
        self, spec: RunSpec, secrets: Mapping[str, str], question: Question, unwanted: Callable[[], bool]
    ) -> Survey:
        """Each value as it stands in the question."""
        del spec, secrets, unwanted
        known = [Answer("complete" if value in self._complete else "missing", "") for value in question.values]
        return Survey(question.values, tuple(known))

    def move(
        self, spec: RunSpec, secrets: Mapping[str, str], order: Order, hear: Hear, unwanted: Callable[[], bool]
    ) -> str:
        """Each target as the mover says."""
        del spec, secrets
        for number, piece in enumerate(order.pieces):
            for url in piece.targets:
                if unwanted():
                    raise PlanEnded
                hear([self._mover(order, number, url)])
        return ""

    def verify(
        self, spec: RunSpec, secrets: Mapping[str, str], claims: Claims, listen: Listen, unwanted: Callable[[], bool]
    ) -> str:
        """Each claim as the reader says."""
        del spec, secrets
        for number, claim in enumerate(claims.items):
            listen(Reading(number, 0))
            if unwanted():
                raise PlanEnded
            listen(replace(self._reader(claim), claim=number))
        return ""
