"""The page of what the service is and goes by: version, what is kept and how large that is, where things are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from flask import Blueprint, request
from werkzeug.wrappers import Response

from trigger_service.domain.place import Place
from trigger_service.domain.retention import Keep, Pruning
from trigger_service.web.pages.page import page
from trigger_service.web.pages.words import number
from trigger_service.web.services import About, Services

PATH = "/settings"
ENTRY = "settings"


@dataclass(frozen=True)
class Limit:
    """One limit of what is kept."""

    name: str
    #: The key of [retention] in luigi.cfg.
    key: str
    #: In words.
    most: str
    #: How much there is, and the limit, in the same unit; None where nobody counts, or there is no limit.
    now: float | None = None
    of: float | None = None

    @property
    def percent(self) -> int | None:
        """How much of it is taken."""
        return None if self.now is None or not self.of else min(100, round(100 * self.now / self.of))


class Shown:
    """What the page shows."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @property
    def about(self) -> About:
        """What the service says of itself."""
        return self._services.about

    @property
    def url(self) -> str:
        """Where the reader has reached it."""
        return request.host_url

    @property
    def keep(self) -> Keep:
        """What is kept."""
        return self._services.housekeeper.keep

    @property
    def last(self) -> Pruning | None:
        """The last look at the past; None before the first."""
        return self._services.housekeeper.last

    @property
    def freed(self) -> tuple[int, int]:
        """Since the start of the service: runs that went, and the bytes that they gave back."""
        return sum(self._services.housekeeper.runs.values()), self._services.housekeeper.freed

    @property
    def limits(self) -> Iterator[Limit]:
        """Those of [retention]."""
        keep, last = self.keep, self.last
        taken = None if last is None else last.database + last.folders
        yield Limit("Age of a run", "days", _days(keep.days))
        runs = number(keep.runs) if keep.runs else "no limit"
        yield Limit("Runs", "runs", runs, None if last is None else last.kept, keep.runs)
        yield Limit("Runs of a pipeline", "runs_per_pipeline", f"{keep.runs_per_pipeline or 'no limit'}")
        for name, most in keep.pipelines.items():
            yield Limit(f"Runs of {name}", "pipelines", f"{most or 'no limit'}")
        yield Limit("Room on the disk", "size", _gib(keep.size) if keep.size else "no limit", taken, keep.size)
        yield Limit("Targets in the trash", "trash_days", _days(keep.trash_days))

    @cached_property
    def places(self) -> list[tuple[str, str, str]]:
        """Of each place: its name, the address of its luigid, and where its visualizer is shown."""
        urls: Mapping[str, str] = self.about.luigid_urls
        return [(place_name(place), urls.get(str(place), ""), visualizer(place)) for place in self._services.places]


def visualizer(place: Place) -> str:
    """Where the visualizer of a place is shown."""
    return "/luigid/" if place.is_default else f"/luigid/{place.location}/{place.environment}/"


def place_name(place: Place) -> str:
    """What a place is called: the default one has no name of its own."""
    return "default" if place.is_default else str(place)


def add_routes(pages: Blueprint, services: Services) -> None:
    """`GET /settings`."""

    @pages.get(PATH)
    def show_settings() -> Response:
        return page("settings.html", ENTRY, shown=Shown(services))


def _days(count: float) -> str:
    return f"{count:g} day{'' if count == 1 else 's'}" if count else "for ever"


def _gib(size: int) -> str:
    return f"{size / (1 << 30):g} GiB"
