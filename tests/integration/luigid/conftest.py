"""A bench for the tests of luigid."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from luigids import Bench, Luigid

from trigger_service.service.central import Central


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A fresh folder; every process started in it ends with the test."""
    with ExitStack() as processes:
        yield Bench(tmp_path, processes)


@pytest.fixture
def central() -> Callable[[Luigid], Central]:
    """The service's end of the wire to a luigid."""
    return lambda luigid: Central(lambda: luigid.url)
