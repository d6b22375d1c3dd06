"""A task whose complete() always says no, although its output is there."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs it, although its output is there.",
    "reports": "The same; as its outputs are there, but complete() is false, the success is not verified.",
    "before": {"Root": "from before"},
    "state": "succeeded",
    "verified": False,
    "tasks": {"done": 1},
    "ran": ["Root"],
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def complete(self):
        return False

    def run(self):
        write(self)
