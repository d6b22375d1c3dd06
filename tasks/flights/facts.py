"""Delay facts: what happened on one day, counted by airport and by carrier, hour, weather, destination and so on."""

import logging

import luigi

from tasks.flights.joins import JoinedFlights
from tasks.flights.records import DelayFact, Measures
from tasks.flights.rows import day_target

log = logging.getLogger("luigi-interface")

#: A departure counts as late from this many minutes after its scheduled time.
LATE_MIN = 15
FREEZING_F = 34
LOW_VISIBILITY_MILES = 3
STRONG_WIND_MPH = 20


class DelayFacts(luigi.Task):
    """The measures of one day for each airport, dimension and value."""

    day = luigi.DateParameter(description="day of departure")

    def requires(self):
        return JoinedFlights(day=self.day)

    def output(self):
        return day_target(self.day, "facts", DelayFact)

    def run(self):
        facts = count(self.day, self.input().read())
        self.output().write(facts)
        log.info("%s: %d facts", self.day, len(facts))


def count(day, joined):
    """Give the facts of one day's joined flights, sorted."""
    totals, labels = {}, {}
    for row in joined:
        measured = measures(row)
        for dimension, value_of in DIMENSIONS.items():
            key, label = value_of(row)
            group = (row.origin, dimension, key)
            labels[group] = label
            before = totals.get(group)
            totals[group] = [a + b for a, b in zip(before, measured, strict=True)] if before else measured
    return [
        DelayFact(
            day=day,
            origin=origin,
            dimension=dimension,
            key=key,
            label=labels[origin, dimension, key],
            **dict(zip(Measures._fields, totals[origin, dimension, key], strict=True)),
        )
        for origin, dimension, key in sorted(totals)
    ]


def measures(row):
    """Give what one departure adds to each measure, in the order of `records.Measures`."""
    late = row.departed and row.dep_delay is not None and row.dep_delay >= LATE_MIN
    arrived = row.arr_delay is not None
    return [
        1,
        int(row.departed),
        int(late),
        int(not row.departed),
        int(arrived),
        row.dep_delay or 0,
        row.arr_delay or 0,
    ]


def weather_of(row):
    """Name the weather of the scheduled hour; the first that applies."""
    if row.visib is None:
        return ("unknown", "Not observed")
    if row.precip and row.temp is not None and row.temp <= FREEZING_F:
        return ("freezing", "Snow or freezing rain")
    if row.precip:
        return ("rain", "Rain")
    if row.visib < LOW_VISIBILITY_MILES:
        return ("haze", "Fog or haze")
    if row.wind_speed is not None and row.wind_speed >= STRONG_WIND_MPH:
        return ("wind", "Dry, strong wind")
    return ("fair", "Dry and calm")


def age_of(row):
    """Band the age of the aircraft in years of ten."""
    if row.plane_year is None:
        return ("unknown", "Not known")
    start = max(0, row.day.year - row.plane_year) // 10 * 10
    return (f"{start:02d}", f"{start} to {start + 9} years")


DIMENSIONS = {
    "carrier": lambda row: (row.carrier, row.carrier_name),
    "hour": lambda row: (f"{row.hour:02d}", f"{row.hour}:00"),
    "weather": weather_of,
    "destination": lambda row: (row.dest, row.dest_name),
    "aircraft_age": age_of,
}
