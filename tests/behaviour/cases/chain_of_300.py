"""A chain of three hundred tasks."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs them one after another.",
    "reports": "300 tasks done, one edge each.",
    "root": "Link",
    "parameters": {"left": 299},
    "state": "succeeded",
    "tasks": {"done": 300},
    "ran": 300,
}


class Link(luigi.Task):
    left = luigi.IntParameter()

    def requires(self):
        return Link(self.left - 1) if self.left else []

    def output(self):
        return place(self)

    def run(self):
        write(self)
