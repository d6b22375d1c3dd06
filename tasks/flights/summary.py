"""Monthly summaries, added up in the warehouse."""

import calendar
import logging
from datetime import date, timedelta

import luigi
import sqlalchemy as sa

from targets.rows import RowTarget
from tasks.flights.checks import ORIGINS
from tasks.flights.errors import MonthNotCovered
from tasks.flights.records import Measures, SummaryRow
from tasks.flights.settings import folder
from tasks.flights.warehouse import LoadDay, delay_facts

log = logging.getLogger("luigi-interface")
YEAR = 2013


class MonthSummary(luigi.Task):
    """The measures of one month by each dimension, by day, and by day and hour."""

    month = luigi.MonthParameter(description="month of departure")
    origin = luigi.ChoiceParameter(choices=["all", *ORIGINS], default="all", description="airport, or all three")

    def requires(self):
        return [LoadDay(day=day) for day in days_of(self.month)]

    def output(self):
        return RowTarget(folder("summaries", f"{self.month:%Y-%m}-{self.origin}.csv"), SummaryRow)

    def run(self):
        count = self.output().write(summarize(delay_facts(), self.month, self.origin))
        log.info("%s, %s: %d summary rows", f"{self.month:%Y-%m}", self.origin, count)


def days_of(month: date) -> list[date]:
    """Give the days of a month. Raises MonthNotCovered outside of the year that the data covers."""
    if month.year != YEAR:
        raise MonthNotCovered(month=f"{month:%Y-%m}")
    return [month + timedelta(days=n) for n in range(calendar.monthrange(month.year, month.month)[1])]


def summarize(target, month, origin):
    """Ask the warehouse for the summary rows of a month; `origin` is an airport or `all`."""
    facts = target.table.c
    days = days_of(month)
    ours = [facts.day.between(days[0], days[-1])]
    if origin != "all":
        ours.append(facts.origin == origin)
    sums = [sa.func.sum(facts[name]) for name in Measures._fields]
    by_value = sa.select(facts.dimension, facts.key, sa.func.max(facts.label), *sums).where(*ours)
    by_hour = sa.select(facts.day, facts.key, *sums).where(*ours, facts.dimension == "hour")
    by_day = sa.select(facts.day, *sums).where(*ours, facts.dimension == "hour")
    with target.database.reading() as connection:
        for row in connection.execute(by_value.group_by(facts.dimension, facts.key).order_by("dimension", "key")):
            yield SummaryRow(*row)
        for day, *measures in connection.execute(by_day.group_by(facts.day).order_by("day")):
            yield SummaryRow("day", day.isoformat(), f"{day:%a} {day.day} {day:%B}", *measures)
        for day, hour, *measures in connection.execute(by_hour.group_by(facts.day, facts.key).order_by("day", "key")):
            yield SummaryRow("day_hour", f"{day.isoformat()} {hour}", "", *measures)
