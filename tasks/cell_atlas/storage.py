"""Targets of typed rows and of sets of files, in whatever storage the root names."""

import hashlib
import json
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


class Folder(luigi.Target):
    """A set of files, which is there when its manifest is, the last to be written."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._manifest = open_target(f"{url}manifest.json", format="text")

    def exists(self) -> bool:
        """Whether all files are there."""
        return self._manifest.exists()

    def write(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Write files by name, and then the manifest."""
        manifest = {}
        for name, data in files:
            with open_target(self.url + name, format="bytes").open("w") as file:
                file.write(data)
            manifest[name] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        with self._manifest.open("w") as file:
            json.dump(manifest, file, indent=1)

    def read(self, name: str) -> bytes:
        """Give the bytes of one file."""
        with open_target(self.url + name, format="bytes").open("r") as file:
            return file.read()


def open_rows(url: str, *, model: type[BaseModel]) -> Rows:
    """Give the target of the rows of a model."""
    return Rows(url, model)


def open_folder(url: str) -> Folder:
    """Give the target of a set of files; the url ends with a slash."""
    return Folder(url)
