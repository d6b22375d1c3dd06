"""process_resources() that raises."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Ends with a traceback, exits with 4.",
    "reports": "Failed: what was raised, for which task.",
    "state": "failed",
    "tasks": {},
    "ran": [],
    "error": ["ArithmeticError", "no idea", "Root"],
    "plain_tasks": {},
    "plain_exit": 4,
    "plain_face": None,
}


class Root(luigi.Task):
    def process_resources(self):
        raise ArithmeticError("no idea")

    def output(self):
        return place(self)

    def run(self):
        write(self)
