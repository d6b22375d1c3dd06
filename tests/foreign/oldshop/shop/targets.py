"""Targets of our own."""

import json
import os

import luigi


class JsonLinesTarget(luigi.LocalTarget):
    """A file of JSON objects, one a line."""

    def write(self, rows):
        with self.open("w") as sink:
            for row in rows:
                sink.write(json.dumps(row, sort_keys=True) + "\n")

    def read(self):
        with self.open("r") as source:
            return [json.loads(line) for line in source]


class MarkTarget(luigi.Target):
    """Is there once its mark was set. Knows no path, and prints as whatever object prints as."""

    def __init__(self, folder, name):
        self.folder = folder
        self.name = name

    def _file(self):
        return os.path.join(self.folder, "marks.txt")

    def exists(self):
        if not os.path.exists(self._file()):
            return False
        with open(self._file()) as marks:
            return self.name in marks.read().split()

    def touch(self):
        with open(self._file(), "a") as marks:
            marks.write(self.name + "\n")


__all__ = ["JsonLinesTarget", "MarkTarget"]
