"""Dynamic requirements in a dictionary of lists; what comes back has the same form."""

import luigi

from cases.ledger import Written, note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs all, gives back targets in the same form.",
    "reports": "The same.",
    "workers": 2,
    "state": "succeeded",
    "tasks": {"done": 4},
    "ran": ["Found(1)", "Found(2)", "Found(3)", "Root", "Root"],
}


class Found(Written, luigi.Task):
    number = luigi.IntParameter()


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        targets = yield {"few": [Found(1)], "many": [Found(2), Found(3)]}
        with self.output().open("w") as file:
            file.write(str(sorted((key, [t.path for t in value]) for key, value in targets.items())))
