"""A task without run(), which is not an external one."""

import luigi

from cases.ledger import place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Says :).",
    "reports": "Failed: the task says done, but its output does not exist.",
    "state": "failed",
    "tasks": {"done": 1},
    "ran": [],
    "error": ["OutputMissing", "the task says done, but no_run/Root does not exist", "Root"],
    "plain_face": ":)",
}


class Root(luigi.Task):
    def output(self):
        return place(self)
