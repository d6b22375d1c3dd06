"""requires() that raises."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Does not run it, but what else there is; exits with 0.",
    "reports": "Failed: which requires() raised what; the other arm is done.",
    "state": "failed",
    "tasks": {"unknown": 1, "done": 1, "pending": 1},
    "ran": ["Fine"],
    "error": ["TaskFailed", "LookupError: no such customer", "Broken"],
    "details": {"Broken": {"explanation": "in requires"}},
}


class Fine(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        write(self)


class Broken(Fine):
    def requires(self):
        raise LookupError("no such customer")


class Root(luigi.WrapperTask):
    def requires(self):
        return [Broken(), Fine()]

    def complete(self):
        return False
