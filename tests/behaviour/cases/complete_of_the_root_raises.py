"""complete() of the root that raises."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs nothing; exits with 0.",
    "reports": "Failed: complete() of the root raised, and what.",
    "state": "failed",
    "tasks": {"unknown": 1},
    "ran": [],
    "error": ["CompleteFailed", "PermissionError: not yours", "Root"],
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def complete(self):
        raise PermissionError("not yours")

    def run(self):
        write(self)
