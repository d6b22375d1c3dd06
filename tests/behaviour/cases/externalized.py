"""luigi.task.externalize: a task of which only the output is wanted."""

import luigi
from luigi.task import externalize

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Takes it for external data.",
    "reports": "Failed: external data is missing.",
    "state": "failed",
    "tasks": {"pending": 2},
    "ran": [],
    "error": ["MissingExternal", "externalized/Heavy does not exist", "Heavy"],
    "plain_face": ":|",
    "then": [
        {
            "before": {"Heavy": "made elsewhere"},
            "state": "succeeded",
            "tasks": {"complete": 1, "done": 1},
            "ran": ["Root"],
            "error": None,
            "plain_face": ":)",
        }
    ],
}


class Heavy(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        write(self)


class Root(luigi.Task):
    def requires(self):
        return externalize(Heavy())

    def output(self):
        return place(self)

    def run(self):
        write(self)
