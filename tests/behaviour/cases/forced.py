"""The usual pattern to force a task: remove the output when it is made with force."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs it again, though its output is there.",
    "reports": "The same.",
    "parameters": {"force": True},
    "before": {"out": "from before"},
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": ["Root(True)"],
}


class Root(luigi.Task):
    force = luigi.BoolParameter(default=False, significant=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.force and self.output().exists():
            self.output().remove()

    def output(self):
        return place(self, "out")

    def run(self):
        write(self, "out")
