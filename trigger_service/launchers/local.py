"""Attempts on this machine: children that the zygote forks, found again by pid, start time and boot."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from trigger_service.domain.errors import (
    InvalidSpec,
    LaunchFailed,
    PrivateValuesLost,
    UnknownPlace,
    ZygoteUnavailable,
)
from trigger_service.domain.failpoints import fail_point
from trigger_service.domain.place import Place
from trigger_service.domain.run import RunError
from trigger_service.domain.spec import ExitReport, Handle, RunFolder, RunSpec
from trigger_service.launchers.base import Force, Launcher
from trigger_service.launchers.places import Places
from trigger_service.launchers.processes import child_of, holders, kill_attempt, send, session_of
from trigger_service.launchers.zygote_client import ZygoteClient
from trigger_service.runner.alive import AliveLock, is_free
from trigger_service.runner.linux import boot_id

#: Seconds to wait for the lock of an attempt whose processes have been killed.
LOCK_PATIENCE_S = 10.0
#: Seconds that the root may take to say whether it is complete.
CHECK_PATIENCE_S = 10.0
_LOOK_S = 0.01


class LocalLauncher(Launcher):
    """Launches through the zygotes; needs them for nothing else than to start processes and to know how they ended."""

    def __init__(
        self,
        places: Places[ZygoteClient],
        secrets_of: Callable[[str], Mapping[str, str]],
        digest: Callable[[Any], str],
        check_patience_s: float = CHECK_PATIENCE_S,
    ) -> None:
        """`secrets_of` gives a run's private values by its id, and raises PrivateValuesLost.

        `digest` is equal for equal values, and tells nothing of them.
        """
        self._places = places
        self._check_patience_s = check_patience_s
        self._secrets_of = secrets_of
        self._digest = digest

    def launch(self, spec: RunSpec, folder: RunFolder) -> Handle:
        """Write `spec.json` and start a child on it; raises LaunchFailed or ZygoteUnavailable."""
        try:
            secrets = self._secrets_of(spec.run_id)
            folder.write_spec(spec.evolve(private_digest=self._digest(dict(secrets)) if secrets else ""))
        except PrivateValuesLost as error:
            raise LaunchFailed(reason=str(error)) from error
        except OSError as error:
            raise LaunchFailed(reason=f"{folder.spec_file} cannot be written: {error}") from error
        fail_point("launcher between spec and launch")
        try:
            zygote = self._places.at(spec.place)
        except UnknownPlace as error:
            raise LaunchFailed(reason=str(error)) from error
        return zygote.launch(folder.path.absolute(), spec.module, secrets)

    def poll(self, handles: Sequence[Handle]) -> Sequence[bool]:
        """Whether each child is alive, by /proc: no zygote is asked."""
        return [child_of(handle) is not None for handle in handles]

    def stop(self, handle: Handle, force: Force) -> None:
        """Interrupt the child, or terminate its session, or kill that and everything it started."""
        if force == "interrupt":
            child = child_of(handle)
            send([child] if child else [], signal.SIGINT)
        elif force == "terminate":
            send(session_of(handle), signal.SIGTERM)
        else:
            kill_attempt(handle, None)

    def find(self, folder: RunFolder) -> Handle | None:
        """The child that is at work on a folder, for when its handle was lost; None where there is none."""
        found = holders(folder)
        if not found:
            return None
        child = next((stat for stat in found if stat.session == stat.pid), found[0])
        return Handle(child.pid, child.started, boot_id())

    def settle(self, handle: Handle | None, folder: RunFolder) -> ExitReport:
        """The true outcome of an attempt whose child is gone; see the interface."""
        report = folder.read_exit()
        if report is not None:
            return report
        handle = handle or self.find(folder)
        word = self._word(handle, folder) if handle is not None else ""
        kill_attempt(handle, folder)
        if handle is None and not _has_begun(folder):
            return self._close(folder, RunError("NeverStarted", word or "no child was ever started on it"))
        self._check(folder)
        return self._close(folder, RunError("AttemptLost", word or "its process is gone"))

    def tend_pump(self, folder: RunFolder) -> bool:
        """See to it that the folder's output is being pumped; True once an ended attempt's log is whole."""
        if folder.pumped_file.exists():
            return True
        if folder.spec_file.exists() and is_free(folder.pump_lock_file):
            # no code of users: that of the service's own interpreter does for all
            self._places.at(Place()).pump(folder.path.absolute())
        return False

    def _close(self, folder: RunFolder, error: RunError) -> ExitReport:
        """Write that the attempt is lost, unless somebody has written how it ended; from then on nobody starts it."""
        folder.path.mkdir(parents=True, exist_ok=True)
        lock = AliveLock.take(folder, LOCK_PATIENCE_S)
        try:
            report = folder.read_exit()
            if report is None:
                if lock is None:
                    error = replace(error, message=f"{error.message}; some of its processes could not be killed")
                report = ExitReport("lost", error=error, finished_at=time.time())
                folder.write_exit(report)
            return report
        finally:
            if lock is not None:
                lock.release()

    def _check(self, folder: RunFolder) -> None:
        """Have a fresh child ask the root whether it is complete; it writes `exit.json` if so."""
        try:
            secrets, spec = self._secrets_of(_run_id(folder)), folder.read_spec()
            handle = self._places.at(spec.place).check(folder.path.absolute(), spec.module, secrets)
        except (LaunchFailed, InvalidSpec, PrivateValuesLost, UnknownPlace):
            return  # code that cannot be imported, or no readable order, or values, or place: nobody can ask
        deadline = time.monotonic() + self._check_patience_s
        while child_of(handle) is not None and time.monotonic() < deadline:
            time.sleep(_LOOK_S)
        kill_attempt(handle, folder)

    def _word(self, handle: Handle, folder: RunFolder) -> str:
        """How a child ended, as far as the zygote that launched it has seen it; empty where nobody knows."""
        if handle.boot_id != boot_id():
            return "the machine was restarted"
        with contextlib.suppress(ZygoteUnavailable, UnknownPlace, InvalidSpec):
            return self._places.at(folder.read_spec().place).words([handle.pid]).get(handle.pid, "")
        return ""


def _run_id(folder: RunFolder) -> str:
    return folder.path.parent.name


def _has_begun(folder: RunFolder) -> bool:
    events = folder.events_file(0)
    return events.exists() and events.stat().st_size > 0
