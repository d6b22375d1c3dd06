"""A diamond, with four workers."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs each task once, the two arms side by side.",
    "reports": "The same; the shared task is one node with two edges into it.",
    "workers": 4,
    "state": "succeeded",
    "tasks": {"done": 4},
    "ran": ["Bottom", "Left", "Right", "Root"],
}


class Bottom(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        write(self)


class Left(Bottom):
    def requires(self):
        return Bottom()


class Right(Bottom):
    def requires(self):
        return Bottom()


class Root(Bottom):
    def requires(self):
        return [Left(), Right()]
