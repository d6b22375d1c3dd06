"""Each departure with the weather of its hour, its aircraft, its carrier and its destination."""

import logging
from datetime import date

import luigi

from tasks.flights.records import JoinedFlight
from tasks.flights.rows import FlightRows, ReferenceRows, WeatherRows, day_target

log = logging.getLogger("luigi-interface")


class JoinedFlights(luigi.Task):
    """The departures of one day, joined. Where the weather or the aircraft is not known, its columns are empty."""

    day = luigi.DateParameter(description="day of departure")

    def requires(self):
        return {
            "flights": FlightRows(day=self.day),
            "weather": WeatherRows(day=self.day),
            **{table: ReferenceRows(table=table) for table in ("planes", "airports", "airlines")},
        }

    def output(self):
        return day_target(self.day, "joined", JoinedFlight)

    def run(self):
        flights = list(self.rows("flights").read())
        weather = {(row.origin, row.time_hour): row for row in self.rows("weather").read()}
        planes = {row.tailnum: row for row in self.rows("planes").find("tailnum", {row.tailnum for row in flights})}
        airports = {row.faa: row.name for row in self.rows("airports").find("faa", {row.dest for row in flights})}
        airlines = {row.carrier: row.name for row in self.rows("airlines").read()}
        joined = [
            join(flight, weather.get((flight.origin, flight.time_hour)), planes.get(flight.tailnum), airports, airlines)
            for flight in flights
        ]
        self.output().write(joined)
        log.info(
            "%s: %d departures, %d without weather, %d without aircraft",
            self.day,
            len(joined),
            sum(row.visib is None for row in joined),
            sum(row.seats is None for row in joined),
        )

    def rows(self, name):
        """Give the target that holds the rows of one input; a reference table has its rejects beside them."""
        found = self.input()[name]
        return found["rows"] if isinstance(found, dict) else found


def join(flight, weather, plane, airports, airlines):
    """Make one joined row; `weather` and `plane` may be None, `airports` and `airlines` map codes to names."""
    return JoinedFlight(
        day=date(flight.year, flight.month, flight.day),
        origin=flight.origin,
        dest=flight.dest,
        dest_name=airports.get(flight.dest, flight.dest),
        carrier=flight.carrier,
        carrier_name=airlines.get(flight.carrier, flight.carrier),
        flight=flight.flight,
        hour=flight.hour,
        distance=flight.distance,
        departed=flight.dep_time is not None,
        dep_delay=flight.dep_delay,
        arr_delay=flight.arr_delay,
        temp=weather and weather.temp,
        wind_speed=weather and weather.wind_speed,
        precip=weather and weather.precip,
        visib=weather and weather.visib,
        tailnum=flight.tailnum,
        plane_year=plane and plane.year,
        seats=plane and plane.seats,
    )
