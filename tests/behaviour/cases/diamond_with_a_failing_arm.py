"""A diamond, one arm of which fails."""

import luigi

from cases.ledger import note, place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs the other arm, not the root; exits with 0.",
    "reports": "Failed with the error of the arm; the root is pending, the rest done. A second run does only what is missing.",
    "state": "failed",
    "tasks": {"done": 2, "failed": 1, "pending": 1},
    "ran": ["Bottom", "Left", "Right"],
    "error": ["TaskFailed", "ZeroDivisionError: division by zero", "Left"],
    "details": {"Left": {"explanation": "return 1 / 0"}},
    "then": [{"tasks": {"complete": 2, "failed": 1, "pending": 1}, "ran": ["Left"]}],
}


class Bottom(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        write(self)


class Left(Bottom):
    def requires(self):
        return Bottom()

    def run(self):
        note(self)
        return 1 / 0


class Right(Bottom):
    def requires(self):
        return Bottom()


class Root(Bottom):
    def requires(self):
        return [Left(), Right()]
