"""An atomic write that fails halfway."""

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Publishes nothing; exits with 0.",
    "reports": "Failed; the output does not exist.",
    "state": "failed",
    "tasks": {"failed": 1},
    "ran": ["Root"],
    "error": ["TaskFailed", "BufferError: half of it", "Root"],
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        with self.output().open("w") as file:
            file.write("the first half")
            raise BufferError("half of it")
