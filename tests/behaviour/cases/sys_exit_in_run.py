"""sys.exit in run()."""

import sys

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Fails the task, goes on, exits with 0.",
    "reports": "Failed: SystemExit.",
    "state": "failed",
    "tasks": {"failed": 1},
    "ran": ["Root"],
    "error": ["TaskFailed", "SystemExit: 3", "Root"],
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        sys.exit(3)
