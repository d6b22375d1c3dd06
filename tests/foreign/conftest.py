import pytest
from product import Up

#: A project that is tested here, with tests of its own; they are run in a copy of it.
collect_ignore = ["oldshop"]


@pytest.fixture
def up():
    """Makes `luigi-trigger up` in a folder. Whatever comes of it, it is ended."""
    made = []

    def make(folder, *arguments, **variables):
        made.append(Up(folder, *arguments, **variables))
        return made[-1]

    try:
        yield make
    finally:
        for each in made:
            each.end()
