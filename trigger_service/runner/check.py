"""The check child: asks the root of an attempt that died whether it is complete all the same."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Mapping

from trigger_service.domain.spec import ExitReport, RunFolder
from trigger_service.runner.alive import AliveLock
from trigger_service.runner.loading import find_task
from trigger_service.runner.privacy import say_nothing
from trigger_service.runner.verdict import ask

#: Exit status that says: the root is not complete, or could not be asked.
NOT_COMPLETE = 3


def run_check(folder: Path, secrets: Mapping[str, str]) -> int:
    """Write `exit.json` with `succeeded` if the root's targets say so; otherwise leave the word to the caller."""
    run_folder = RunFolder(folder)
    lock = AliveLock.take(run_folder, patience_s=2.0)
    if lock is None:
        return NOT_COMPLETE
    if run_folder.read_exit() is not None:
        return 0
    say_nothing()
    spec = run_folder.read_spec()
    root = ask(find_task(spec.module, spec.family).from_str_params({**spec.parameters, **secrets}))
    if not root.complete or root.missing:
        return NOT_COMPLETE
    run_folder.write_exit(ExitReport("succeeded", root_complete=True, verified=True, finished_at=time.time()))
    return 0
