"""The report of a whole year, with the report of each of its months."""

from datetime import date
from pathlib import PurePosixPath

import luigi

from targets import open_target
from tasks.flights.figures import Summary
from tasks.flights.progress import report_progress
from tasks.flights.report import FlightsReport, ReportOptions
from tasks.flights.settings import place
from tasks.flights.summary import MonthSummary, days_of


class FlightsYear(ReportOptions, luigi.Task):
    """Delays of a year's departures from New York: a page for the year, and one for each month."""

    year = luigi.IntParameter(default=2013, description="year of departure; the data is of 2013")

    def requires(self):
        days_of(self.months[0])  # raises MonthNotCovered
        return {
            "summaries": [MonthSummary(month=month, origin=self.origin) for month in self.months],
            "reports": [FlightsReport(month=month, **self.options) for month in self.months],
        }

    @property
    def months(self):
        """The first day of each month."""
        return [date(self.year, month, 1) for month in range(1, 13)]

    def output(self):
        return open_target(place("reports", f"{self.year}-{self.variant}.html"), format="text")

    def run(self):
        rows = {
            month: list(target.read()) for month, target in zip(self.months, self.input()["summaries"], strict=True)
        }
        report_progress(self, f"Drawing {self.year}", 50)
        self.write_page(lambda: self.page(rows))

    def page(self, rows):
        """Draw the page from the summary rows of each month."""
        from tasks.flights.year_page import year_page  # noqa: PLC0415

        reports = zip(self.months, self.input()["reports"], strict=True)
        return year_page(
            {month: Summary.of(of_month) for month, of_month in rows.items()},
            Summary.of(row for of_month in rows.values() for row in of_month),
            {month: PurePosixPath(report.url).name for month, report in reports},
            **self.options,
        )
