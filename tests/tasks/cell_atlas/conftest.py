"""The real matrix, and a drop that is filled from it."""

import pytest
from atlas_wheel import cached_wheel

from tasks.cell_atlas import source
from tasks.cell_atlas.faults import FAULTS
from tasks.cell_atlas.generator import generate


@pytest.fixture(scope="session")
def wheel():
    """The real wheel."""
    return cached_wheel()


@pytest.fixture(scope="session")
def found(wheel):
    """The real matrix and what is known of its cells."""
    return source.read(wheel)


@pytest.fixture(scope="session")
def drop(found, tmp_path_factory):
    """A drop with four good submissions and one of each fault; only to be read."""
    folder = tmp_path_factory.mktemp("drop")
    generate(found, str(folder), submissions=4, faulty=list(FAULTS))
    return folder
