"""Targets of typed rows and of sets of files, in whatever storage the root names."""

from collections.abc import Iterable, Iterator
from typing import Any

import luigi
from pydantic import BaseModel

from targets import open_target
from tasks.cell_atlas.tables import read_table, write_table


class Rows(luigi.Target):
    """The rows of a model as a CSV file."""

    def __init__(self, url: str, model: type[BaseModel]) -> None:
        self._file, self._model = open_target(url, format="bytes"), model
        self.url = self._file.url

    def exists(self) -> bool:
        """Whether the file is there."""
        return self._file.exists()

    def write(self, rows: Iterable[BaseModel]) -> int:
        """Write all rows or nothing; gives their number."""
        table = list(rows)
        with self._file.open("w") as file:
            file.write(write_table(self._model, table))
        return len(table)

    def read(self) -> Iterator[Any]:
        """Give the rows."""
        with self._file.open("r") as file:
            yield from read_table(self._model, file.read())


def open_rows(url: str, *, model: type[BaseModel]) -> Rows:
    """Give the target of the rows of a model."""
    return Rows(url, model)


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
