"""The row types of the pipeline. Units are those of the source: minutes, miles, miles per hour, degrees Fahrenheit,
inches. Clock times are local, as whole numbers (517 is 5:17); `time_hour` is the scheduled hour in UTC.
"""

from datetime import date, datetime
from typing import NamedTuple


class Flight(NamedTuple):
    """One departure. One that never left has no dep_time; one that left and was diverted has no arr_delay."""

    year: int
    month: int
    day: int
    dep_time: int | None
    sched_dep_time: int
    dep_delay: int | None
    arr_time: int | None
    sched_arr_time: int
    arr_delay: int | None
    carrier: str
    flight: int
    tailnum: str | None
    origin: str
    dest: str
    air_time: int | None
    distance: int
    hour: int
    minute: int
    time_hour: datetime


class Weather(NamedTuple):
    """One hour's observation at one of the three airports."""

    origin: str
    year: int
    month: int
    day: int
    hour: int
    temp: float | None
    dewp: float | None
    humid: float | None
    wind_dir: int | None
    wind_speed: float | None
    wind_gust: float | None
    precip: float
    pressure: float | None
    visib: float
    time_hour: datetime


class Plane(NamedTuple):
    """One aircraft; `year` is the year it was built."""

    tailnum: str
    year: int | None
    type: str
    manufacturer: str
    model: str
    engines: int
    seats: int
    speed: int | None
    engine: str


class Airport(NamedTuple):
    """One airport; `alt` in feet, `tz` in hours from UTC."""

    faa: str
    name: str
    lat: float
    lon: float
    alt: int
    tz: float
    dst: str
    tzone: str | None


class Airline(NamedTuple):
    """One carrier."""

    carrier: str
    name: str


class Rejection(NamedTuple):
    """A source row that was not taken, and why. `line` counts from 1 and includes the header."""

    line: int
    column: str
    reason: str
    text: str


class JoinedFlight(NamedTuple):
    """A departure with the weather of its scheduled hour, its aircraft and the airport it flies to."""

    day: date
    origin: str
    dest: str
    dest_name: str
    carrier: str
    carrier_name: str
    flight: int
    hour: int
    distance: int
    departed: bool
    dep_delay: int | None
    arr_delay: int | None
    temp: float | None
    wind_speed: float | None
    precip: float | None
    visib: float | None
    tailnum: str | None
    plane_year: int | None
    seats: int | None


class Measures(NamedTuple):
    """What is counted of a group of flights; the delays are sums of minutes, early ones negative."""

    flights: int
    departed: int
    late: int
    cancelled: int
    arrived: int
    dep_delay_min: int
    arr_delay_min: int


class DelayFact(NamedTuple):
    """The measures of one day, airport and value of one dimension."""

    day: date
    origin: str
    dimension: str
    key: str
    label: str
    flights: int
    departed: int
    late: int
    cancelled: int
    arrived: int
    dep_delay_min: int
    arr_delay_min: int


class SummaryRow(NamedTuple):
    """The measures of one month and value of one dimension."""

    dimension: str
    key: str
    label: str
    flights: int
    departed: int
    late: int
    cancelled: int
    arrived: int
    dep_delay_min: int
    arr_delay_min: int
