"""A value beyond ASCII: accents, an emoji, right-to-left, a combining mark, a tab and a line end."""

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs it.",
    "reports": "The same, and shows the value as it is.",
    "parameters": {"name": "Šárka 🚀 שלום e\u0301\ttab\nline"},
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": ["Root(Šárka 🚀 שלום e\u0301\ttab", "line)"],
    "details": {"Root(Šárka 🚀 שלום e\u0301\ttab\nline)": {"status": "done"}},
}


class Root(luigi.Task):
    name = luigi.Parameter()

    def output(self):
        return place(self, "out")

    def run(self):
        note(self)
        print(self.name)
        with self.output().open("w") as file:
            file.write(self.name)
