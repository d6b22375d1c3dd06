"""process_resources() that computes what the task needs."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Asks it when the task is added.",
    "reports": "The same.",
    "parameters": {"size": 1},
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": ["Root(1)"],
}


class Root(luigi.Task):
    size = luigi.IntParameter()

    def process_resources(self):
        return {"desk": self.size}

    def output(self):
        return place(self)

    def run(self):
        write(self)
