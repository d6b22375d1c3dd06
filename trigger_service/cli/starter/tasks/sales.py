"""From the orders of each day to the sales of some days: three stock Luigi tasks."""

import csv
import datetime
from collections import defaultdict

import luigi


class Orders(luigi.ExternalTask):
    """The orders of a day, as somebody else puts them here."""

    day = luigi.DateParameter(description="the day of the orders")

    def output(self):
        return luigi.LocalTarget(f"orders/{self.day}.csv")


class DayTotals(luigi.Task):
    """What each product brought in on a day."""

    day = luigi.DateParameter(description="the day to add up")

    def requires(self):
        return Orders(self.day)

    def output(self):
        return luigi.LocalTarget(f"results/totals/{self.day}.csv")

    def run(self):
        totals = defaultdict(float)
        with self.input().open() as orders:
            for order in csv.DictReader(orders):
                totals[order["product"]] += int(order["pieces"]) * float(order["price"])
        print(f"{self.day}: {len(totals)} products")
        with self.output().open("w") as file:
            csv.writer(file).writerows(sorted(totals.items()))


class SalesReport(luigi.Task):
    """What each product brought in over some days."""

    first = luigi.DateParameter(default=datetime.date(2024, 5, 1), description="the first day")
    days = luigi.IntParameter(default=3, description="how many days")

    def requires(self):
        return [DayTotals(self.first + datetime.timedelta(number)) for number in range(self.days)]

    def output(self):
        return luigi.LocalTarget(f"results/sales-{self.first}-{self.days}.txt")

    def run(self):
        sales = defaultdict(float)
        for totals in self.input():
            with totals.open() as file:
                for product, amount in csv.reader(file):
                    sales[product] += float(amount)
        with self.output().open("w") as file:
            for product, amount in sorted(sales.items()):
                file.write(f"{product:<10} {amount:>10.2f}\n")
