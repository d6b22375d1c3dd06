"""One failure that five tasks wait for."""

import luigi

from cases.ledger import note, place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs none of the five; exits with 0.",
    "reports": "One failed task, six pending; the error is the one of the task that failed.",
    "state": "failed",
    "tasks": {"failed": 1, "pending": 6},
    "ran": ["Source"],
    "error": ["TaskFailed", "ConnectionError: no route to the source", "Source"],
}


class Source(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        raise ConnectionError("no route to the source")


class Needs(luigi.Task):
    number = luigi.IntParameter()

    def requires(self):
        return Source()

    def output(self):
        return place(self)

    def run(self):
        write(self)


class Root(luigi.WrapperTask):
    def requires(self):
        return [Needs(number) for number in range(5)]
