"""Values of a luigi.Config class, from luigi.cfg and by default."""

import luigi

from cases.ledger import place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Reads luigi.cfg.",
    "reports": "The same.",
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": [],
}


class case(luigi.Config):
    task_namespace = ""
    colour = luigi.Parameter(default="red")
    size = luigi.IntParameter(default=7)


class Root(luigi.Task):
    colour = luigi.Parameter(default="blue", config_path={"section": "case", "name": "colour"}, significant=False)

    def output(self):
        return place(self, "out")

    def run(self):
        with self.output().open("w") as file:
            file.write(f"{case().colour} {case().size} {self.colour}")
