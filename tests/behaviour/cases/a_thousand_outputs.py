"""A task with a thousand outputs."""

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs it.",
    "reports": "One task done, a thousand outputs listed.",
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": ["Root"],
}


class Root(luigi.Task):
    def output(self):
        return [place(self, f"part-{n:04}") for n in range(1000)]

    def run(self):
        note(self)
        for target in self.output():
            with target.open("w") as file:
                file.write(target.path)
