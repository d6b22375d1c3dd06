"""Imports at the start of a process, which the garbage collector does not slow down."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import Iterator


@contextmanager
def imports() -> Iterator[None]:
    """For a block that imports much before the process does anything else.

    The collector would look again and again at modules, which stay: a quarter of the time of a start. It leaves them
    alone afterwards, too.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
