"""run() that gives back a value, a list of tasks, a class."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Takes no notice.",
    "reports": "The same.",
    "state": "succeeded",
    "tasks": {"done": 4},
    "ran": ["List", "Number", "Root", "Type"],
}


class Number(luigi.Task):
    answer = 42

    def output(self):
        return place(self)

    def run(self):
        write(self)
        return self.answer


class List(Number):
    answer = ["a", object()]


class Type(Number):
    answer = luigi.Task


class Root(Number):
    def requires(self):
        return [Number(), List(), Type()]
