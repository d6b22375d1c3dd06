"""A cold start: a fresh interpreter for one attempt, with everything as `python -m luigi` would have it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, List, Mapping, Sequence

from trigger_service.runner.attempt import VARIABLE
from trigger_service.runner.bridge import BRIDGE


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
        options += ["--secrets-fd", str(_file_with(json.dumps(dict(secrets))))]
    program = [sys.executable, BRIDGE, "trigger_service.runner.__main__"]
    os.execv(sys.executable, [*program, *options, str(folder)])  # noqa: S606


def _file_with(content: str) -> int:
    """A descriptor to read `content` from, which lies in memory and has no name that others could open."""
    descriptor = os.memfd_create("private", 0)
    with os.fdopen(descriptor, "w", closefd=False) as file:
        file.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
