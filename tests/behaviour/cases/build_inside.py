"""A task that runs others by luigi.build."""

import luigi

from cases.ledger import note, place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs the inner task with a worker of its own.",
    "reports": "The same; the inner task is no task of the run, but what it prints is in the log.",
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": ["Inner", "Root", "Root built True"],
}


class Inner(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        print("inner")
        write(self)


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self, f"built {luigi.build([Inner()], local_scheduler=True, log_level='WARNING')}")
        print("outer")
        write(self)
