"""Lists and dictionaries as values."""

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs it with frozen values.",
    "reports": "The same.",
    "parameters": {"columns": ["a", ["b", 3]], "options": {"deep": {"list": [1, 2.5, None, True]}}},
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": ['Root(["a", ["b", 3]],{"deep": {"list": [1, 2.5, null, true]}})'],
}


class Root(luigi.Task):
    columns = luigi.ListParameter()
    options = luigi.DictParameter()

    def output(self):
        return place(self, "out")

    def run(self):
        note(self)
        print(self.columns, self.options, hash(self.columns) != hash(self.options))
        with self.output().open("w") as file:
            file.write(repr((self.columns, self.options)))
