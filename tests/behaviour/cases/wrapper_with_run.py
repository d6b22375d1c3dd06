"""A wrapper task that has a run of its own."""

import luigi

from cases.ledger import note, place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs it; it is complete as soon as what it requires is.",
    "reports": "The same; the second time it is complete and its run is not entered.",
    "state": "succeeded",
    "tasks": {"done": 2},
    "ran": ["Part", "Root"],
    "then": [{"tasks": {"complete": 1}, "ran": []}],
}


class Part(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        write(self)


class Root(luigi.WrapperTask):
    def requires(self):
        return Part()

    def run(self):
        note(self)
