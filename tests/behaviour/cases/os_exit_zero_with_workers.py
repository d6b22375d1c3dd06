"""A task that leaves by os._exit(0), in a process of its own."""

import os

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Hangs for ever: it waits for an exit status other than 0.",
    "reports": "Failed: the task's process died with exit code 0.",
    "workers": 2,
    "state": "failed",
    "tasks": {"failed": 1},
    "ran": ["Root"],
    "error": ["TaskFailed", "died unexpectedly with exit code 0", "Root"],
    "plain_exit": None,
    "plain_face": None,
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        os._exit(0)
