"""on_failure() that raises."""

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Dies with both tracebacks, exits with 4.",
    "reports": "Failed: the task has both tracebacks, and whatever else there is to run is run.",
    "state": "failed",
    "tasks": {"failed": 1},
    "ran": ["Root"],
    "error": ["TaskFailed", "ConnectionError: nobody to tell", "Root"],
    "plain_exit": 4,
    "plain_tasks": {"running": 1},
    "plain_face": None,
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        raise ValueError("no rows")

    def on_failure(self, exception):
        raise ConnectionError("nobody to tell")
