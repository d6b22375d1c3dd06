"""A task that does not write its output, and one that needs it."""

import luigi

from cases.ledger import note, place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Says that the first is done; the second fails at run time.",
    "reports": "Failed: which output of which dependency does not exist, after it was run once more.",
    "state": "failed",
    "tasks": {"done": 1, "failed": 1},
    "ran": ["Forgets", "Forgets"],
    "error": ["TaskFailed", "Forgets__99914b932b (writes_nothing/Forgets)", "Root"],
    "plain_ran": ["Forgets"],
}


class Forgets(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)


class Root(luigi.Task):
    def requires(self):
        return Forgets()

    def output(self):
        return place(self)

    def run(self):
        write(self)
