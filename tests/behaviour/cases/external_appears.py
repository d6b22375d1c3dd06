"""External data that appears while other tasks run."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Does not look again: nothing else runs, exits with 0.",
    "reports": "Looks again before it gives up, finds it, and goes on.",
    "state": "succeeded",
    "tasks": {"complete": 1, "done": 2},
    "ran": ["Download", "Root"],
    "details": {"Data": {"explanation": "has appeared"}},
    "plain_ran": ["Download"],
    "plain_tasks": {"done": 1, "pending": 2},
    "plain_face": ":|",
    "differing": ["Root"],
}


class Data(luigi.ExternalTask):
    def output(self):
        return place(self)


class Download(luigi.Task):
    """Writes more than its own output."""

    def output(self):
        return place(self)

    def run(self):
        write(self)
        with place(self, "Data").open("w") as file:
            file.write("data")


class Root(luigi.Task):
    def requires(self):
        return [Data(), Download()]

    def output(self):
        return place(self)

    def run(self):
        write(self)
