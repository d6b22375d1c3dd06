"""Priority, resources, retry_count and worker_timeout as properties, computed from parameters."""

import luigi

from cases.ledger import note, place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Asks the properties; fails the first time, exits with 0.",
    "reports": "The same, and retries as often as the property says.",
    "parameters": {"number": 2},
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": ["Root(2)", "Root(2)"],
    "plain_ran": ["Root(2)"],
    "plain_tasks": {"failed": 1},
    "plain_face": ":(",
    "differing": ["Root(2)"],
}


class Root(luigi.Task):
    number = luigi.IntParameter()

    @property
    def priority(self):
        return 10 * self.number

    @property
    def retry_count(self):
        return self.number

    @property
    def worker_timeout(self):
        return 10 * self.number

    @property
    def resources(self):
        return {f"shelf-{self.number}": 1}

    def output(self):
        return place(self)

    def run(self):
        if not place(self, "tried").exists():
            place(self, "tried").open("w").close()
            note(self)
            raise RuntimeError("once more")
        write(self)
