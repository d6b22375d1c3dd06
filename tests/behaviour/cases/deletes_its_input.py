"""A task that deletes the output of what it requires."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs both; the second time nothing, as the root is complete.",
    "reports": "The same.",
    "state": "succeeded",
    "tasks": {"done": 2},
    "ran": ["Part", "Root"],
    "then": [{"tasks": {"complete": 1}, "ran": [], "plain_tasks": {"done": 1}}],
}


class Part(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        write(self)


class Root(luigi.Task):
    def requires(self):
        return Part()

    def output(self):
        return place(self)

    def run(self):
        write(self)
        self.input().remove()
