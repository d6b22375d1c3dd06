"""A module that run() imports, and that does not exist."""

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Fails the task; exits with 0.",
    "reports": "Failed: which module.",
    "state": "failed",
    "tasks": {"failed": 1},
    "ran": ["Root"],
    "error": ["TaskFailed", "ModuleNotFoundError: No module named 'cases.nowhere'", "Root"],
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        import cases.nowhere

        print(cases.nowhere)
