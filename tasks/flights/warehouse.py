"""The warehouse: a table of delay facts with one partition a day."""

import logging
from datetime import date

import luigi
from pydantic import BaseModel, Field

from targets import open_target
from tasks.flights.facts import DelayFacts
from tasks.flights.settings import warehouse_url

log = logging.getLogger("luigi-interface")


class DelayFactRow(BaseModel):
    """A row of the warehouse; as `records.DelayFact`."""

    day: date
    origin: str = Field(max_length=3)
    dimension: str = Field(max_length=16)
    key: str = Field(max_length=16)
    label: str = Field(max_length=80)
    flights: int
    departed: int
    late: int
    cancelled: int
    arrived: int
    dep_delay_min: int
    arr_delay_min: int


class LoadDay(luigi.Task):
    """One day's facts in the warehouse; rows and marker are committed together, a rerun replaces the day."""

    day = luigi.DateParameter(description="day of departure")

    def requires(self):
        return DelayFacts(day=self.day)

    def output(self):
        return delay_facts(day=self.day)

    def run(self):
        count = self.output().write(fact._asdict() for fact in self.input().read())
        log.info("%s: %d rows in %s", self.day, count, self.output())


def delay_facts(**partition):
    """Give the partition of one day, or the whole table."""
    key = ("day", "origin", "dimension", "key")
    return open_target(f"{warehouse_url()}#delay_facts", model=DelayFactRow, partition=partition, key=key)
