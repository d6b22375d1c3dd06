"""luigi.util.inherits and luigi.util.requires."""

import luigi
from luigi.util import inherits, requires

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Hands parameters from task to task.",
    "reports": "The same; the root's form has the parameters that it inherits.",
    "parameters": {"month": "2013-02", "size": 3},
    "state": "succeeded",
    "tasks": {"done": 3},
    "ran": ["Aggregate(2013-02,2)", "Load(2013-02)", "Root(2013-02,3)"],
}


class Load(luigi.Task):
    month = luigi.MonthParameter()

    def output(self):
        return place(self)

    def run(self):
        write(self)


@requires(Load)
class Aggregate(luigi.Task):
    size = luigi.IntParameter()

    def output(self):
        return place(self)

    def run(self):
        write(self)


@inherits(Aggregate)
class Root(luigi.Task):
    def requires(self):
        return self.clone(Aggregate, size=2)

    def output(self):
        return place(self)

    def run(self):
        write(self)
