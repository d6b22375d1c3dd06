"""The module zygote: imports what was named, once, and has children ready that need not import it again.

It does one thing at a time and holds one connection, to the base zygote. Each order `{"op": "spare"}` makes it fork a
spare: a process in its own session that has everything imported and waits for one order, `run`, `check`, `plan` or
`judge`. The base gets the other end of the spare's connection, and becomes its parent (the base adopts the orphans of
its descendants), so a spare and what it becomes outlive the nursery. Where a fork would do harm (a cold module), the
nursery itself becomes the judge.
"""

from __future__ import annotations

import errno
import gc
import os
import random
import signal
import socket
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Mapping

from trigger_service.domain.failpoints import fail_point
from trigger_service.runner import importing, judge, linux
from trigger_service.runner.attempt import VARIABLE, run_attempt
from trigger_service.runner.check import run_check
from trigger_service.runner.departure import run_to_the_end
from trigger_service.runner.interrupts import notice_interrupts
from trigger_service.runner.ipc import BlockingChannel
from trigger_service.runner.loading import look_like_luigi, reread_configuration
from trigger_service.runner.plan import run_plan
from trigger_service.runner.privacy import mask_of_defaults
from trigger_service.runner.rehearsal import rehearse


def run_nursery(name: str, project: Path, connection: socket.socket, base: int) -> None:
    """Import `name` and what is below it, report, and serve until the base zygote (process `base`) closes."""
    channel = _settle_down(project, connection, base)
    imported = _without_private_values(importing.Importer().run(name))
    if imported.printed:
        sys.stderr.write(f"{name} printed when it was imported:\n{imported.printed}\n")
    rehearse()
    gc.collect()
    gc.freeze()  # what is here now stays, so that the collector of a child does not write to these pages
    channel.send(_report(imported))
    Nursery(channel, base).serve()


def run_probe(name: str, project: Path, connection: socket.socket, base: int) -> None:
    """Import the same once more, only to tell the defaults: those that differ do so with time or chance."""
    channel = _settle_down(project, connection, base)
    imported = importing.Importer().run(name)
    channel.send({"defaults": importing.defaults(imported.modules)})


class Nursery:
    """A process with everything imported that makes children."""

    def __init__(self, channel: BlockingChannel, base: int) -> None:
        self._channel = channel
        self._base = base

    def serve(self) -> None:
        """Obey until the base closes the connection, or dies."""
        while True:
            order = self._channel.receive()
            if order is None:
                return
            if order["op"] == "judge":
                judge.serve(self._channel)
                return
            try:
                self._fork_spare()
            except OSError as error:
                self._channel.send({"failed": str(error)})

    def _fork_spare(self) -> None:
        ours, theirs = socket.socketpair()
        between = os.fork()
        if between == 0:
            _leave_to_a_child()
            ours.close()
            self._channel.close()
            run_to_the_end(lambda: wait_for_order(BlockingChannel(theirs), self._base))
        theirs.close()
        code = _exit_code(between)
        if code != 0:
            ours.close()
            raise OSError(code, os.strerror(code) if code > 0 else "the process that was to fork it was killed")
        fail_point("nursery between launch and handing over")
        self._channel.send({"spare": True}, pass_on=ours)
        ours.close()


def _leave_to_a_child() -> None:
    """Go on as a child of this process, which ends: with status 0, or with the number of the error."""
    status = 0
    try:
        if os.fork() == 0:
            return
    except OSError as error:
        status = error.errno or errno.EAGAIN
    os._exit(status)


def _exit_code(pid: int) -> int:
    """How a child ended; 0 where users' code has it that children are reaped by themselves."""
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:
        return 0


def wait_for_order(channel: BlockingChannel, base: int) -> int:
    """The life of a spare: tell who it is, wait, do what is ordered, and give the exit status."""
    os.setsid()
    process = os.getpid()
    channel.send({"pid": process, "started": linux.started_ticks(process)})
    notice_interrupts()
    if not channel.has_news():
        rehearse()
    order = channel.receive()
    if order is None:
        return 0
    if order["op"] == "judge":
        linux.die_with_parent(base)
        judge.serve(channel)
        return 0
    channel.send({"taken": True})
    channel.close()
    return obey(order)


def obey(order: Mapping[str, Any]) -> int:
    """Do in this process what is ordered with a folder."""
    folder = Path(order["folder"])
    os.environ[VARIABLE] = f"{folder.parent.name}:{folder.name}"
    reseed()
    fail_point("spare before run_attempt")
    if order["op"] == "check":
        return run_check(folder, order["secrets"])
    if order["op"] == "plan":
        return run_plan(folder, order["secrets"])
    return run_attempt(folder, order["secrets"], order["code"])


def reseed() -> None:
    """Forks of one process must not draw the same random numbers."""
    random.seed()
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()


def _settle_down(project: Path, connection: socket.socket, base: int) -> BlockingChannel:
    """What the user's code must find, and no terminal that could interrupt it."""
    linux.die_with_parent(base)
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    look_like_luigi(project)
    reread_configuration()
    connection.setblocking(True)
    return BlockingChannel(connection)


def _without_private_values(imported: importing.Imported) -> importing.Imported:
    mask = mask_of_defaults()
    imported.printed = mask.text(imported.printed)
    imported.broken = [importing.Broken(**mask.value(asdict(item))) for item in imported.broken]
    return imported


def _report(imported: importing.Imported) -> Mapping[str, Any]:
    return {
        "modules": imported.modules,
        "broken": [{**asdict(item), "traceback": item.traceback + _printed(imported)} for item in imported.broken],
        "cold": imported.cold,
        "remarks": imported.remarks,
        "torn": imported.torn,
        "fingerprint": imported.fingerprint.to_json(),
        "defaults": importing.defaults(imported.modules),
    }


def _printed(imported: importing.Imported) -> str:
    return f"\nPrinted while it was imported:\n{imported.printed}" if imported.printed else ""
