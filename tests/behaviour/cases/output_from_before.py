"""A root whose output exists from before, whatever it requires."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs nothing, and does not look at what it requires.",
    "reports": "Succeeded, complete, nothing run.",
    "before": {"Root": "from before"},
    "state": "succeeded",
    "tasks": {"complete": 1},
    "ran": [],
}


class Part(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        write(self)


class Root(Part):
    def requires(self):
        return Part()
