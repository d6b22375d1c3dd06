"""A task that is killed, as the kernel does when memory runs out."""

import os
import signal

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Dies by the signal; luigid has the task as running.",
    "reports": "Failed: killed by signal 9, what was printed before is in the log.",
    "state": "failed",
    "tasks": {"failed": 1},
    "ran": ["Root"],
    "error": ["AttemptLost", "killed by signal 9", None],
    "plain_exit": -9,
    "plain_tasks": {"running": 1},
    "plain_face": None,
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        print("last words", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
