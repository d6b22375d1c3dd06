"""Departures from New York in 2013: from an archive to a warehouse and monthly reports.

    luigi --module tasks.flights FlightsReport --month 2013-01 --local-scheduler

Each task is stock Luigi. The section `[flights]` of luigi.cfg (see `settings`) says where the data lives.
"""

from tasks.flights.report import FlightsReport
from tasks.flights.year import FlightsYear

__all__ = ["FlightsReport", "FlightsYear"]
