"""Errors without a message, with several lines, and one that cannot be shown."""

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Fails all three and logs them; exits with 0.",
    "reports": "Failed with the first error; each task has its own.",
    "state": "failed",
    "tasks": {"failed": 3, "pending": 1},
    "ran": ["Long", "Odd", "Silent"],
    "error": ["TaskFailed", "cases.error_without_message.Silence", "Silent"],
    "details": {
        "Silent": {"explanation": "Silence"},
        "Long": {"explanation": "second line"},
        "Odd": {"explanation": "<exception str() failed>"},
    },
}


class Silence(Exception):
    pass


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("no text")


class Silent(luigi.Task):
    priority = 3

    def output(self):
        return place(self)

    def run(self):
        note(self)
        raise Silence


class Long(Silent):
    priority = 2

    def run(self):
        note(self)
        raise ValueError("first line\nsecond line")


class Odd(Silent):
    priority = 1

    def run(self):
        note(self)
        raise Unspeakable


class Root(luigi.WrapperTask):
    def requires(self):
        return [Silent(), Long(), Odd()]
