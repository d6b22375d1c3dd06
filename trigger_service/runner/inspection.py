"""Imports one named module as a nursery would, tells in JSON what came of it, and ends: for `luigi-trigger doctor`.

    python -m trigger_service.runner.inspection MODULE [CONFIG ...]

In the working directory of the project. `MODULE` is a module or package of users' code; each `CONFIG` a file that luigi
reads above those before it.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, Dict, List

from trigger_service.runner.importing import Importer
from trigger_service.runner.loading import add_configuration, look_like_luigi, reread_configuration, tasks_in
from trigger_service.runner.privacy import mask_of_defaults
from trigger_service.runner.sources import Source


def inspect(name: str) -> Dict[str, Any]:
    """What importing `name` gives: `families` by module, `broken`, `cold`, `remarks`; and luigi's version."""
    imported = Importer().run(name)
    mask = mask_of_defaults()
    families: Dict[str, List[str]] = {}
    for module in imported.modules:
        found = tasks_in(sys.modules[module], Source(sys.modules[module])).values()
        families[module] = [cls.get_task_family() for cls in found]
    return {
        "luigi": version("luigi"),
        "families": families,
        "broken": [mask.value(asdict(item)) for item in imported.broken],
        "cold": imported.cold,
        "remarks": imported.remarks,
    }


def main() -> int:
    """Read the command line and print the inspection, as the last thing on standard output."""
    name, *files = sys.argv[1:]
    look_like_luigi(Path.cwd())
    add_configuration(files)
    reread_configuration()
    found = inspect(name)
    sys.stdout.write(f"\n{json.dumps(found)}\n")
    sys.stdout.flush()
    os._exit(0)  # whatever threads the import has left


if __name__ == "__main__":
    sys.exit(main())
