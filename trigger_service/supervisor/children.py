"""One process of the supervisor: started, watched, started again when it dies, and ended."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from trigger_service.domain.place import Place
from trigger_service.runner import linux

#: Seconds between the death of a child and its next start: the first, and the most.
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 10.0
#: Signals by which a process dies of its own faults.
_CRASHES = (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE, signal.SIGSYS, signal.SIGTRAP)
#: A child that has lived so many seconds starts without a pause again.
_SOUND_S = 20.0


@dataclass(frozen=True)
class Recipe:
    """How a child is started."""

    name: str
    argv: Sequence[str]
    log: Path
    #: Descriptors that it inherits under the same numbers.
    descriptors: tuple[int, ...] = ()
    #: Its working directory; None for the supervisor's.
    folder: str | None = None
    #: All its environment variables; None for the supervisor's.
    variables: Mapping[str, str] | None = None
    #: Whose process it is; None for one that serves all places.
    place: Place | None = None


class Child:
    """A process that is kept alive. `now` is a monotonic time in seconds throughout."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._start_at = 0.0
        self._pause_s = _FIRST_PAUSE_S
        #: How often in a row it has ended by a fault of its own, and not after a sound life.
        self.failures = 0
        #: How it went the last time.
        self.last_status = 0

    @property
    def pid(self) -> int | None:
        """None while it does not run."""
        return self._process.pid if self._process else None

    def tend(self, now: float) -> str:
        """Bury the process if it is dead and start it if it is time; gives one line of news, or an empty one."""
        if self._process is not None:
            status = self._process.poll()
            return "" if status is None else self._bury(_word(status), now, status)
        if now < self._start_at:
            return ""
        try:
            self._start(now)
        except OSError as error:  # an interpreter or a folder that is there no more
            return self._bury(f"cannot be started ({error.strerror}: {error.filename})", now)
        return ""

    def due(self) -> float | None:
        """When `tend` has something to start; None while the process runs."""
        return None if self._process else self._start_at

    def end(self, patience_s: float) -> str:
        """Terminate the process and wait for it; one that takes over `patience_s` seconds is killed, and told of."""
        process, self._process = self._process, None
        if process is None:
            return ""
        process.terminate()
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return f"{self.recipe.name} did not end within {patience_s:g} s and was killed (see {self.recipe.log})"
        return ""

    def _start(self, now: float) -> None:
        parent = os.getpid()
        self._started_at = now
        with self.recipe.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.recipe.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.recipe.folder,
                env=self.recipe.variables,
                pass_fds=self.recipe.descriptors,
                process_group=0,  # Ctrl-C is the supervisor's to answer
                preexec_fn=lambda: linux.die_with_parent(parent),  # noqa: PLW1509 (the supervisor has no threads)
            )

    def _bury(self, word: str, now: float, status: int = 1) -> str:
        self._process = None
        self.last_status = status
        if now - self._started_at > _SOUND_S:
            self.failures, self._pause_s = 0, _FIRST_PAUSE_S
        elif not is_killed(status):
            self.failures += 1
        self._start_at = now + self._pause_s
        news = f"{self.recipe.name} {word}; starting it again in {self._pause_s:g} s (see {self.recipe.log})"
        self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S)
        return news


def is_killed(status: int) -> bool:
    """Whether a process was ended by somebody else: an operator, or the kernel for want of memory."""
    return status < 0 and -status not in _CRASHES


def _word(status: int) -> str:
    return f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
