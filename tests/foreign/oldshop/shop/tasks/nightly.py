import datetime

import luigi

from shop.base import ShopTask
from shop.config import ROOT
from shop.targets import MarkTarget
from shop.tasks.orders import Labels
from shop.tasks.revenue import RegionReport


class Nightly(luigi.WrapperTask):
    """Everything that has to be there in the morning."""

    day = luigi.DateParameter()
    days = luigi.IntParameter(default=2)

    def requires(self):
        for back in range(self.days):
            yield Closing(day=self.day - datetime.timedelta(days=back))


class Closing(ShopTask):
    """Closes a day; what that takes is only known when it runs."""

    def output(self):
        return MarkTarget(ROOT, str(self.day))

    def work(self):
        pass

    def run(self):
        report, labels = yield RegionReport(day=self.day), Labels(day=self.day)
        self.logger.warning("closing with %d characters", len(report.open().read() + labels.open().read()))
        self.set_status_message("closed")
        self.output().touch()


class Broken(ShopTask):
    """Has been failing since the tills were replaced."""

    def output(self):
        return luigi.LocalTarget(self.path("never"))

    def work(self):
        raise ValueError("no tape in till %d" % 7)


if __name__ == "__main__":
    luigi.run()
