"""Sixty tasks, four workers."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs each once.",
    "reports": "The same: 61 done.",
    "workers": 4,
    "state": "succeeded",
    "tasks": {"done": 61},
    "ran": 60,
}


class Part(luigi.Task):
    number = luigi.IntParameter()

    def output(self):
        return place(self)

    def run(self):
        write(self)


class Root(luigi.WrapperTask):
    def requires(self):
        return [Part(number) for number in range(60)]
