"""Two wrappers that share a subtree."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs what is shared once.",
    "reports": "The same; wrappers are done as soon as what they need is.",
    "workers": 4,
    "state": "succeeded",
    "tasks": {"done": 5},
    "ran": ["Shared(1)", "Shared(2)"],
}


class Shared(luigi.Task):
    number = luigi.IntParameter()

    def output(self):
        return place(self)

    def run(self):
        write(self)


class First(luigi.WrapperTask):
    def requires(self):
        return [Shared(1), Shared(2)]


class Second(luigi.WrapperTask):
    def requires(self):
        return [Shared(2), Shared(1)]


class Root(luigi.WrapperTask):
    def requires(self):
        return [First(), Second()]
