"""The cold start: `python -m trigger_service.runner [--check | --plan] [--code JSON] [--secrets-fd N] RUN_FOLDER`."""

from __future__ import annotations

import argparse
import json
import os
import signal
from pathlib import Path
from typing import Dict, NoReturn, Optional

from trigger_service.runner.attempt import run_attempt
from trigger_service.runner.check import run_check
from trigger_service.runner.departure import run_to_the_end
from trigger_service.runner.interrupts import notice_interrupts
from trigger_service.runner.loading import add_configuration, look_like_luigi
from trigger_service.runner.plan import run_plan


def main() -> NoReturn:
    """Do what the command line says, and end the process."""
    run_to_the_end(work)


def work() -> int:
    """Run or check the attempt whose folder is named, or make the plan."""
    parser = argparse.ArgumentParser(prog="python -m trigger_service.runner", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="RUN_FOLDER")
    parser.add_argument("--check", action="store_true", help="only ask whether the root is complete")
    parser.add_argument("--plan", action="store_true", help="only ask what would run")
    parser.add_argument("--code", type=json.loads, default={}, help="what to report of the code's origin, as JSON")
    parser.add_argument("--secrets-fd", type=int, help="descriptor to read private values from, as JSON")
    parser.add_argument("--config", action="append", default=[], help="a configuration file above those before it")
    arguments = parser.parse_args()
    look_like_luigi(Path.cwd())
    add_configuration(arguments.config)
    secrets = _secrets(arguments.secrets_fd)
    if arguments.check:
        return run_check(arguments.folder, secrets)
    if arguments.plan:
        return run_plan(arguments.folder, secrets)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what is in its background deaf to it
    notice_interrupts()
    return run_attempt(arguments.folder, secrets, arguments.code)


def _secrets(descriptor: Optional[int]) -> Dict[str, str]:
    if descriptor is None:
        return {}
    with os.fdopen(descriptor) as file:
        return dict(json.load(file))


if __name__ == "__main__":
    main()
