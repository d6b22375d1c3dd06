"""Tasks with priorities: the highest first."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs 3, 2, 1.",
    "reports": "The same order.",
    "state": "succeeded",
    "tasks": {"done": 4},
    "ran": ["Urgent(3)", "Urgent(2)", "Urgent(1)", "Root"],
    "in_order": True,
}


class Urgent(luigi.Task):
    level = luigi.IntParameter()

    @property
    def priority(self):
        return self.level

    def output(self):
        return place(self)

    def run(self):
        write(self)


class Root(luigi.Task):
    def requires(self):
        return [Urgent(level) for level in (1, 3, 2)]

    def output(self):
        return place(self)

    def run(self):
        write(self)
