"""A segmentation fault in one of two tasks, with two workers."""

import os
import signal

import luigi

from cases.ledger import note, place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Fails that task, runs the other, exits with 0.",
    "reports": "Failed: the task's process died by signal 11; the other is done.",
    "workers": 2,
    "state": "failed",
    "tasks": {"failed": 1, "done": 1, "pending": 1},
    "ran": ["Crash", "Fine"],
    "error": ["TaskFailed", "died unexpectedly with exit code -11", "Crash"],
}


class Crash(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        signal.signal(signal.SIGSEGV, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGSEGV)


class Fine(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        write(self)


class Root(luigi.WrapperTask):
    def requires(self):
        return [Crash(), Fine()]
