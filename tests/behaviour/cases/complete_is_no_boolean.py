"""complete() that gives None."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Does not run it; exits with 0.",
    "reports": "Failed: the value must be boolean.",
    "state": "failed",
    "tasks": {"unknown": 1},
    "ran": [],
    "error": ["TaskFailed", "Return value of Task.complete() must be boolean (was None)", "Root"],
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def complete(self):
        self.output().exists()

    def run(self):
        write(self)
