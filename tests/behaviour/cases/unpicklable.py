"""Tasks that cannot be pickled, with four workers."""

import threading

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Forks, pickles nothing, runs them.",
    "reports": "The same.",
    "workers": 4,
    "state": "succeeded",
    "tasks": {"done": 3},
    "ran": ["Locked(1)", "Locked(2)", "Root"],
}


class Locked(luigi.Task):
    number = luigi.IntParameter()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.lock = threading.Lock()
        self.double = lambda: 2 * self.number

    def output(self):
        return place(self)

    def run(self):
        with self.lock:
            print(self.double())
        write(self)


class Root(luigi.Task):
    def requires(self):
        return [Locked(1), Locked(2)]

    def output(self):
        return place(self)

    def run(self):
        write(self)
