"""The service's side of the zygote: asks it over its socket, from any thread."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from trigger_service.domain.errors import (
    InvalidParameters,
    LaunchFailed,
    PipelineBroken,
    Problem,
    ZygoteUnavailable,
)
from trigger_service.domain.place import DEFAULT
from trigger_service.domain.spec import Handle
from trigger_service.launchers.base import BrokenModule, Catalogue, CodeHost, Pipeline, Validated
from trigger_service.runner.ipc import SOCKET_NAME, BlockingChannel, Message, socket_address

#: Seconds that an answer may take: imports of users' modules included (the catalogue goes without), and without any.
IMPORT_S = 30.0
CATALOGUE_S = 10.0
LAUNCH_S = 30.0
PROMPT_S = 10.0
#: Connections that are kept open between requests.
KEPT = 8


class ZygoteClient(CodeHost):
    """One request at a time on each connection; as many connections as there are threads that ask at once."""

    def __init__(self, folder: Path, modules: Iterable[str], location: str = DEFAULT) -> None:
        """`folder` is the place's; `modules` are those to offer; one that lies in another is offered by that one."""
        self._location = location
        self._path = folder.absolute() / SOCKET_NAME
        names = list(dict.fromkeys(modules))
        self._modules = [name for name in names if not any(name.startswith(other + ".") for other in names)]
        self._idle: list[BlockingChannel] = []
        self._lock = threading.Lock()
        self._ids = itertools.count(1)

    def catalogue(self, patience_s: float = CATALOGUE_S) -> Catalogue:
        """What there is to trigger, as of the code now; raises ZygoteUnavailable.

        What cannot be imported, or has not been after `patience_s`, is there as it was last.
        """
        answer = self._answer({"op": "catalogue", "modules": self._modules, "patience_s": patience_s}, IMPORT_S)
        broken = tuple(BrokenModule(**item) for item in answer["broken"])
        pipelines = tuple(Pipeline(**entry, location=self._location) for entry in answer["pipelines"])
        return Catalogue(pipelines, broken)

    def validate(self, module: str, family: str, parameters: Mapping[str, Any]) -> Validated:
        """Judge a request's parameters; raises InvalidParameters, PipelineBroken or ZygoteUnavailable."""
        request = {"op": "validate", "family": family, "parameters": dict(parameters)}
        answer = self._answer(self._about(module, request), IMPORT_S)
        if "ok" in answer:
            return Validated(**answer["ok"])
        if "broken" in answer:
            raise PipelineBroken(**answer["broken"])
        raise InvalidParameters([Problem(**problem) for problem in answer["problems"]])

    def health(self, patience_s: float = PROMPT_S) -> str:
        """Empty when it can launch, otherwise the reason why not."""
        try:
            self._ask({"op": "health"}, patience_s)
        except ZygoteUnavailable as error:
            return str(error)
        return ""

    def launch(self, folder: Path, module: str, secrets: Mapping[str, str]) -> Handle:
        """Start a child on a run folder; raises LaunchFailed, or ZygoteUnavailable: then it may have started."""
        request = {"op": "launch", "folder": str(folder), "secrets": dict(secrets)}
        return self._start(self._about(module, request), LAUNCH_S)

    def check(self, folder: Path, module: str, secrets: Mapping[str, str]) -> Handle:
        """Start a child that asks the root whether it is complete."""
        request = {"op": "check", "folder": str(folder), "secrets": dict(secrets)}
        return self._start(self._about(module, request), PROMPT_S)

    def plan(self, folder: Path, module: str, secrets: Mapping[str, str]) -> Handle:
        """Start a child that asks all tasks of the root whether they would run, and writes what they say."""
        request = {"op": "plan", "folder": str(folder), "secrets": dict(secrets)}
        return self._start(self._about(module, request), IMPORT_S)

    def pump(self, folder: Path) -> Handle:
        """Start a pump; the child itself tells it what to hide."""
        return self._start({"op": "pump", "folder": str(folder)}, PROMPT_S)

    def words(self, pids: Sequence[int]) -> Mapping[int, str]:
        """How those of the processes ended that the zygote launched and has seen ending."""
        answer = self._answer({"op": "words", "pids": list(pids)}, PROMPT_S)
        return {int(pid): word for pid, word in answer["words"].items()}

    def close(self) -> None:
        """Hang up."""
        with self._lock:
            idle, self._idle = self._idle, []
        for channel in idle:
            channel.close()

    def _about(self, module: str, request: Message) -> Message:
        """The request with its module, and the named module that this one is in."""
        entry = next((name for name in self._modules if module == name or module.startswith(name + ".")), module)
        return {**request, "module": module, "entry": entry}

    def _start(self, request: Message, patience_s: float) -> Handle:
        answer = self._ask(request, patience_s)
        if "handle" not in answer:
            raise LaunchFailed(reason=answer.get("error", "the zygote gave no reason"))
        return Handle.from_json(answer["handle"])

    def _answer(self, request: Message, patience_s: float) -> Message:
        """What is answered; raises ZygoteUnavailable also where that is only why there is no answer."""
        answer = self._ask(request, patience_s)
        if "error" in answer:
            raise ZygoteUnavailable(reason=answer["error"])
        return answer

    def _ask(self, request: Message, patience_s: float) -> Message:
        number = next(self._ids)
        try:
            channel = self._take()
        except OSError as error:
            raise ZygoteUnavailable(reason=str(error)) from error
        try:
            channel.connection.settimeout(patience_s)
            channel.send({"id": number, **request})
            answer = channel.receive()
            if answer is None or answer.pop("id") != number:
                raise ConnectionError("it ended while it was asked")
        except TimeoutError as error:
            channel.close()
            raise ZygoteUnavailable(reason=f"no answer to {request['op']} within {patience_s:g} s") from error
        except (OSError, ValueError) as error:
            channel.close()
            raise ZygoteUnavailable(reason=str(error)) from error
        self._give_back(channel)
        return answer

    def _take(self) -> BlockingChannel:
        """A connection that is alive: an idle one that has something to read has been closed by the other side."""
        while True:
            with self._lock:
                channel = self._idle.pop() if self._idle else None
            if channel is None:
                return self._connect()
            channel.connection.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                channel.connection.recv(1, socket.MSG_PEEK)
                channel.close()
                continue
            return channel

    def _connect(self) -> BlockingChannel:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(PROMPT_S)
            with socket_address(self._path) as address:
                connection.connect(address)
        except OSError:
            connection.close()
            raise
        return BlockingChannel(connection)

    def _give_back(self, channel: BlockingChannel) -> None:
        with self._lock:
            if len(self._idle) < KEPT:
                self._idle.append(channel)
                return
        channel.close()
