"""An exit handler that a task registers, and an executor that it never shuts down."""

import atexit
from concurrent.futures import ThreadPoolExecutor

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Python calls the handler when the command ends.",
    "reports": "Called at the end of the attempt; the executor does not keep it.",
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": ["Root counted 10", "Root says goodbye"],
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self, f"counted {ThreadPoolExecutor(2).submit(sum, range(5)).result()}")
        atexit.register(note, self, "says goodbye")
        self.output().open("w").close()
