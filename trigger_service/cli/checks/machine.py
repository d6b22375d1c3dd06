"""The machine: memory for output, descriptors, versions, ports."""

from __future__ import annotations

import os
import resource
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from trigger_service.cli.checks.finding import Finding
from trigger_service.config import Settings
from trigger_service.luigid.ports import holder_of

#: Bytes that one run with private values needs.
_OUTPUT = 16 << 20
#: Descriptors that the service may need: threads, streams, databases, sockets of children.
_DESCRIPTORS = 1024
#: By distribution: what it must be older than.
_TOO_NEW = {"luigi": (3, 9), "tornado": (7,), "python-dateutil": (3,)}


def check_machine(settings: Settings, memory: Path, is_up: bool) -> Iterator[Finding]:
    """All of it; `memory` is where /dev/shm is, `is_up` whether the service of the project runs."""
    yield from _memory(memory)
    yield from _descriptors()
    yield from check_versions(sys.version_info[:2], {name: _version(name) for name in _TOO_NEW})
    if not is_up:
        yield from _port(settings.host, settings.port, "port")
        yield from _port("127.0.0.1", settings.luigid_port, "luigid_port")


def check_versions(python: tuple[int, ...], installed: Mapping[str, str]) -> Iterator[Finding]:
    """The interpreter of the service, and what is installed beside us; a version is empty where it is not."""
    if not (3, 11) <= python < (3, 14):
        yield Finding(
            "python-version",
            f"This is Python {'.'.join(map(str, python))}",
            sys.executable,
            "the service is made for Python 3.11 to 3.13, and Luigi 3.8 does not run on later ones",
            "Make the environment with another interpreter; tasks may have one of their own: [location:NAME] python.",
        )
    for name, text in installed.items():
        numbers = tuple(int(part) for part in text.split(".")[:2] if part.isdigit())
        if numbers[: len(_TOO_NEW[name])] >= _TOO_NEW[name] or not text:
            limit = ".".join(map(str, _TOO_NEW[name]))
            yield Finding(
                "library-version",
                f"{name} {text} is installed" if text else f"{name} is not installed",
                sys.prefix,
                f"Luigi 3.8 needs {name} older than {limit}",
                f"pip install '{name}<{limit}'",
            )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _memory(memory: Path) -> Iterator[Finding]:
    why = "Luigi's workers need it for their queues, and output of runs with private values is kept there"
    try:
        with tempfile.NamedTemporaryFile(dir=memory):
            free = shutil.disk_usage(memory).free
    except OSError as error:
        what = f"{memory} cannot be written to: {error.strerror}"
        mend = f"mount -t tmpfs tmpfs {memory} (in a container: give it a larger --shm-size)"
        yield Finding("shared-memory", what, str(memory), why, mend)
        return
    if free < _OUTPUT:
        what = f"{free >> 20} MiB are free in {memory}; a run needs {_OUTPUT >> 20} MiB"
        mend = f"Delete what fills it, or enlarge it: mount -o remount,size=1G {memory}"
        yield Finding("shared-memory", what, str(memory), why, mend)


def _descriptors() -> Iterator[Finding]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < _DESCRIPTORS:
        yield Finding(
            "descriptor-limit",
            f"A process may have {soft} open files; the service needs up to {_DESCRIPTORS}",
            "the limit of this shell (ulimit -n)",
            "with many streams or runs at a time, requests and starts fail",
            f"ulimit -n {min(hard, 65536) if hard != resource.RLIM_INFINITY else 65536} (before `luigi-trigger up`)",
        )


def _port(host: str, port: int, key: str) -> Iterator[Finding]:
    if port == 0:
        return
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((host, port))
        except OSError as error:
            yield Finding(
                "port-busy",
                f"Port {port} cannot be listened on: {os.strerror(error.errno or 0)}; held by {holder_of(port)}",
                f"[trigger_service] {key}",
                "`luigi-trigger up` refuses to start",
                f"End that process, or set {key} to another port, or to 0 for a free one.",
            )
