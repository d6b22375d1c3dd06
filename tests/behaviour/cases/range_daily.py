"""RangeDaily over a task, one day of which is there from before."""

import datetime

import luigi
from luigi.tools.range import RangeDaily

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs the days that are missing.",
    "reports": "The same.",
    "before": {"Day(2013-01-02)": "from before"},
    "state": "succeeded",
    "tasks": {"done": 4},
    "ran": ["Day(2013-01-01)", "Day(2013-01-03)"],
}


class Day(luigi.Task):
    date = luigi.DateParameter()

    def output(self):
        return place(self)

    def run(self):
        write(self)


class Root(luigi.WrapperTask):
    def requires(self):
        days = {"start": datetime.date(2013, 1, 1), "stop": datetime.date(2013, 1, 4)}
        return RangeDaily(of=Day, days_back=100_000, **days)
