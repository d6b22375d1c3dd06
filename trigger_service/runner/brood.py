"""What the base zygote holds of one named module: its nursery, the spares that the nursery made, and a judge."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Deque, Dict, List, Optional, Tuple

from trigger_service.runner.fingerprint import Fingerprint, file_state, sources_below
from trigger_service.runner.ipc import LoopChannel, Message
from trigger_service.runner.judging import KILLED_WORD, Judge, Question
from trigger_service.runner.loop import Loop

#: Seconds that importing a module may take.
IMPORT_LIMIT_S = 60.0
#: Seconds after a launch before the next spare is forked, so that the fork does not slow down what was launched.
REFILL_DELAY_S = 0.05
#: Reason, and key of the answer, for those who asked a brood that has been retired meanwhile.
RETIRED = "retired"


@dataclass(frozen=True)
class Spare:
    """A process that waits for its one order."""

    channel: LoopChannel
    pid: int
    started: int


#: Forks a process that serves one end of a connection: `fork(name, probe)` gives our end and the pid.
Fork = Callable[[str, bool], Tuple[socket.socket, int]]
#: Gets a spare, or None and the reason why there is none.
Taker = Callable[[Optional[Spare], str], None]


class Brood:
    """One import of one named module: importing, then ready (warm, cold or broken), then retired."""

    def __init__(self, loop: Loop, fork: Fork, name: str, *, project: Path, days: Tuple[str, ...], spares: int) -> None:
        """Start the import, in a nursery and for comparison in a probe; `spares` is how many to have ready."""
        self._loop = loop
        self._project = project
        self.name = name
        #: The local and the UTC date that the import may have frozen into defaults.
        self.days = days
        self._wanted = spares
        self._report: Optional[Message] = None
        self._second_defaults: Optional[Dict[str, str]] = None
        #: Whether a process that imported it was killed, by somebody else and not for what it did.
        self.killed = False
        self._on_ready: List[Callable[[], None]] = []
        self._spares: Deque[Spare] = deque()
        self._takers: Deque[Taker] = deque()
        self._coming = 0
        self._judge: Optional[Judge] = None
        self._questions: Deque[Question] = deque()
        self.ready = False
        self.retired = False
        #: Why its children start cold; empty for warm.
        self.cold = ""
        #: Whether defaults change from import to import, so that each validation needs a new import.
        self.volatile = False
        self.fingerprint = Fingerprint()
        #: What its judge said of its pipelines; None before it was asked.
        self.catalogue: Optional[Message] = None
        self._nursery, self._pid = self._start(fork, False, self._on_nursery, self._on_nursery_gone)
        self._probe, self._probe_pid = self._start(fork, True, self._on_probe, self._on_probe_gone)
        self._importers = {self._pid, self._probe_pid}
        loop.later(IMPORT_LIMIT_S, self._import_is_late)

    @property
    def modules(self) -> List[str]:
        """The modules that were imported."""
        return list(self._report["modules"]) if self._report else []

    @property
    def broken(self) -> List[Dict[str, str]]:
        """The modules that could not be imported."""
        return list(self._report["broken"]) if self._report else []

    @property
    def torn(self) -> bool:
        """Whether it should be imported again: a file changed meanwhile, or a process that imported it was killed."""
        return self.killed or bool(self._report and self._report["torn"])

    @property
    def spares(self) -> int:
        """How many spares wait."""
        return len(self._spares)

    @property
    def state(self) -> str:
        """Its state in one line."""
        if not self.ready:
            return "importing"
        if not self.modules:
            return "broken"
        return f"cold: {self.cold}" if self.cold else "warm"

    def broken_as(self, module: str) -> Optional[Dict[str, str]]:
        """Why a module cannot be used: it, or a package that it is in, could not be imported."""
        if module in self.modules:
            return None
        return next((b for b in self.broken if module == b["module"] or module.startswith(b["module"] + ".")), None)

    def when_ready(self, action: Callable[[], None]) -> None:
        """Call back when the import has ended, however it did."""
        if self.ready:
            action()
        else:
            self._on_ready.append(action)

    def take(self, taker: Taker) -> None:
        """Give a spare now, or as soon as there is one."""
        if self._spares:
            taker(self._spares.popleft(), "")
            self._loop.later(REFILL_DELAY_S, self._refill)
        elif self.retired:
            taker(None, RETIRED)
        else:
            self._takers.append(taker)
            self._refill()

    def ask(self, question: Question) -> None:
        """Have a judge answer."""
        if self._judge is not None:
            self._judge.ask(question)
            return
        self._questions.append(question)
        if self.cold:
            self._loop.post(self._nursery, {"op": "judge"})
            self._appoint(self._nursery, self._pid)
        elif len(self._questions) == 1:
            self.take(self._on_judge_spare)

    def retire(self) -> None:
        """Let everything go that only waits; what was launched goes on. Who asked is told to ask the next brood."""
        if self.retired:
            return
        self.retired = True
        unanswered = [*(self._judge.give_up() if self._judge else ()), *self._drain_questions()]
        self._judge = None
        for channel, pid in ((self._nursery, self._pid), (self._probe, self._probe_pid)):
            self._end(channel, pid)
        for spare in self._spares:
            self._loop.drop(spare.channel)
        self._spares.clear()
        for taker in self._drain_takers():
            taker(None, RETIRED)
        for question in unanswered:
            question.reply({RETIRED: True})

    def _start(
        self, fork: Fork, probe: bool, on_message: Callable[[Message], None], on_gone: Callable[[], None]
    ) -> Tuple[LoopChannel, int]:
        connection, pid = fork(self.name, probe)
        channel = self._loop.watch(LoopChannel(connection))
        channel.on_message, channel.on_gone = on_message, on_gone
        return channel, pid

    def _on_nursery(self, message: Message) -> None:
        if "spare" in message:
            self._expect_hello(self._nursery.passed_on())
        elif "failed" in message:
            self._coming -= 1
            for taker in self._drain_takers():
                taker(None, f"no process can be forked: {message['failed']}")
        else:
            self._report = message
            self._conclude()

    def _on_nursery_gone(self) -> None:
        word = self._loop.bury(self._pid)
        self._end(self._nursery, self._pid)
        if self._report is None:
            self.killed = word == KILLED_WORD
            self._fail(f"the process that imported it {word}")
        else:
            self.retire()

    def _on_probe(self, message: Message) -> None:
        self._second_defaults = message["defaults"]
        self._end(self._probe, self._probe_pid)
        self._conclude()

    def _on_probe_gone(self) -> None:
        word = self._loop.bury(self._probe_pid)
        self.killed = word == KILLED_WORD
        self._second_defaults = {"": f"a second import {word}"}
        self._end(self._probe, self._probe_pid)
        self._conclude()

    def _conclude(self) -> None:
        """Ready, once everything is known."""
        if self._report is None or self.ready:
            return
        self.cold = self._report["cold"]
        if self.modules and not self.cold:
            if self._second_defaults is None:
                return
            self.cold = self._drift(self._report["defaults"], self._second_defaults)
            self.volatile = bool(self.cold)
        self.fingerprint = Fingerprint.from_json(self._report["fingerprint"])
        self._end(self._probe, self._probe_pid)
        if not self.modules:
            self._end(self._nursery, self._pid)
        self.ready = True
        for action in self._on_ready:
            action()
        self._on_ready.clear()
        self._refill()

    def _drift(self, first: Dict[str, str], second: Dict[str, str]) -> str:
        differing = sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))
        if not differing:
            return ""
        if differing[0] == "":
            return second[""]
        return f"the default of {', '.join(differing[:3])} differs from import to import"

    def _import_is_late(self) -> None:
        if not self.ready and not self.retired:
            self._loop.bury(self._pid)
            self._fail(f"importing it did not end within {IMPORT_LIMIT_S:g} s")

    def _fail(self, reason: str) -> None:
        self._end(self._nursery, self._pid)
        broken = {"module": self.name, "reason": reason, "traceback": ""}
        states = Fingerprint({path: file_state(path) for path in sources_below(self._project)}).to_json()
        report = {"modules": [], "broken": [broken], "cold": "", "torn": False, "defaults": {}, "fingerprint": states}
        self._report = report
        self._conclude()

    def _refill(self) -> None:
        if self.cold or not self.modules or self.retired or not self.ready:
            return
        missing = self._wanted + len(self._takers) - len(self._spares) - self._coming
        for _ in range(missing):
            self._coming += 1
            self._loop.post(self._nursery, {"op": "spare"})

    def _expect_hello(self, connection: socket.socket) -> None:
        channel = self._loop.watch(LoopChannel(connection))

        def on_hello(message: Message) -> None:
            self._coming -= 1
            spare = Spare(channel, message["pid"], message["started"])
            channel.on_gone = lambda: self._forget(spare)
            if self.retired:
                self._loop.drop(channel)
            elif self._takers:
                self._takers.popleft()(spare, "")
            else:
                self._spares.append(spare)

        def on_stillborn() -> None:
            self._coming -= 1
            self._refill()

        channel.on_message, channel.on_gone = on_hello, on_stillborn

    def _forget(self, spare: Spare) -> None:
        with contextlib.suppress(ValueError):
            self._spares.remove(spare)
        self._loop.later(REFILL_DELAY_S, self._refill)

    def _on_judge_spare(self, spare: Optional[Spare], reason: str) -> None:
        if spare is None:
            for question in self._drain_questions():
                question.reply({"problems": [{"pointer": "/parameters", "detail": reason}]})
            return
        self._loop.post(spare.channel, {"op": "judge"})
        self._appoint(spare.channel, spare.pid)

    def _appoint(self, channel: LoopChannel, pid: int) -> None:
        self._judge = Judge(self._loop, channel, pid, self._on_judge_end)
        for question in self._drain_questions():
            self._judge.ask(question)

    def _on_judge_end(self, unanswered: Deque[Question]) -> None:
        self._judge = None
        if self.cold:
            self._questions.extend(unanswered)
            self.retire()
            return
        for question in unanswered:
            self.ask(question)

    def _drain_takers(self) -> List[Taker]:
        takers = list(self._takers)
        self._takers.clear()
        return takers

    def _drain_questions(self) -> List[Question]:
        questions = list(self._questions)
        self._questions.clear()
        return questions

    def _end(self, channel: LoopChannel, pid: int) -> None:
        """Close the connection to an importing process and kill its session: it may be busy, or have started others."""
        self._loop.drop(channel)
        if pid in self._importers:  # only once: later the pid may be somebody else's
            self._importers.remove(pid)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            self._loop.bury(pid)
