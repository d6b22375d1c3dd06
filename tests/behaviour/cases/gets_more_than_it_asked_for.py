"""A task that makes the output of another, which is asked for later in the same run."""

import luigi

from cases.ledger import note, place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs the other all the same: it looked for its output before.",
    "reports": "The same.",
    "state": "succeeded",
    "tasks": {"done": 3},
    "ran": ["Both", "Other", "Root"],
    "in_order": True,
}


class Both(luigi.Task):
    priority = 10

    def output(self):
        return place(self)

    def run(self):
        write(self)
        with place(self, "Other").open("w") as file:
            file.write("from Both")


class Other(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        write(self)


class Root(luigi.Task):
    def requires(self):
        return [Both(), Other()]

    def output(self):
        return place(self)

    def run(self):
        write(self)
