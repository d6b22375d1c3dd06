"""The records of the pipeline, with the limits of what is plausible. Units are those of the source: minutes, miles,
miles per hour, degrees Fahrenheit, inches. Clock times are local, as whole numbers (517 is 5:17); `time_hour` is the
scheduled hour in UTC.
"""

from datetime import date, datetime
from typing import Annotated, Literal, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, Field

Origin = Literal["EWR", "JFK", "LGA"]
ORIGINS = get_args(Origin)
Hour = Annotated[int, Field(ge=0, le=23)]


class Record(BaseModel):
    """What all records have in common: they are built when they are first used, so that importing stays cheap."""

    model_config = ConfigDict(defer_build=True)


class Flight(Record):
    """One departure. One that never left has no dep_time; one that left and was diverted has no arr_delay."""

    year: int
    month: int
    day: int
    dep_time: Annotated[int, Field(ge=1, le=2400)] | None
    sched_dep_time: int
    dep_delay: int | None
    arr_time: int | None
    sched_arr_time: int
    arr_delay: int | None
    carrier: str
    flight: int
    tailnum: str | None
    origin: Origin
    dest: str
    air_time: int | None
    distance: Annotated[int, Field(ge=1, le=12_000)]
    hour: Hour
    minute: Annotated[int, Field(ge=0, le=59)]
    time_hour: datetime


class Weather(Record):
    """One hour's observation at one of the three airports."""

    origin: Origin
    year: int
    month: int
    day: int
    hour: Hour
    temp: Annotated[float, Field(ge=-80, le=140)] | None
    dewp: float | None
    humid: Annotated[float, Field(ge=0, le=100)] | None
    wind_dir: int | None
    wind_speed: Annotated[float, Field(ge=0, le=200)] | None
    wind_gust: float | None
    precip: Annotated[float, Field(ge=0, le=20)]
    pressure: float | None
    visib: float
    time_hour: datetime


class Plane(Record):
    """One aircraft; `year` is the year it was built."""

    tailnum: str
    year: Annotated[int, Field(ge=1903, le=2013)] | None
    type: str
    manufacturer: str
    model: str
    engines: Annotated[int, Field(ge=1, le=8)]
    seats: Annotated[int, Field(ge=1, le=900)]
    speed: int | None
    engine: str


class Airport(Record):
    """One airport; `alt` in feet, `tz` in hours from UTC."""

    faa: str
    name: str
    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    alt: int
    tz: float
    dst: str
    tzone: str | None


class Airline(Record):
    """One carrier."""

    carrier: str
    name: str


class JoinedFlight(Record):
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


class DelayFact(Record):
    """The measures of one day, airport and value of one dimension."""

    day: date
    origin: Origin
    dimension: Annotated[str, Field(max_length=16)]
    key: Annotated[str, Field(max_length=16)]
    label: Annotated[str, Field(max_length=80)]
    flights: int
    departed: int
    late: int
    cancelled: int
    arrived: int
    dep_delay_min: int
    arr_delay_min: int


class SummaryRow(Record):
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

    @property
    def measures(self) -> Measures:
        """The measures alone."""
        return Measures(*(getattr(self, name) for name in Measures._fields))
