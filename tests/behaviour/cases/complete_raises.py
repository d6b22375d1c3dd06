"""complete() that raises, in a task that is required."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Does not run it, nor what needs it; exits with 0.",
    "reports": "Failed: which complete() raised what, with its traceback.",
    "state": "failed",
    "tasks": {"unknown": 1, "pending": 1},
    "ran": [],
    "error": ["TaskFailed", "PermissionError: not yours", "Part"],
    "details": {"Part": {"explanation": "in complete"}},
}


class Part(luigi.Task):
    def output(self):
        return place(self)

    def complete(self):
        raise PermissionError("not yours")

    def run(self):
        write(self)


class Root(luigi.Task):
    def requires(self):
        return Part()

    def output(self):
        return place(self)

    def run(self):
        write(self)
