"""A batch whose only execution fails."""

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "All members of the batch fail.",
    "reports": "The batch and all its members failed, each with the traceback of the execution.",
    "state": "failed",
    "tasks": {"failed": 4, "pending": 1},
    "ran": ["Upto(1,2,3)"],
    "plain_tasks": {"failed": 3, "pending": 1},
    "error": ["TaskFailed", "ValueError: no such number", "Upto(1,2,3)"],
    "details": {"Upto(1)": {"explanation": "ValueError: no such number"}},
}


class Upto(luigi.Task):
    number = luigi.Parameter(batch_method=lambda values: ",".join(sorted(values)))

    def output(self):
        return place(self, f"number-{self.number}")

    def run(self):
        note(self)
        raise ValueError("no such number")


class Root(luigi.WrapperTask):
    def requires(self):
        return [Upto(number) for number in "123"]
