import pytest
from served import service


@pytest.fixture
def served(tmp_path):
    with service(tmp_path / "home") as running:
        yield running


@pytest.fixture
def http(served):
    """Requests without a socket."""
    return served.app.test_client()
