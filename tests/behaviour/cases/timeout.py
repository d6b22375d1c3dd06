"""A task that takes longer than its worker_timeout."""

import threading

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Terminates it after a second, reports it as failed, exits with 0.",
    "reports": "Failed: it timed out.",
    "state": "failed",
    "tasks": {"failed": 1},
    "ran": ["Root"],
    "log": {"": ["timed out after 1 seconds"]},
    "error": ["TaskFailed", "timed out after 1 seconds", "Root"],
}


class Root(luigi.Task):
    worker_timeout = 1

    def output(self):
        return place(self)

    def run(self):
        note(self)
        threading.Event().wait()
