"""A task that asks a person something."""

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Waits for an answer, if it has a terminal; here it fails.",
    "reports": "Failed at once: nobody can answer.",
    "state": "failed",
    "tasks": {"failed": 1},
    "ran": ["Root"],
    "error": ["TaskFailed", "EOFError: EOF when reading a line", "Root"],
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        note(self, input("sure? "))
