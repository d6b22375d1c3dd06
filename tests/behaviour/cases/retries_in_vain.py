"""A task that fails each time it is retried."""

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Ends after the first failure.",
    "reports": "Failed after three executions, with the last error.",
    "state": "failed",
    "tasks": {"failed": 1},
    "ran": ["Root", "Root", "Root"],
    "plain_ran": ["Root"],
    "error": ["TaskFailed", "RuntimeError: never", "Root"],
    "details": {"Root": {"executions": 3}},
    "then": [{"plain_ran": ["Root"]}],
}


class Root(luigi.Task):
    retry_count = 3

    def output(self):
        return place(self)

    def run(self):
        note(self)
        raise RuntimeError("never")
