"""sys.exit in requires()."""

import sys

import luigi

from cases.ledger import note, place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Leaves with that exit status, says nothing.",
    "reports": "Failed: SystemExit and its status, in which task, with a traceback.",
    "state": "failed",
    "tasks": {},
    "ran": ["Root is asked"],
    "error": ["SystemExit", "SystemExit: 4", "Root"],
    "plain_exit": 4,
    "plain_face": None,
}


class Root(luigi.Task):
    def requires(self):
        note(self, "is asked")
        sys.exit(4)

    def output(self):
        return place(self)

    def run(self):
        write(self)
