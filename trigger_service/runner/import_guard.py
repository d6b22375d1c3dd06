"""Imports users' modules without running the pipelines that some of them start when they are imported.

Many a module ends in a bare `luigi.run()` or `luigi.build([...])`. It is imported here to be offered, judged and run,
several times and at once: what it starts then would run by nobody's wish. So these calls do nothing while a module is
imported, and give what they give when all went well. In a task's `run()` they do what they always do.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import traceback
from types import ModuleType
from typing import Any, Iterator, List, Optional

import luigi.interface
from luigi.execution_summary import LuigiStatusCode

from trigger_service.runner.fingerprint import is_installed

#: Through these goes every `luigi.run` and `luigi.build`, by whatever name a module has imported it.
_DOORS = ("_run", "_schedule_and_run")


class NotRun:
    """What is said of a pipeline that was not run: the attributes of luigi's LuigiRunResult."""

    worker = None
    scheduling_succeeded = True
    status = LuigiStatusCode.SUCCESS
    summary_text = one_line_summary = "not run: a module was being imported"


def import_module(name: str, left_out: Optional[List[str]] = None) -> ModuleType:
    """The module; raises what its import raises.

    The places (file and line) that would have run a pipeline go to `left_out`, whatever becomes of the import.
    """
    with _doors_closed([] if left_out is None else left_out):
        return importlib.import_module(name)


@contextlib.contextmanager
def _doors_closed(callers: List[str]) -> Iterator[None]:
    def refuse(*_arguments: Any, **_options: Any) -> NotRun:
        callers.append(_caller())
        return NotRun()

    kept = {door: getattr(luigi.interface, door) for door in _DOORS if hasattr(luigi.interface, door)}
    for door in kept:
        setattr(luigi.interface, door, refuse)
    try:
        yield
    finally:
        for door, before in kept.items():
            setattr(luigi.interface, door, before)


def _caller() -> str:
    """The innermost place in the project, or else outside of luigi and of this file."""
    ours = (__file__, luigi.interface.__file__)
    frames = [frame for frame in reversed(traceback.extract_stack()) if frame.filename not in ours]
    frame = next((frame for frame in frames if not is_installed(frame.filename)), frames[0])
    return f"{os.path.relpath(frame.filename)}, line {frame.lineno}"
