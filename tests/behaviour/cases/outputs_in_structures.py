"""Outputs and requirements as dictionaries, lists, nested ones and named tuples."""

from typing import NamedTuple

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Finds the tasks and targets in all of them but in named tuples, which it takes for tuples.",
    "reports": "The same: every target is listed once.",
    "state": "succeeded",
    "tasks": {"done": 3},
    "ran": ["Both", "Pair", "Root"],
    "details": {"Pair": {"outputs": ["outputs_in_structures/left", "outputs_in_structures/right"]}},
}


class Sides(NamedTuple):
    left: luigi.LocalTarget
    right: luigi.LocalTarget


class Pair(luigi.Task):
    def output(self):
        return Sides(place(self, "left"), place(self, "right"))

    def run(self):
        note(self)
        for target in self.output():
            target.open("w").close()


class Both(luigi.Task):
    def output(self):
        return {"one": place(self, "one"), "more": [place(self, "two"), (place(self, "three"),)]}

    def run(self):
        note(self)
        for target in luigi.task.flatten(self.output()):
            target.open("w").close()


class Root(luigi.Task):
    def requires(self):
        return {"pair": Pair(), "others": [Both()]}

    def output(self):
        return place(self)

    def run(self):
        note(self)
        inputs = self.input()
        with self.output().open("w") as file:
            file.write(f"{inputs['pair'][0].path} {inputs['others'][0]['more'][1][0].path}")
