"""A mixin that brings parameters and output, and an abstract base."""

import abc

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs it.",
    "reports": "The same.",
    "parameters": {"region": "north"},
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": ["Root(north)"],
}


class Regional:
    region = luigi.Parameter()

    def output(self):
        return place(self)


class Base(luigi.Task, abc.ABC):
    @abc.abstractmethod
    def work(self):
        """What the task does."""

    def run(self):
        self.work()


class Root(Regional, Base):
    def work(self):
        write(self)
