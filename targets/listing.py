"""What lies below a folder or a prefix, wherever it is."""

import os
from collections.abc import Iterator
from pathlib import Path

from targets.opening import open_file


def list_files(root: str) -> Iterator[str]:
    """Give the names of all files below `root`, a folder or a URL, from there on and with `/` between their parts.

    In order; nothing where there is no such folder. Names that begin with a dot are left out, and what lies below
    them: they are ours, or nobody's yet.
    """
    folder = Path(open_file(f"{root.rstrip('/')}/x").path).parent
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in files:
            if not name.startswith("."):
                yield Path(where, name).relative_to(folder).as_posix()
