"""Typed rows: by day for flights and weather, whole for the reference tables; rejected rows are kept beside."""

import logging

import luigi

from targets.rows import RowTarget
from tasks.flights import records
from tasks.flights.checks import accepted
from tasks.flights.settings import flights, folder
from tasks.flights.source import DATE_COLUMNS, MonthSlice, RawTable

log = logging.getLogger("luigi-interface")


def day_target(day, name, row_type):
    """Give the target of the rows called `name` of one day."""
    return RowTarget(folder("days", f"{day:%Y-%m-%d}", f"{name}.{flights().rows}"), row_type)


class TypedRows:
    """Writes the rows of `numbered_lines()` that are as they should be, and the others with the reason."""

    def run(self):
        rejections = []
        rows = list(accepted(self.numbered_lines(), self.row_type, rejections.append))
        targets = self.output()
        targets["rejected"].write(rejections)
        targets["rows"].write(rows)
        if rejections:
            log.warning("%s: %d rows rejected, see %s", self, len(rejections), targets["rejected"].path)
        log.info("%s: %d rows", self, len(rows))


class DayRows(TypedRows):
    """The rows of one day of a table that is split by month."""

    def requires(self):
        return MonthSlice(table=self.table, month=self.day.replace(day=1))

    def output(self):
        rejected = folder("days", f"{self.day:%Y-%m-%d}", f"{self.table}.rejected.jsonl")
        return {
            "rows": day_target(self.day, self.table, self.row_type),
            "rejected": RowTarget(rejected, records.Rejection),
        }

    def numbered_lines(self):
        """Give our day's lines of the month with their numbers."""
        first = DATE_COLUMNS[self.table]
        ours = [str(part).encode() for part in (self.day.year, self.day.month, self.day.day)]
        date = b",".join(ours)
        with self.input().open("r") as lines:
            for number, line in enumerate(lines, start=1):
                if date in line and line.split(b",", first + 3)[first : first + 3] == ours:
                    yield number, line.decode("utf-8", errors="replace").rstrip("\r\n")


class FlightRows(DayRows, luigi.Task):
    """The departures of one day as typed rows."""

    day = luigi.DateParameter(description="day of departure")
    table = "flights"
    row_type = records.Flight


class WeatherRows(DayRows, luigi.Task):
    """The hourly weather of one day as typed rows."""

    day = luigi.DateParameter(description="day of the observations")
    table = "weather"
    row_type = records.Weather


class ReferenceRows(TypedRows, luigi.Task):
    """A table that does not change from day to day as typed rows."""

    ROW_TYPES = {"airlines": records.Airline, "airports": records.Airport, "planes": records.Plane}  # noqa: RUF012

    table = luigi.ChoiceParameter(choices=sorted(ROW_TYPES), description="name of the table")

    @property
    def row_type(self):
        return self.ROW_TYPES[self.table]

    def requires(self):
        return RawTable(table=self.table)

    def output(self):
        return {
            "rows": RowTarget(folder("reference", f"{self.table}.{flights().rows}"), self.row_type),
            "rejected": RowTarget(folder("reference", f"{self.table}.rejected.jsonl"), records.Rejection),
        }

    def numbered_lines(self):
        """Give all lines but the header with their numbers."""
        with self.input().open("r") as lines:
            lines.readline()
            for number, line in enumerate(lines, start=2):
                yield number, line.decode("utf-8", errors="replace").rstrip("\r\n")
