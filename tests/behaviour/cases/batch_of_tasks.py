"""Tasks that Luigi joins into one execution: batch_method=max."""

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs the largest alone, in the name of all.",
    "reports": "All four done, one of them executed, the others told as part of its batch.",
    "state": "succeeded",
    "tasks": {"done": 5},
    "ran": ["Upto(4)"],
    "details": {"Upto(4)": {"executions": 1}, "Upto(1)": {"executions": 0, "explanation": "ran as part of"}},
}


class Upto(luigi.Task):
    number = luigi.IntParameter(batch_method=max)

    def output(self):
        return place(self, f"number-{self.number}")

    def run(self):
        note(self)
        for number in range(1, self.number + 1):
            with place(self, f"number-{number}").open("w") as file:
                file.write(str(number))


class Root(luigi.WrapperTask):
    def requires(self):
        return [Upto(number) for number in (1, 2, 3, 4)]
