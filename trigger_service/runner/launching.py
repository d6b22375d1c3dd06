"""How the base zygote starts children on run folders, and knows how they ended."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Mapping, Optional

from trigger_service.domain.failpoints import fail_point
from trigger_service.domain.spec import Handle
from trigger_service.runner import linux
from trigger_service.runner.brood import Brood
from trigger_service.runner.broods import Broods
from trigger_service.runner.doorbell import Doorbell
from trigger_service.runner.ipc import Message
from trigger_service.runner.judging import Reply
from trigger_service.runner.loop import Loop
from trigger_service.runner.pumps import ForkWork, Pumps
from trigger_service.runner.spares import Spare

#: How many spares a launch may try; each may die before it takes the order.
LAUNCH_TRIES = 3
#: Becomes a fresh interpreter that obeys an order, `run` or `check`.
ColdStart = Callable[[Mapping[str, Any]], int]


class Launching:
    """Starts attempts, checks and pumps."""

    def __init__(self, loop: Loop, broods: Broods, fork: ForkWork, start_cold: ColdStart, doorbell: Doorbell) -> None:
        self._loop = loop
        self._broods = broods
        self._fork = fork
        self._start_cold = start_cold
        self._doorbell = doorbell
        self._boot_id = linux.boot_id()
        self._folders: Dict[int, Path] = {}
        self._pumps = Pumps(loop, fork)
        loop.on_child_end = self.on_child_end

    def start(self, what: str, message: Message, reply: Reply, tries: int = LAUNCH_TRIES) -> None:
        """Start a child that does `what` ("run", "check" or "plan") with a folder."""
        folder, module = Path(message["folder"]), message["module"]
        secrets = dict(message.get("secrets") or {})
        order: Message = {"op": what, "folder": str(folder), "secrets": secrets}

        def on_spare(spare: Optional[Spare], reason: str) -> None:
            if spare is not None:
                self._hand_over(spare, order, reply, partial(on_spare, None))
            elif tries > 1:
                self.start(what, message, reply, tries - 1)
            else:
                reply({"error": f"no child could be started: {reason}"})

        def on_brood(brood: Brood) -> None:
            broken = brood.broken_as(module)
            if message["asker_is_gone"]():
                return  # it may have asked again already
            if broken is not None:
                reply({"error": f"module {module} cannot be imported: {broken['reason']}"})
            else:
                brood.tell_code(partial(on_code, brood))

        def on_code(brood: Brood, code: Mapping[str, Any]) -> None:
            order["code"] = code
            if brood.cold:
                self._start(folder, lambda: self._start_cold(order), reply)
            else:
                brood.take(on_spare)

        self._broods.get(self._broods.name_of(message), on_brood)

    def pump(self, message: Message, reply: Reply) -> None:
        """Have the output of a folder pumped."""
        folder = Path(message["folder"])
        try:
            pump = self._pumps.start(folder)
        except OSError as error:
            reply({"error": f"no process can be forked: {error}"})
        else:
            self._answer(pump.pid, pump.started, folder, reply)

    def words(self, message: Message, reply: Reply) -> None:
        """How ended children went."""
        self._loop.reap()  # the asker may have seen an end before its signal was heeded here
        words: Mapping[int, str] = self._loop.words
        reply({"words": {str(pid): words[pid] for pid in message["pids"] if pid in words}})

    def on_child_end(self, pid: int) -> None:
        """Ring for the run whose child it was."""
        folder = self._folders.pop(pid, None)
        if folder is not None:
            self._doorbell.ring(folder.parent.name)

    def _hand_over(self, spare: Spare, order: Message, reply: Reply, on_dead: Callable[[str], None]) -> None:
        """Give a spare its order. One that dies before it says that it has taken it has done nothing."""

        def on_taken(_: Message) -> None:
            self._loop.drop(spare.channel)
            self._answer(spare.pid, spare.started, Path(order["folder"]), reply)

        spare.channel.on_message = on_taken
        spare.channel.on_gone = lambda: on_dead(f"a spare was {self._loop.bury(spare.pid)} before it started")
        fail_point("zygote between launch and handing over")
        self._loop.post(spare.channel, order)

    def _start(self, folder: Path, work: Callable[[], int], reply: Reply) -> None:
        try:
            pid = self._fork(work)
        except OSError as error:
            reply({"error": f"no process can be forked: {error}"})
            return
        self._answer(pid, linux.started_ticks(pid), folder, reply)

    def _answer(self, pid: int, started: int, folder: Path, reply: Reply) -> None:
        self._folders[pid] = folder
        reply({"handle": asdict(Handle(pid, started, self._boot_id))})
        if pid in self._loop.words:
            self.on_child_end(pid)
