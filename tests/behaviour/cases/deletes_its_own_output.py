"""A task that deletes its output after it has written it."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Says :) and exits with 0.",
    "reports": "Failed: the task says done, but its output does not exist.",
    "state": "failed",
    "tasks": {"done": 1},
    "ran": ["Root"],
    "error": ["OutputMissing", "the task says done, but deletes_its_own_output/Root does not exist", "Root"],
    "plain_face": ":)",
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        write(self)
        self.output().remove()
