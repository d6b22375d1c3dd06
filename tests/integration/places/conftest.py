import pytest
from settlements import Settlement, small_interpreter


@pytest.fixture(scope="module")
def settlement(tmp_path_factory):
    """Two locations and two environments, running: for tests that leave them as they found them."""
    folder = tmp_path_factory.mktemp("settlement")
    made = Settlement(folder, small_interpreter(tmp_path_factory.mktemp("venv") / "small"))
    try:
        yield made.start()
    finally:
        made.end()
