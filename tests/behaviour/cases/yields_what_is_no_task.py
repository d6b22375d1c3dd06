"""A generator that yields a text."""

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Fails the task with an error from Luigi's inside.",
    "reports": "The same error, with its traceback.",
    "state": "failed",
    "tasks": {"failed": 1},
    "ran": ["Root"],
    "error": ["TaskFailed", "AttributeError: 'str' object has no attribute", "Root"],
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        yield "data.csv"
