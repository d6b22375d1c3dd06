"""A task of whose two outputs one exists from before."""

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs it.",
    "reports": "The same.",
    "before": {"first": "from before"},
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": ["Root"],
}


class Root(luigi.Task):
    def output(self):
        return [place(self, "first"), place(self, "second")]

    def run(self):
        note(self)
        for target in self.output():
            with target.open("w") as file:
                file.write("new")
