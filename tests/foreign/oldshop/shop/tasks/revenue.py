import os
import sys

import luigi
from luigi.util import inherits, requires

from shop.base import ShopTask
from shop.config import PROGRAM, SETTINGS, VAT
from shop.tasks.orders import Orders

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "lib"))

import money


@requires(Orders)
class Revenue(ShopTask):
    currency = luigi.Parameter(default=SETTINGS.currency)
    gross = luigi.BoolParameter()

    def output(self):
        return luigi.LocalTarget(self.path("revenue-%s.txt" % ("gross" if self.gross else "net")))

    def work(self):
        total = sum(money.cents(row["price"]) for row in self.input().read())
        if self.gross:
            total = money.with_tax(total, VAT)
        with self.output().open("w") as sink:
            sink.write("%s %s\n" % (money.show(total), self.currency))


@inherits(Revenue)
class RegionReport(luigi.Task):
    title = luigi.Parameter(default="Report")

    def requires(self):
        return {"net": self.clone(Revenue, gross=False), "gross": self.clone(Revenue, gross=True)}

    def output(self):
        return luigi.LocalTarget(os.path.join(SETTINGS.root, "report-%s.txt" % self.day))

    def run(self):
        with open("templates/report.txt") as template:
            text = template.read()
        values = {name: target.open().read().strip() for name, target in self.input().items()}
        with self.output().open("w") as sink:
            sink.write(text.format(title=self.title, program=PROGRAM, contact=SETTINGS.contact, **values))
