"""A target with a format of its own: gzip."""

import luigi
import luigi.format

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Writes it through gzip.",
    "reports": "The same (but for the time in gzip's header).",
    "state": "succeeded",
    "tasks": {"done": 2},
    "ran": ["Packed", "Root"],
    "differing": ["packed.gz"],
    "details": {"Packed": {"outputs": ["compressed_output/packed.gz"]}},
}


class Packed(luigi.Task):
    def output(self):
        return luigi.LocalTarget(place(self, "packed.gz").path, format=luigi.format.Gzip)

    def run(self):
        note(self)
        with self.output().open("w") as file:
            file.write(b"packed")


class Root(luigi.Task):
    def requires(self):
        return Packed()

    def output(self):
        return place(self)

    def run(self):
        note(self)
        with self.input().open() as packed, self.output().open("w") as file:
            file.write(packed.read().decode())
