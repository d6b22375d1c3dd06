"""A value of four kilobytes."""

import luigi

from cases.ledger import place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs it.",
    "reports": "The same, with the whole value.",
    "parameters": {
        "text": "sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters "
    },
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": [],
}


class Root(luigi.Task):
    text = luigi.Parameter()

    def output(self):
        return place(self, "out")

    def run(self):
        print(len(self.text))
        with self.output().open("w") as file:
            file.write(self.text)
