"""The warehouse: a table of delay facts with one partition a day."""

import logging

import luigi
import sqlalchemy as sa

from targets.sql import SqlPartitionTarget
from tasks.flights.facts import DelayFacts
from tasks.flights.settings import warehouse_url

log = logging.getLogger("luigi-interface")

DELAY_FACTS = sa.Table(
    "delay_facts",
    sa.MetaData(),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("origin", sa.String(3), primary_key=True),
    sa.Column("dimension", sa.String(16), primary_key=True),
    sa.Column("key", sa.String(16), primary_key=True),
    sa.Column("label", sa.String(80), nullable=False),
    sa.Column("flights", sa.Integer, nullable=False),
    sa.Column("departed", sa.Integer, nullable=False),
    sa.Column("late", sa.Integer, nullable=False),
    sa.Column("cancelled", sa.Integer, nullable=False),
    sa.Column("arrived", sa.Integer, nullable=False),
    sa.Column("dep_delay_min", sa.Integer, nullable=False),
    sa.Column("arr_delay_min", sa.Integer, nullable=False),
)


class LoadDay(luigi.Task):
    """One day's facts in the warehouse; rows and marker are committed together, a rerun replaces the day."""

    day = luigi.DateParameter(description="day of departure")

    def requires(self):
        return DelayFacts(day=self.day)

    def output(self):
        return SqlPartitionTarget(warehouse_url(), DELAY_FACTS, "day", self.day)

    def run(self):
        count = self.output().replace(fact._asdict() for fact in self.input().read())
        log.info("%s: %d rows in %s", self.day, count, DELAY_FACTS.name)
