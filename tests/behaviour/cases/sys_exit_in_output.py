"""sys.exit in output()."""

import sys

import luigi

from cases.ledger import write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Leaves, with that exit status.",
    "reports": "Failed: the task's output() called sys.exit, with where.",
    "state": "failed",
    "tasks": {},
    "ran": [],
    "error": ["SystemExit", "SystemExit: 6", "Root"],
    "plain_exit": 6,
    "plain_face": None,
}


class Root(luigi.Task):
    def output(self):
        sys.exit(6)

    def run(self):
        write(self)
