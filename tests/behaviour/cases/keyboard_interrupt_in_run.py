"""A KeyboardInterrupt that run() raises itself."""

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Dies by SIGINT, as if a person had pressed Ctrl-C.",
    "reports": "Failed: interrupted, and not by this service.",
    "state": "failed",
    "tasks": {"failed": 1},
    "ran": ["Root"],
    "error": ["Interrupted", "interrupted", "Root"],
    "plain_exit": -2,
    "plain_tasks": {"running": 1},
    "plain_face": None,
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        raise KeyboardInterrupt
