"""sys.exit in output()."""

import sys

import luigi

from cases.ledger import write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Leaves with that exit status, says nothing.",
    "reports": "Failed: SystemExit and its status, in which task, with a traceback.",
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
