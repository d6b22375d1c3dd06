"""An empty text where a default is not empty, and an empty list."""

import luigi

from cases.ledger import place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Takes an empty text on the command line for none, and runs it with the default.",
    "reports": "Runs it with the empty values.",
    "parameters": {"text": "", "items": []},
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": [],
    "plain_tasks": {},
    "differing": ["out"],
    "same_output": False,
}


class Root(luigi.Task):
    text = luigi.Parameter(default="not empty")
    items = luigi.ListParameter(default=[1])

    def output(self):
        return place(self, "out")

    def run(self):
        print(repr(self.text), self.items)
        with self.output().open("w") as file:
            file.write(repr((self.text, self.items)))
