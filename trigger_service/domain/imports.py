"""Imports at the start of a process, which takes no longer than it must."""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager
from typing import Iterator, Sequence

#: What luigi imports where it is there and does without where it is not: for processes that run no task.
FOR_TASKS = ("jsonschema", "requests")


@contextmanager
def imports(without: Sequence[str] = ()) -> Iterator[None]:
    """For a block that imports much before the process does anything else.

    The garbage collector would look again and again at modules, which stay: a quarter of the time of a start. It leaves
    them alone afterwards, too. `without` are packages that are not there for the block, unless they are imported
    already.
    """
    hidden = [name for name in without if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None, with which Python finds no module
    gc.disable()
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
        gc.freeze()
        gc.enable()
