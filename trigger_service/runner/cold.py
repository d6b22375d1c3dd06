"""A cold start: a fresh interpreter for one attempt, with everything as `python -m luigi` would have it."""

from __future__ import annotations

import fcntl
import json
import os
import sys
from pathlib import Path
from typing import Any, List, Mapping, Sequence

from trigger_service.runner.attempt import VARIABLE
from trigger_service.runner.bridge import BRIDGE

_SET_PIPE_SIZE = 1031
#: Bytes of private values that one attempt may have.
_SECRETS_LIMIT = 1 << 20


def start_cold(project: Path, configuration: Sequence[str], order: Mapping[str, Any]) -> int:
    """Become that interpreter; called in a process forked for it, so it returns only by raising.

    `configuration` are files that luigi would not find by itself.
    """
    folder, secrets = Path(order["folder"]), order["secrets"]
    os.setsid()
    os.chdir(project)
    os.environ[VARIABLE] = f"{folder.parent.name}:{folder.name}"
    options: List[str] = ["--code", json.dumps(order["code"])] if order["op"] == "run" else [f"--{order['op']}"]
    for file in configuration:
        options += ["--config", file]
    if secrets:
        options += ["--secrets-fd", str(_pipe_with(json.dumps(dict(secrets)).encode()))]
    program = [sys.executable, BRIDGE, "trigger_service.runner.__main__"]
    os.execv(sys.executable, [*program, *options, str(folder)])  # noqa: S606


def _pipe_with(content: bytes) -> int:
    """The reading end of a pipe that holds `content`."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, _SET_PIPE_SIZE, _SECRETS_LIMIT)
    os.set_blocking(writer, False)
    if os.write(writer, content) != len(content):
        raise OSError(f"private values may have {_SECRETS_LIMIT} bytes together")
    os.close(writer)
    os.set_inheritable(reader, True)
    return reader
