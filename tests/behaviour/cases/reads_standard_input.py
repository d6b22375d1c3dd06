"""A task that reads its standard input."""

import sys

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Reads the terminal, if it has one; here it is empty.",
    "reports": "Standard input is empty.",
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": ["Root read ''"],
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self, f"read {sys.stdin.read()!r}")
        self.output().open("w").close()
