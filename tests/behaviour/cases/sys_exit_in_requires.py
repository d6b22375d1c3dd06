"""sys.exit in requires()."""

import sys

import luigi

from cases.ledger import note, place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Leaves, with that exit status, having told nobody.",
    "reports": "Failed: the task's requires() called sys.exit, with where.",
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
