"""Houses for the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from houses import House

from trigger_service.domain.admission import Limits
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
