"""Monthly summaries, added up in the warehouse."""

import calendar
import logging
from datetime import date, timedelta

import luigi

from targets import open_target
from tasks.flights.errors import MonthNotCovered
from tasks.flights.records import ORIGINS, Measures, SummaryRow
from tasks.flights.settings import place
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
        return open_target(place("summaries", f"{self.month:%Y-%m}-{self.origin}.csv"), model=SummaryRow)

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
    import sqlalchemy as sa  # noqa: PLC0415 - slow to import, and only whoever asks needs it

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
        for dimension, key, label, *measures in connection.execute(
            by_value.group_by(facts.dimension, facts.key).order_by("dimension", "key")
        ):
            yield summary_row(dimension, key, label, measures)
        for day, *measures in connection.execute(by_day.group_by(facts.day).order_by("day")):
            yield summary_row("day", day.isoformat(), f"{day:%a} {day.day} {day:%B}", measures)
        for day, hour, *measures in connection.execute(by_hour.group_by(facts.day, facts.key).order_by("day", "key")):
            yield summary_row("day_hour", f"{day.isoformat()} {hour}", "", measures)


def summary_row(dimension, key, label, measures):
    """Make a row; `measures` are in the order of `records.Measures`."""
    named = dict(zip(Measures._fields, measures, strict=True))
    return SummaryRow(dimension=dimension, key=key, label=label, **named)
