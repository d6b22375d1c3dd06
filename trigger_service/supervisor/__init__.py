"""Keeps the product's processes alive; `up` is where `luigi-trigger up` begins."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from trigger_service.domain.errors import CannotStart, TriggerError
from trigger_service.domain.imports import FOR_TASKS, imports


def up(interactive: bool, folder: Path | None = None) -> int:
    """Read the settings of the project in `folder` (by default the current one) and become its supervisor.

    Returns only where it cannot be done, with the reasons on stderr: 2 for settings that cannot be used, 1 for a token
    that is needed and not there.
    """
    import tempfile  # noqa: PLC0415 (the supervisor itself does without these three)
    from configparser import Error as FileError  # noqa: PLC0415

    try:
        with imports(without=(*FOR_TASKS, "tornado")):
            from trigger_service.settings import load_settings  # noqa: PLC0415

        settings = load_settings(folder or Path.cwd())
        if settings.token_needed:
            from trigger_service.supervisor.tokens import demand_token  # noqa: PLC0415 (needs the database)

            demand_token(settings, time.time())
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except (TriggerError, FileError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except ImportError as error:  # LUIGI_CONFIG_PARSER may name a format that luigi needs a package for
        sys.stderr.write(f"luigi cannot be imported: {error}\n")
        return 2
    mode = "terminal" if interactive else "detached"
    handed_on = str(settings.hand_on(Path(tempfile.gettempdir())))
    os.execv(sys.executable, [*python_command("trigger_service.supervisor"), handed_on, mode])  # noqa: S606 (no shell)


def python_command(module: str) -> list[str]:
    """The start of a command that runs a module of ours; `-P`: files of the project cannot take a library's place."""
    return [sys.executable, "-P", "-m", module]
