"""A task that changes the working directory, where the paths of its outputs are relative."""

import os
from pathlib import Path

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Does not find the output of the first task from there, and does not run the second; exits with 0.",
    "reports": "Failed with Luigi's reason, after the first task was run once more: one process, one working directory.",
    "state": "failed",
    "tasks": {"done": 1, "failed": 1},
    "ran": ["Moves"],
    "error": ["TaskFailed", "Moves__99914b932b (changes_directory/Moves)", "Root"],
    "differing": ["inner/changes_directory/Moves", "inner/changes_directory/ledger"],
}


class Moves(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        write(self)
        inner = Path("changes_directory/inner")
        inner.mkdir()
        os.chdir(inner)


class Root(luigi.Task):
    def requires(self):
        return Moves()

    def output(self):
        return place(self)

    def run(self):
        write(self)
