"""requires() that gives a text."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Ends with a traceback from its inside, exits with 4.",
    "reports": "Failed: requires() must return Task objects.",
    "state": "failed",
    "tasks": {},
    "ran": [],
    "error": ["Exception", "requires() must return Task objects but data.csv is a <class 'str'>", "Root"],
    "plain_tasks": {},
    "plain_exit": 4,
    "plain_face": None,
}


class Root(luigi.Task):
    def requires(self):
        return "data.csv"

    def output(self):
        return place(self)

    def run(self):
        write(self)
