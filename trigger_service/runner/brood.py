"""What the base zygote holds of one named module: its nursery, the spares that the nursery made, and a judge."""

from __future__ import annotations

import socket
from collections import deque
from functools import partial
from pathlib import Path
from typing import Any, Callable, Deque, Dict, List, Literal, Mapping, Optional, Tuple

from trigger_service.runner.checkout import Checkout
from trigger_service.runner.fingerprint import Fingerprint, file_state, sources_below
from trigger_service.runner.ipc import LoopChannel, Message
from trigger_service.runner.judging import KILLED_WORD, Judge, Question
from trigger_service.runner.loop import Loop
from trigger_service.runner.provenance import Provenance
from trigger_service.runner.spares import RETIRED, Spare, Spares, Taker

#: Seconds that importing a module may take.
IMPORT_LIMIT_S = 60.0

#: What a process that is forked for a named module does with its end of a connection.
Work = Literal["nursery", "probe", "look"]
#: Forks one; gives our end and the pid.
Fork = Callable[[str, Work], Tuple[socket.socket, int]]


class Brood:
    """One import of one named module: importing, then ready (warm, cold or broken), then retired."""

    def __init__(self, loop: Loop, fork: Fork, name: str, *, project: Path, days: Tuple[str, ...], spares: int) -> None:
        """Start the import, in a nursery and for comparison in a probe; `spares` is how many to have ready."""
        self._loop = loop
        self._project = project
        self.name = name
        #: The local and the UTC date that the import may have frozen into defaults.
        self.days = days
        self._fork = fork
        self._report: Optional[Message] = None
        self._second_defaults: Optional[Dict[str, str]] = None
        #: Whether a process that imported it was killed, by somebody else and not for what it did.
        self.killed = False
        self._on_ready: List[Callable[[], None]] = []
        self._spares = Spares(loop, spares, lambda: loop.post(self._nursery, {"op": "spare"}))
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
        self._nursery, self._pid = self._start("nursery", self._on_nursery, self._on_nursery_gone)
        self._probe, self._probe_pid = self._start("probe", self._on_probe, self._on_probe_gone)
        self._importers = {self._pid, self._probe_pid}
        self._provenance = Provenance(loop, partial(self._start, "look"))
        loop.later(IMPORT_LIMIT_S, self._import_is_late)

    @property
    def modules(self) -> List[str]:
        """The modules that were imported."""
        return list(self._report["modules"]) if self._report else []

    @property
    def broken(self) -> List[Dict[str, str]]:
        """The modules that could not be imported."""
        return list(self._report["broken"]) if self._report else []

    def remark_on(self, module: str) -> str:
        """What has to be said of the import of a module; empty for most."""
        return str(self._report["remarks"].get(module, "")) if self._report else ""

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

    def reason_against(self, module: str) -> str:
        """Why a module cannot be used, in a line; empty where it can, and where it is not there at all."""
        return (self.broken_as(module) or {}).get("reason", "")

    def when_ready(self, action: Callable[[], None]) -> None:
        """Call back when the import has ended, however it did."""
        if self.ready:
            action()
        else:
            self._on_ready.append(action)

    def take(self, taker: Taker) -> None:
        """Give a spare now, or as soon as there is one."""
        self._spares.take(taker)

    def tell_code(self, listener: Callable[[Mapping[str, Any]], None]) -> None:
        """Call back with what is recorded of the code of a run: its fingerprint, the commit, and whether that is all.

        The latter two are None outside of a checkout, or where git does not tell in time.
        """

        def on_checkout(checkout: Checkout) -> None:
            dirty = checkout.is_dirty(self.fingerprint.files)
            listener({"fingerprint": self.fingerprint.digest, "commit": checkout.commit, "dirty": dirty})

        self._provenance.tell(on_checkout)

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
        self._provenance.close()
        self._spares.close()
        for question in unanswered:
            question.reply({RETIRED: True})

    def _start(
        self, work: Work, on_message: Callable[[Message], None], on_gone: Callable[[], None] = lambda: None
    ) -> Tuple[LoopChannel, int]:
        connection, pid = self._fork(self.name, work)
        channel = self._loop.watch(LoopChannel(connection))
        channel.on_message, channel.on_gone = on_message, on_gone
        return channel, pid

    def _on_nursery(self, message: Message) -> None:
        if "spare" in message:
            self._spares.expect(self._nursery.passed_on())
        elif "failed" in message:
            self._spares.give_none(message["failed"])
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
        if self.modules and not self.cold and not self.retired:
            self._spares.open()

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
            self._fail(f"importing it, and reading the defaults of its tasks, did not end within {IMPORT_LIMIT_S:g} s")

    def _fail(self, reason: str) -> None:
        self._end(self._nursery, self._pid)
        broken = {"module": self.name, "reason": reason, "traceback": ""}
        states = Fingerprint({path: file_state(path) for path in sources_below(self._project)}).to_json()
        nothing = {"modules": [], "cold": "", "torn": False, "defaults": {}, "remarks": {}}
        self._report = {**nothing, "broken": [broken], "fingerprint": states}
        self._conclude()

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

    def _drain_questions(self) -> List[Question]:
        questions = list(self._questions)
        self._questions.clear()
        return questions

    def _end(self, channel: LoopChannel, pid: int) -> None:
        """Close the connection to an importing process and kill its session: it may be busy, or have started others."""
        self._loop.drop(channel)
        if pid in self._importers:  # only once: later the pid may be somebody else's
            self._importers.remove(pid)
            self._loop.bury_session(pid)
