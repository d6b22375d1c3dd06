"""Two tasks that differ only in a parameter that is not significant: one task id."""

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs the first of them only.",
    "reports": "The same: to Luigi they are one task.",
    "state": "succeeded",
    "tasks": {"done": 2},
    "ran": ["Copy"],
}


class Copy(luigi.Task):
    source = luigi.Parameter(significant=False)

    def output(self):
        return place(self, "copy")

    def run(self):
        note_of = place(self, "copy")
        with note_of.open("w") as file:
            file.write(self.source)
        note(self.clone(source=""))


class Root(luigi.WrapperTask):
    def requires(self):
        return [Copy(source="first"), Copy(source="second")]
