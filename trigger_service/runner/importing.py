"""Imports what a project names. Nothing that a module does at its import may hurt its siblings or the importer."""

from __future__ import annotations

import hashlib
import os
import pkgutil
import re
import socket
import sys
import tempfile
import threading
import time
import traceback
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import AbstractSet, Any, Callable, Dict, List, Optional, Set, Tuple

from trigger_service.runner import fingerprint
from trigger_service.runner.fingerprint import Fingerprint
from trigger_service.runner.import_guard import import_module
from trigger_service.runner.loading import tasks_in
from trigger_service.runner.parameters import default_of
from trigger_service.runner.patience import Patience
from trigger_service.runner.sources import Source
from trigger_service.runner.tracebacks import told, users_part, users_place

#: Bytes of what an import printed that are kept.
PRINTED_LIMIT = 16 << 10
_ADDRESS = re.compile(r"0x[0-9a-f]+")


@dataclass(frozen=True)
class Broken:
    """A module that cannot be imported; its fields are those of `launchers.base.BrokenModule`."""

    module: str
    reason: str
    traceback: str


@dataclass
class Imported:
    """What importing one named module, and everything below it, has given."""

    modules: List[str] = field(default_factory=list)
    broken: List[Broken] = field(default_factory=list)
    #: Why children cannot be forked from this process; empty where they can.
    cold: str = ""
    #: By module: what has to be said of its import.
    remarks: Dict[str, str] = field(default_factory=dict)
    printed: str = ""
    fingerprint: Fingerprint = field(default_factory=Fingerprint)
    #: Whether a file changed meanwhile, so that it is not known what was read.
    torn: bool = False


class Importer:
    """Imports one named module and, if it is a package, everything below it."""

    def __init__(self) -> None:
        self._ours = open_sockets()
        self._known = frozenset(sys.modules)
        self._files: Set[str] = set()
        self._folders: Dict[str, Tuple[str, ...]] = {}
        self._result = Imported()

    def run(self, name: str) -> Imported:
        """Import it all; whatever the modules do, except to kill the process, is in the result."""
        process, start = os.getpid(), time.time_ns()
        self._result.printed = captured(lambda: self._import_all(name))
        if os.getpid() != process:
            os._exit(0)  # a module forked, and this is the copy
        files = self._files | fingerprint.project_files(self._known)
        watched = files | set(fingerprint.configuration_files())
        if self._result.broken:
            watched |= self._watch_for_mending(files)
        states = {path: fingerprint.file_state(path) for path in watched}
        self._result.fingerprint = Fingerprint(states, self._folders)
        self._result.torn = fingerprint.changed_between(files, start, time.time_ns())
        return self._result

    def _import_all(self, name: str) -> None:
        waiting = [name]
        while waiting:
            module = self._import(waiting.pop(0))
            for folder in list(getattr(module, "__path__", ())):
                self._folders[folder] = fingerprint.module_names(folder)
                below = [found.name for found in pkgutil.iter_modules([folder])]
                waiting += [f"{module.__name__}.{child}" for child in below if module and child != "__main__"]

    def _import(self, name: str) -> Optional[ModuleType]:
        left_out: List[str] = []
        try:
            module = import_module(name, left_out)
        except BaseException as error:
            self._files |= fingerprint.traceback_files(error)
            found = broken(name, error)
            reason = "; ".join([found.reason, *map(_left_out, left_out[:1])])
            self._result.broken.append(replace(found, reason=reason))
            return None
        self._result.modules.append(name)
        if left_out:
            self._result.remarks[name] = _left_out(left_out[0])
        self._result.cold = self._result.cold or cold_reason(name, self._ours.keys())
        return module

    def _watch_for_mending(self, files: Set[str]) -> Set[str]:
        """A new file may mend a broken import: watch the folders that it could be in."""
        for folder in {str(Path.cwd()), *(os.path.dirname(file) for file in files)}:  # noqa: PTH120
            self._folders.setdefault(folder, fingerprint.module_names(folder))
        return {path for path in sys.path if "site-packages" in path}


def _left_out(place: str) -> str:
    return f"importing it would run a pipeline ({place}); that is left out"


def captured(action: Callable[[], None]) -> str:
    """What `action` prints, by whatever means, as far as it is kept. Its standard input is empty."""
    _flush()
    saved = {1: os.dup(1), 2: os.dup(2)}
    # in memory, because private values may be in it
    linux = sys.platform == "linux"
    with os.fdopen(os.memfd_create("printed"), "w+b") if linux else tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        try:
            action()
        finally:
            _flush()
            for target, descriptor in saved.items():
                os.dup2(descriptor, target)
                os.close(descriptor)
        file.seek(0)
        return file.read(PRINTED_LIMIT).decode(errors="backslashreplace")


def cold_reason(name: str, ours: AbstractSet[str]) -> str:
    """Why a process that has just imported `name` must not be forked; empty where it may. `ours` are older sockets."""
    if len(sys._current_frames()) > 1:
        names = ", ".join(thread.name for thread in threading.enumerate() if thread is not threading.main_thread())
        return f"importing {name} starts a Python thread ({names or 'unnamed'}), which a forked child would not have"
    for link, descriptor in open_sockets().items():
        if link not in ours:
            return f"importing {name} leaves a socket open ({_peer(descriptor)}), which forked children would share"
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return ""
    return f"importing {name} leaves a child process running, which forked children could not wait for"


def defaults(modules: List[str]) -> Dict[str, str]:
    """A digest of every default of every task in the modules, to see whether two imports give the same."""
    found: Dict[str, str] = {}
    patience = Patience()
    for module in modules:
        for cls in tasks_in(sys.modules[module], Source(sys.modules[module])).values():
            for name, parameter in cls.get_params():
                default = partial(default_of, cls, name, parameter)
                found[f"{cls.get_task_family()}.{name}"] = _digest(partial(patience.ask, type(parameter), default))
    return found


def broken(module: str, error: BaseException) -> Broken:
    """What to tell of a failed import: its reason in one line with file and line, and the traceback of users' code."""
    trace = users_part(error.__traceback__)
    text = "".join(traceback.format_exception(type(error), error, trace))
    what = told(error)
    if isinstance(error, SystemExit):
        what = f"calls sys.exit({error.code if error.code is not None else ''}) when it is imported"
    file, line = users_place(trace)
    names_it = isinstance(error, SyntaxError)
    return Broken(module, f"{what} ({file}, line {line})" if file and not names_it else what, text)


def _digest(value: Callable[[], Any]) -> str:
    try:
        text = _ADDRESS.sub("", repr(value()))
    except BaseException as error:  # users' code may raise anything
        text = f"raises {type(error).__name__}"
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()[:16]


def open_sockets() -> Dict[str, int]:
    """The open sockets of this process, by their name in the kernel, and a descriptor of each."""
    found: Dict[str, int] = {}
    for name in os.listdir("/proc/self/fd") if sys.platform == "linux" else ():  # noqa: PTH208
        try:
            link = os.readlink(f"/proc/self/fd/{name}")  # noqa: PTH115
            if link.startswith("socket:"):
                found[link] = int(name)
        except OSError:
            continue
    return found


def _peer(descriptor: int) -> str:
    copy = socket.socket(fileno=os.dup(descriptor))
    try:
        return f"{copy.family.name}, to {copy.getpeername()}"
    except OSError:
        return copy.family.name
    finally:
        copy.close()


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
