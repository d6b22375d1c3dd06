"""A task that leaves by os._exit(0)."""

import os

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Dies without a word, exits with 0; luigid has the task as running.",
    "reports": "Failed: the attempt is lost, the child has ended with exit status 0.",
    "state": "failed",
    "tasks": {"failed": 1},
    "ran": ["Root"],
    "error": ["AttemptLost", "ended with exit status 0", None],
    "plain_tasks": {"running": 1},
    "plain_face": None,
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        print("last words", flush=True)
        os._exit(0)
