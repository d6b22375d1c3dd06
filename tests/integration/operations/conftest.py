import pytest
from town import Town


@pytest.fixture(scope="session")
def town(tmp_path_factory):
    """One service for all tests; each test has targets with a name of its own."""
    made = Town(tmp_path_factory.mktemp("town"))
    try:
        yield made.start()
    finally:
        made.end()
