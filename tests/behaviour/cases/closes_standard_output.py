"""A task that closes descriptor 1."""

import os

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "The next task fails as soon as it prints; exits with 0.",
    "reports": "The next task has a standard output again.",
    "state": "succeeded",
    "tasks": {"done": 2},
    "ran": ["Closes", "Root"],
    "plain_ran": ["Closes"],
    "same_output": False,
    "log": {"Closes": ["before"], "Root": ["from the next task"]},
    "differing": ["Root"],
    "plain_tasks": {"done": 1, "failed": 1},
    "plain_face": ":(",
}


class Closes(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        print("before", flush=True)
        write(self)
        os.close(1)


class Root(Closes):
    def requires(self):
        return Closes()

    def run(self):
        print("from the next task", flush=True)
        write(self)
