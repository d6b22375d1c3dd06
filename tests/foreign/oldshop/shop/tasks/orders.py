import csv
import subprocess
import sys

import luigi

from ..base import ShopTask
from ..config import REGION
from ..targets import JsonLinesTarget


class OrderFile(luigi.ExternalTask):
    """Comes from the tills."""

    day = luigi.DateParameter()

    def output(self):
        return luigi.LocalTarget(self.day.strftime("data/orders/%Y-%m-%d.csv"))


class Orders(ShopTask):
    """The orders of a day, of our region only."""

    resources = {"database": 1}

    def requires(self):
        return OrderFile(self.day)

    def output(self):
        return JsonLinesTarget(self.path("orders.jsonl"))

    def work(self):
        with self.input().open("r") as source:
            rows = [row for row in csv.DictReader(source) if row["region"] == REGION]
        print("%d orders" % len(rows))
        self.output().write(rows)


class Labels(ShopTask):
    """Printed by a script that is older than these jobs."""

    resources = {"printer": 1}
    priority = 10

    def requires(self):
        return self.clone(Orders)

    def output(self):
        return luigi.LocalTarget(self.path("labels.txt"))

    def work(self):
        with self.output().temporary_path() as path:
            subprocess.check_call([sys.executable, "bin/print_labels.py", self.input().path, path])
