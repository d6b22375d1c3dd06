"""Dynamic requirements three levels deep, each run() resumed when what it found is done."""

import luigi

from cases.ledger import note, place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Each run() starts again from its first line when what it asked for is done.",
    "reports": "Four tasks done, each executed once however often it was resumed; found edges are in the graph.",
    "state": "succeeded",
    "tasks": {"done": 4},
    "ran": ["Level(0)", "Level(1)", "Level(1)", "Level(2)", "Level(2)", "Level(3)", "Level(3)"],
    "root": "Level",
    "parameters": {"depth": 3},
    "details": {"Level(3)": {"executions": 1}, "Level(1)": {"executions": 1}},
}


class Level(luigi.Task):
    depth = luigi.IntParameter()

    def output(self):
        return place(self)

    def run(self):
        if self.depth:
            note(self)
            below = yield Level(self.depth - 1)
            self.set_status_message(f"found {below.path}")
            with self.output().open("w") as file:
                file.write(below.open().read())
        else:
            write(self)
