"""Batches that have a largest size: max_batch_size."""

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs two batches.",
    "reports": "Four members and two joined executions done.",
    "state": "succeeded",
    "tasks": {"done": 7},
    "plain_tasks": {"done": 5},
    "ran": 2,
}


class Some(luigi.Task):
    number = luigi.Parameter(batch_method=lambda values: ",".join(sorted(values)))
    max_batch_size = 2

    def output(self):
        return [place(self, f"number-{number}") for number in self.number.split(",")]

    def run(self):
        note(self)
        for target in self.output():
            with target.open("w") as file:
                file.write("done")


class Root(luigi.WrapperTask):
    def requires(self):
        return [Some(number) for number in "1234"]
