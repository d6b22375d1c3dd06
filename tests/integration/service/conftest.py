"""Houses for the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from houses import House
from receivers import Receiver

from trigger_service.domain.admission import Limits
from trigger_service.domain.files import Inbox
from trigger_service.launchers.inline import Script


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Callable[..., House]]:
    """Makes and starts houses: `house(script, limits=..., complete=...)`."""
    houses: list[House] = []

    def make(
        script: Script = lambda _child: None,
        limits: Limits = Limits(),  # noqa: B008 (frozen)
        complete: Callable[[Any], bool] = lambda _spec: False,
        **more: Any,
    ) -> House:
        houses.append(House(tmp_path, script, limits, complete, **more))
        return houses[-1].start()

    yield make
    for made in houses:
        made.close()


@pytest.fixture
def make(house: Callable[..., House], tmp_path: Path) -> Callable[[], House]:
    """Makes a service with the inboxes `in`, a folder that is there, and `nowhere`, which is not."""
    folder = tmp_path / "in"
    folder.mkdir()

    def made() -> House:
        service = house(inboxes={"in": Inbox(str(folder)), "nowhere": Inbox(str(tmp_path / "nowhere"))})
        service.folder = folder
        return service

    return made


@pytest.fixture
def watcher(make: Callable[[], House]) -> House:
    """A service with such inboxes."""
    return make()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Where messages arrive."""
    with Receiver() as server:
        yield server
