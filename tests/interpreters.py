"""Interpreters for code locations: virtual environments that have luigi, and nothing of ours."""

import venv
from importlib.metadata import distribution
from pathlib import Path

#: What luigi needs, as distributions.
OF_LUIGI = ("luigi", "tenacity", "python-dateutil", "tornado", "typing_extensions", "six")


def small_interpreter(folder, *more):
    """A virtual environment that has luigi, what luigi needs, and `more` distributions; gives its interpreter."""
    venv.create(folder, symlinks=True, with_pip=False)
    (packages,) = folder.glob("lib/python*/site-packages")
    for name in (*OF_LUIGI, *more):
        found = distribution(name)
        for top in {Path(str(file)).parts[0] for file in found.files if not str(file).startswith("..")} - {
            "__pycache__"
        }:
            (packages / top).symlink_to(found.locate_file(top))
    return folder / "bin" / "python"
