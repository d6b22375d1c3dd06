"""A generator that raises after its dynamic requirement is done."""

import luigi

from cases.ledger import note, place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Fails the task; what it asked for stays done.",
    "reports": "Failed with the error, the found task done, the edge to it in the graph.",
    "state": "failed",
    "tasks": {"done": 1, "failed": 1},
    "ran": ["Found", "Root", "Root"],
    "error": ["TaskFailed", "KeyError: 'price'", "Root"],
    "details": {"Root": {"executions": 1}},
}


class Found(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        write(self)


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        yield Found()
        raise KeyError("price")
