"""luigi.mock targets, which live in the memory of a process."""

import luigi
from luigi.mock import MockTarget

from cases.ledger import note

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs both tasks.",
    "reports": "The same with one worker; outputs are named, though nobody else can see them.",
    "state": "succeeded",
    "tasks": {"done": 2},
    "ran": ["Part", "Root"],
}


class Part(luigi.Task):
    def output(self):
        return MockTarget(f"memory/{self.task_family}")

    def run(self):
        note(self)
        with self.output().open("w") as file:
            file.write("in memory")


class Root(Part):
    def requires(self):
        return Part()
