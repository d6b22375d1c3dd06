"""sys.exit in complete()."""

import sys

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Leaves with that exit status, says nothing.",
    "reports": "Failed: SystemExit and its status, in which task, with a traceback.",
    "state": "failed",
    "tasks": {},
    "ran": [],
    "error": ["SystemExit", "SystemExit: 5", "Root"],
    "plain_exit": 5,
    "plain_face": None,
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def complete(self):
        sys.exit(5)

    def run(self):
        write(self)
