"""A dynamic requirement that fails."""

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Does not resume the task; exits with 0.",
    "reports": "Failed with the error of the found task; the one that found it is pending.",
    "state": "failed",
    "tasks": {"failed": 1, "pending": 1},
    "ran": ["Found", "Root"],
    "error": ["TaskFailed", "ValueError: bad month", "Found"],
}


class Found(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        raise ValueError("bad month")


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        yield Found()
        note(self, "never gets here")
