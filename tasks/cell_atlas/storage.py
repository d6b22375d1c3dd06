"""Files of folder targets as bytes."""

from collections.abc import Iterable
from typing import Any


def write_files(folder: Any, files: Iterable[tuple[str, bytes]]) -> None:
    """Write a set of files, by name, into a folder target: all or none."""
    with folder.writing() as writer:
        for name, data in files:
            with writer.open(name, "bytes") as file:
                file.write(data)


def read_from(folder: Any, name: str) -> bytes:
    """Give the bytes of one file of a folder target, or of one state of it."""
    with folder.open(name, "bytes") as file:
        return file.read()
