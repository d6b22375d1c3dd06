"""requires() that gives a target."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Ends with a traceback from its inside, exits with 4.",
    "reports": "Failed: targets belong into an ExternalTask, says Luigi.",
    "state": "failed",
    "tasks": {},
    "ran": [],
    "error": ["Exception", "requires() can not return Target objects. Wrap it in an ExternalTask class", "Root"],
    "plain_tasks": {},
    "plain_exit": 4,
    "plain_face": None,
}


class Root(luigi.Task):
    def requires(self):
        return place(self, "data.csv")

    def output(self):
        return place(self)

    def run(self):
        write(self)
