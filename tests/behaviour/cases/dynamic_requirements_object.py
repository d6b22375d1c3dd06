"""luigi.DynamicRequirements with a completeness check of its own."""

import luigi

from cases.ledger import Written, note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Asks the task's own check in place of each requirement.",
    "reports": "The same.",
    "state": "succeeded",
    "tasks": {"done": 3},
    "ran": ["Found(1)", "Found(2)", "Root", "Root"],
}


class Found(Written, luigi.Task):
    number = luigi.IntParameter()


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        wanted = [Found(1), Found(2)]
        yield luigi.DynamicRequirements(wanted, lambda complete: all(complete(task) for task in wanted))
        with self.output().open("w") as file:
            file.write("found")
