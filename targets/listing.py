"""What lies below a folder or a prefix, wherever it is."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from targets.local import AtomicLocalTarget
from targets.opening import join, open_file


def list_files(root: Any) -> Iterator[str]:
    """Give the names of all files below `root`, a folder or a URL: from there on, with `/` between their parts.

    Sorted; nothing where there is no such folder. Left out is what has a part that begins with a dot: what is being
    written, the trash, and records of provenance. In S3 a listing takes a request for a thousand files; raises the
    errors of `targets.errors`.
    """
    inside = open_file(join(root, "x"))
    names = _below(Path(inside.path).parent) if isinstance(inside, AtomicLocalTarget) else _in_bucket(inside)
    yield from sorted(name for name in names if not any(part.startswith(".") for part in name.split("/")))


def _below(folder: Path) -> Iterator[str]:
    for where, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(where, name).relative_to(folder).as_posix() for name in files)


def _in_bucket(inside: Any) -> Iterator[str]:
    prefix, token = inside.key.removesuffix("x"), ""
    while True:
        page = inside.object.listed(prefix, token)
        found = (each["Key"].removeprefix(prefix) for each in page.get("Contents", ()))
        yield from (name for name in found if name and not name.endswith("/"))
        token = page.get("NextContinuationToken", "")
        if not token:
            return
