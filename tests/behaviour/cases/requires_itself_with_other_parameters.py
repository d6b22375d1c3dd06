"""A task that requires itself with other parameters."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs the earlier days first.",
    "reports": "Each day is a task of its own.",
    "root": "Day",
    "parameters": {"date": "2013-01-03"},
    "state": "succeeded",
    "tasks": {"done": 3},
    "ran": ["Day(2013-01-01)", "Day(2013-01-02)", "Day(2013-01-03)"],
    "in_order": True,
}


class Day(luigi.Task):
    date = luigi.DateParameter()

    def requires(self):
        return [self.clone(date=self.date.replace(day=self.date.day - 1))] if self.date.day > 1 else []

    def output(self):
        return place(self)

    def run(self):
        write(self)
