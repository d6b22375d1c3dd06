"""A generator that yields five requirements, one after another."""

import luigi

from cases.ledger import Written, note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Starts run() from the beginning six times.",
    "reports": "One execution of it, six tasks done.",
    "state": "succeeded",
    "tasks": {"done": 6},
    "ran": 11,
    "details": {"Root": {"executions": 1}},
}


class Found(Written, luigi.Task):
    number = luigi.IntParameter()


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        for number in range(5):
            yield Found(number)
        with self.output().open("w") as file:
            file.write("found")
