"""The base zygote: has luigi imported, makes a nursery for each named module, and launches children.

Its working directory is the project's. It answers on `<home>/zygote.sock` (see docs/protocol.md), is single-threaded
and never runs users' code itself. As a subreaper it is the parent of all children that it launched, knows how they
ended, and rings the doorbell with the run's id when one does. Children outlive it.
"""

from __future__ import annotations

import argparse
import gc
import os
import socket
import time
import traceback
from functools import partial
from pathlib import Path
from typing import Callable, Dict, Mapping, Tuple

from trigger_service.domain.failpoints import fail_point
from trigger_service.runner import cold, linux
from trigger_service.runner.brood import Work
from trigger_service.runner.broods import Broods
from trigger_service.runner.checkout import run_look
from trigger_service.runner.departure import run_to_the_end
from trigger_service.runner.doorbell import Doorbell
from trigger_service.runner.inquiry import Inquiry
from trigger_service.runner.ipc import SOCKET_NAME, LoopChannel, Message, socket_address
from trigger_service.runner.judging import Reply
from trigger_service.runner.last_good import LastGood
from trigger_service.runner.launching import ColdStart, Launching
from trigger_service.runner.loading import add_configuration
from trigger_service.runner.loop import Loop
from trigger_service.runner.nursery import run_nursery, run_probe
from trigger_service.runner.overlays import Overlays
from trigger_service.runner.spool import remove_orphans
from trigger_service.runner.tracebacks import told

#: By name: what a process that is forked for a named module does.
WORKS: Mapping[Work, Callable[[str, Path, socket.socket, int], None]] = {
    "nursery": run_nursery,
    "probe": run_probe,
    "look": run_look,
}


class Zygote:
    """The process: its loop, its socket and its forks."""

    def __init__(
        self,
        home: Path,
        project: Path,
        doorbell: str,
        *,
        spares: int,
        imports: int,
        start_cold: ColdStart,
        overlays: Overlays,
    ) -> None:
        """Listen in `home`; `spares` processes wait for each module, of which `imports` are imported at once."""
        self._project = project
        self._overlays = overlays
        self._doorbell = Doorbell(doorbell)
        self._loop = Loop()
        self._broods = Broods(self._loop, self._fork_for, project, spares, imports)
        self._launching = Launching(self._loop, self._broods, self._fork, start_cold, self._doorbell)
        self._loop.listen(_listener(home / SOCKET_NAME), self._on_connection)
        inquiry = Inquiry(self._loop, self._broods, LastGood(home / "catalogue.json"))
        self._operations: Dict[str, Callable[[Message, Reply], None]] = {
            "catalogue": inquiry.catalogue,
            "validate": inquiry.validate,
            "launch": partial(self._launching.start, "run"),
            "check": partial(self._launching.start, "check"),
            "plan": partial(self._launching.start, "plan"),
            "pump": self._launching.pump,
            "words": self._launching.words,
            "health": lambda _, reply: reply({"health": self._broods.health()}),
        }

    def run(self) -> None:
        """Serve until SIGTERM."""
        self._loop.run()
        self._broods.close()

    def _on_connection(self, connection: socket.socket) -> None:
        channel = LoopChannel(connection)
        channel.on_message = partial(self._on_request, channel)
        self._loop.watch(channel)

    def _on_request(self, channel: LoopChannel, message: Message) -> None:
        def reply(answer: Message) -> None:
            self._loop.post(channel, {"id": message.get("id"), **answer})

        operation = self._operations.get(str(message.get("op")))
        if operation is None:
            reply({"error": f"there is no operation {message.get('op')!r}"})
            return
        try:
            operation({**message, "asker_is_gone": lambda: channel.fileno() < 0}, reply)
        except Exception as error:  # one asker's nonsense must not end the zygote
            traceback.print_exc()
            reply({"error": f"{message['op']} failed: {told(error)}"})

    def _fork_for(self, name: str, work: Work) -> Tuple[socket.socket, int]:
        self._overlays.show()
        ours, theirs = socket.socketpair()
        base = os.getpid()

        def serve() -> int:
            ours.close()
            WORKS[work](name, self._project, theirs, base)
            return 0

        pid = self._fork(serve)
        theirs.close()
        return ours, pid

    def _fork(self, work: Callable[[], int]) -> int:
        """A child that does `work` and ends; it has none of the zygote's connections."""
        fail_point("zygote before fork")
        pid = os.fork()
        if pid == 0:
            self._loop.leave()
            self._doorbell.close()
            run_to_the_end(work)
        self._loop.forget_former(pid)
        return pid


def serve() -> int:
    """Read the command line, and launch children until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m trigger_service.runner.zygote", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="folder of the socket")
    parser.add_argument("--doorbell", default="", help="abstract socket to ring when a child has ended")
    parser.add_argument("--config", action="append", default=[], help="a configuration file above those before it")
    parser.add_argument("--spares", type=int, default=1, help="processes that wait for each module")
    most = 2 * (os.cpu_count() or 1)
    parser.add_argument("--imports", type=int, default=most, help="named modules that are imported at once")
    parser.add_argument(
        "--die-with-parent",
        type=int,
        nargs="?",
        const=0,
        metavar="PID",
        help="end when the process that started this ends; with its pid also if it has ended already",
    )
    arguments = parser.parse_args()
    if arguments.die_with_parent is not None:
        linux.die_with_parent(arguments.die_with_parent or os.getppid())
    linux.become_subreaper()
    with Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), 0)
    remove_orphans(time.time())
    add_configuration(arguments.config)
    start_cold = partial(cold.start_cold, Path.cwd(), arguments.config)
    home = arguments.home.absolute()
    overlays = Overlays(arguments.config, home)
    zygote = Zygote(
        home,
        Path.cwd(),
        arguments.doorbell,
        spares=arguments.spares,
        imports=arguments.imports,
        start_cold=start_cold,
        overlays=overlays,
    )
    gc.collect()
    gc.freeze()  # so that the collector of a forked child does not write to these pages
    zygote.run()
    return 0


def _listener(path: Path) -> socket.socket:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        with socket_address(path) as address:
            listener.bind(address)
    finally:
        os.umask(before)
    listener.listen(128)
    return listener
