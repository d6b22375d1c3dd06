"""The command `luigi-trigger`. It speaks HTTP through `client`, which is imported only by commands that need it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from trigger_service.cli.commands import root
from trigger_service.cli.failures import INTERRUPTED, USAGE, explained


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 success, 1 run failed, 2 usage, 3 not found, 4 auth, 5 conflict, timeout or
    no service, 130 interrupted."""
    try:
        code = root.main(args=arguments, prog_name="luigi-trigger", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        code = error.exit_code if isinstance(error, click.UsageError) else USAGE
    except (click.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except Exception as error:
        code = explained(error)
    sys.exit(code)
