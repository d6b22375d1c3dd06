"""output() that raises."""

import luigi

from cases.ledger import write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Does not run it; exits with 0.",
    "reports": "Failed: complete() of the root raised, as it asks output().",
    "state": "failed",
    "tasks": {"unknown": 1},
    "ran": [],
    "error": ["CompleteFailed", "NameError: no name for it", "Root"],
}


class Root(luigi.Task):
    def output(self):
        raise NameError("no name for it")

    def run(self):
        write(self)
