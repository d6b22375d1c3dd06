import pytest
from product import Product


@pytest.fixture(scope="module")
def lasting(tmp_path_factory):
    """A project for all tests of a module, on which `up` is not started yet."""
    made = Product(tmp_path_factory.mktemp("lasting"))
    try:
        yield made
    finally:
        made.end()
