"""A stage that ends by itself where the test went well, and is cleared whatever happened."""

import pytest
from fault_stage import SECTIONS, Stage
from interpreters import small_interpreter


@pytest.fixture
def stage(tmp_path, request):
    """Makes stages; none is started yet."""
    made = []

    def make(**options):
        folder = tmp_path / f"stage{len(made)}"
        folder.mkdir()
        made.append(Stage(folder, **options))
        return made[-1]

    yield make
    try:
        for one in made:
            one.down()
    finally:
        for one in made:
            one.clear()


@pytest.fixture(scope="module")
def lasting(tmp_path_factory):
    """One stage for all tests of a module."""
    made = Stage(tmp_path_factory.mktemp("stage"))
    try:
        yield made
        made.down()
    finally:
        made.clear()


@pytest.fixture
def busy(lasting):
    """The lasting stage, ready for one more test."""
    return lasting.ready()


@pytest.fixture
def places(tmp_path):
    """Sections of luigi.cfg for a stage of four places: two locations, two environments."""
    folder = tmp_path / "other"
    folder.mkdir()
    return SECTIONS.format(python=small_interpreter(tmp_path / "venv", "sqlalchemy"), folder=folder)
