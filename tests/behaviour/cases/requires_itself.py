"""A task that requires itself."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs nothing: no task was granted run permission, it says; exits with 0.",
    "reports": "Failed: it needs itself.",
    "state": "failed",
    "tasks": {"pending": 1},
    "ran": [],
    "error": ["CircularRequirements", "Root__99914b932b needs cases.requires_itself.Root__99914b932b", "Root"],
    "plain_face": ":|",
}


class Root(luigi.Task):
    def requires(self):
        return Root()

    def output(self):
        return place(self)

    def run(self):
        write(self)
