"""The monthly report: the root of the pipeline."""

import logging
import operator

import luigi

from targets import open_target
from targets.errors import ExtraMissing
from tasks.flights.figures import Summary
from tasks.flights.progress import report_progress
from tasks.flights.records import ORIGINS
from tasks.flights.settings import place
from tasks.flights.summary import MonthSummary

log = logging.getLogger("luigi-interface")


class ReportOptions:
    """What can be chosen for a report, of a month or of a year."""

    origin = luigi.ChoiceParameter(
        choices=["all", *ORIGINS], default="all", description="airport of departure, or all three"
    )
    top_carriers = luigi.NumericalParameter(
        var_type=int,
        min_value=1,
        max_value=16,
        left_op=operator.le,
        right_op=operator.le,
        default=10,
        description="how many carriers to compare, those with most flights first (1 to 16)",
    )
    with_weather = luigi.BoolParameter(
        default=True,
        parsing=luigi.BoolParameter.EXPLICIT_PARSING,
        description="whether the report has a section on the weather",
    )

    @property
    def options(self):
        """The options by name, to hand on."""
        return {"origin": self.origin, "top_carriers": self.top_carriers, "with_weather": self.with_weather}

    @property
    def variant(self):
        """The options as a part of a file name."""
        return f"{self.origin}-top{self.top_carriers}{'' if self.with_weather else '-no-weather'}"

    def write_page(self, make_page):
        """Write what `make_page` gives. Raises ExtraMissing where matplotlib is not installed."""
        try:
            html = make_page()
        except ModuleNotFoundError as error:
            if error.name != "matplotlib":
                raise
            raise ExtraMissing(url=self.output().url, package="matplotlib", extra="plots") from None
        with self.output().open("w") as file:
            file.write(html)
        report_progress(self, f"The report is {self.output().url}", 100)


class FlightsReport(ReportOptions, luigi.Task):
    """Delays of one month's departures from New York, as one self-contained HTML page with plots."""

    month = luigi.MonthParameter(description="month of departure, 2013-01 to 2013-12")

    def requires(self):
        return MonthSummary(month=self.month, origin=self.origin)

    def output(self):
        return open_target(place("reports", f"{self.month:%Y-%m}-{self.variant}.html"), format="text")

    def run(self):
        summary = Summary.of(self.input().read())
        report_progress(self, f"Drawing {self.month:%B %Y}", 50)
        self.write_page(lambda: self.page(summary))

    def page(self, summary):
        """Draw the page; matplotlib is loaded here, so that importing this module stays cheap."""
        from tasks.flights.month_page import month_page  # noqa: PLC0415

        return month_page(summary, self.month, **self.options)
