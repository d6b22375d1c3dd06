"""luigi.contrib.simulate.RunAnywayTarget: complete once it has run in this process."""

import luigi
from luigi.contrib.simulate import RunAnywayTarget

from cases.ledger import note

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs it in each process.",
    "reports": "The same.",
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": ["Root"],
}


class Root(luigi.Task):
    def output(self):
        return RunAnywayTarget(self)

    def run(self):
        note(self)
        self.output().done()
