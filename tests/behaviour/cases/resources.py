"""Two tasks that need the only desk, with two workers."""

import luigi

from cases.ledger import note, place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Never runs both at once.",
    "reports": "The same: [resources] of luigi.cfg holds in the luigid of `up` too.",
    "workers": 2,
    "state": "succeeded",
    "tasks": {"done": 3},
    "ran": ["Sits(1)", "Sits(1) stands up", "Sits(2)", "Sits(2) stands up"],
    "in_order": True,
}


class Sits(luigi.Task):
    number = luigi.IntParameter()
    resources = {"desk": 1}

    @property
    def priority(self):
        return 10 - self.number

    def output(self):
        return place(self)

    def run(self):
        write(self)
        note(self, "stands up")


class Root(luigi.WrapperTask):
    def requires(self):
        return [Sits(1), Sits(2)]
