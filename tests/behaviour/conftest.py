import pytest
from both_ways import Bench


@pytest.fixture(scope="session")
def bench(tmp_path_factory):
    """A service that offers all cases, and plain luigi on the same modules."""
    made = Bench(tmp_path_factory.mktemp("behaviour"))
    try:
        made.start()
        yield made
    finally:
        made.end()
