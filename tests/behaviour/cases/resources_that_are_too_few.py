"""A task that needs more of a resource than there is."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs nothing: no task was granted run permission, it says; exits with 0.",
    "reports": "Failed at once: two desks are needed, there is one, so it can never run.",
    "state": "failed",
    "tasks": {"pending": 1},
    "ran": [],
    "error": ["ResourceTooSmall", "needs 2 of the resource desk, of which there is 1", "Root"],
    "plain_face": ":|",
}


class Root(luigi.Task):
    resources = {"desk": 2}

    def output(self):
        return place(self)

    def run(self):
        write(self)
