"""The warehouse: a table of delay facts with one partition a day."""

import logging

import luigi

from targets import open_target
from tasks.flights.facts import DelayFacts
from tasks.flights.records import DelayFact
from tasks.flights.settings import warehouse_url

log = logging.getLogger("luigi-interface")


class LoadDay(luigi.Task):
    """One day's facts in the warehouse; rows and marker are committed together, a rerun replaces the day."""

    day = luigi.DateParameter(description="day of departure")

    def requires(self):
        return DelayFacts(day=self.day)

    def output(self):
        return delay_facts(day=self.day)

    def run(self):
        count = self.output().write(self.input().read_batches())
        log.info("%s: %d rows in %s", self.day, count, self.output())


def delay_facts(**partition):
    """Give the partition of one day, or the whole table."""
    key = ("day", "origin", "dimension", "key")
    return open_target(f"{warehouse_url()}#delay_facts", model=DelayFact, partition=partition, key=key)
