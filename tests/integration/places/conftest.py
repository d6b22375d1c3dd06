import pytest
from interpreters import small_interpreter
from settlements import Settlement


@pytest.fixture(scope="session")
def settlement(tmp_path_factory):
    """Two locations and two environments, running: for tests that leave them as they found them."""
    folder = tmp_path_factory.mktemp("settlement")
    made = Settlement(folder, small_interpreter(tmp_path_factory.mktemp("venv") / "small"))
    try:
        yield made.start()
    finally:
        made.end()
