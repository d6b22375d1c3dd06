"""on_failure() that raises, in a process of its own."""

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "The task's process dies; what it raised is only on standard error; exits with 0.",
    "reports": "Failed: the task has both tracebacks, in its log too.",
    "workers": 2,
    "state": "failed",
    "tasks": {"failed": 1},
    "ran": ["Root"],
    "error": ["TaskFailed", "ConnectionError: nobody to tell", "Root"],
    "log": {"Root": ["ValueError: no rows", "ConnectionError: nobody to tell"]},
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        raise ValueError("no rows")

    def on_failure(self, exception):
        raise ConnectionError("nobody to tell")
