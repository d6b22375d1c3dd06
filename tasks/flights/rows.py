"""Typed rows: of the large tables by month and by day, of the reference tables whole; rejected rows are kept beside."""

import logging

import luigi

from targets import open_target
from targets.rejects import Reject
from tasks.flights import records
from tasks.flights.settings import flights, place
from tasks.flights.source import DATE_COLUMNS, MonthSlice, RawTable

log = logging.getLogger("luigi-interface")

#: What stands in the source for a value that is not known.
MISSING = "NA"
#: Share of a table's rows that may be rejected; with more of them the table is not what it was.
MOST_REJECTED = 0.01
MODELS = {
    "airlines": records.Airline,
    "airports": records.Airport,
    "planes": records.Plane,
    "flights": records.Flight,
    "weather": records.Weather,
}


def rows_target(model, *parts):
    """Give the target of rows of `model`; the last of `parts`, below the root, is its name without a suffix."""
    return open_target(f"{place(*parts)}.{flights().rows}", model=model)


def day_target(day, name, model):
    """Give the target of the rows called `name` of one day."""
    return rows_target(model, "days", f"{day:%Y-%m-%d}", name)


class TypedRows:
    """Writes the rows of the input, a raw table, that are as they should be, and the others with the reason."""

    def output(self):
        return {
            "rows": rows_target(MODELS[self.table], "typed", self.name),
            "rejected": open_target(place("typed", f"{self.name}.rejected.jsonl"), model=Reject),
        }

    def run(self):
        raw = open_target(self.input().url, model=MODELS[self.table], missing=MISSING)
        outputs = self.output()
        count = raw.convert(outputs["rows"], rejects=outputs["rejected"], threshold=MOST_REJECTED)
        rejected = sum(1 for _ in outputs["rejected"].read())
        if rejected:
            log.warning("%s: %d rows rejected, see %s", self, rejected, outputs["rejected"].url)
        log.info("%s: %d rows", self, count)


class ReferenceRows(TypedRows, luigi.Task):
    """A table that does not change from day to day as typed rows."""

    table = luigi.ChoiceParameter(choices=sorted({*MODELS} - {*DATE_COLUMNS}), description="name of the table")

    @property
    def name(self):
        return self.table

    def requires(self):
        return RawTable(table=self.table)


class MonthRows(TypedRows, luigi.Task):
    """One month of a large table as typed rows."""

    table = luigi.ChoiceParameter(choices=sorted(DATE_COLUMNS), description="name of the table")
    month = luigi.MonthParameter(description="month whose rows are taken")

    @property
    def name(self):
        return f"{self.table}-{self.month:%Y-%m}"

    def requires(self):
        return MonthSlice(table=self.table, month=self.month)


class DayRows:
    """The rows of one day of a large table."""

    def requires(self):
        return MonthRows(table=self.table, month=self.day.replace(day=1))

    def output(self):
        return day_target(self.day, self.table, MODELS[self.table])

    def run(self):
        count = self.output().write_batches(self.input()["rows"].find_batches("day", [self.day.day]))
        log.info("%s: %d rows", self, count)


class FlightRows(DayRows, luigi.Task):
    """The departures of one day as typed rows."""

    day = luigi.DateParameter(description="day of departure")
    table = "flights"


class WeatherRows(DayRows, luigi.Task):
    """The hourly weather of one day as typed rows."""

    day = luigi.DateParameter(description="day of the observations")
    table = "weather"
