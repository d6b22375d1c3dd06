"""Starts a module of ours under an interpreter of users, which is to see nothing else that is installed beside us.

    PYTHON bridge.py MODULE [ARGUMENT ...]

`trigger_service.domain` and `trigger_service.runner` can be imported afterwards, and no folder for it is on the search
path. As a file that is run, it imports nothing of ours before that.
"""

from __future__ import annotations

import os
import sys

#: This file, absolute.
BRIDGE = os.path.abspath(__file__)  # noqa: PTH100 (pathlib is among what could be hidden)
OWN_FOLDER = os.path.dirname(BRIDGE)  # noqa: PTH120
if __name__ == "__main__":
    # the folder of a file that is run stands first: its names would hide those of libraries
    sys.path = [folder for folder in sys.path if folder != OWN_FOLDER]

import importlib  # noqa: E402
import importlib.util  # noqa: E402
from types import ModuleType  # noqa: E402
from typing import List  # noqa: E402


def introduce(name: str, folder: str, inner: List[str]) -> ModuleType:
    """Make the package `name` known, whose modules are in the folders `inner`."""
    file = os.path.join(folder, "__init__.py")  # noqa: PTH118
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=list(inner))
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} cannot be imported")
    package = importlib.util.module_from_spec(spec)
    package.__path__ = inner  # an empty list would have been filled with the folder
    sys.modules[name] = package
    spec.loader.exec_module(package)
    return package


def main() -> int:
    """Introduce the packages, and run the module that is named first."""
    above = os.path.dirname(OWN_FOLDER)  # noqa: PTH120
    root = introduce("trigger_service", above, [])
    for name in ("domain", "runner"):
        folder = os.path.join(above, name)  # noqa: PTH118
        setattr(root, name, introduce(f"trigger_service.{name}", folder, [folder]))
    with importlib.import_module("trigger_service.domain.imports").imports():
        module = importlib.import_module(sys.argv.pop(1))
    return int(module.main())


if __name__ == "__main__":
    sys.exit(main())
