"""The code hosts of all places, and what they have to offer together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from trigger_service.domain.errors import UnknownPlace, ZygoteUnavailable
from trigger_service.domain.place import DEFAULT, Place
from trigger_service.launchers.base import BrokenModule, Catalogue, CodeHost

Host_co = TypeVar("Host_co", bound=CodeHost, covariant=True)


class Places(Generic[Host_co]):
    """The configured places, each with its code host. Safe for any thread."""

    def __init__(self, hosts: Mapping[Place, Host_co]) -> None:
        self._hosts = dict(hosts)

    def __iter__(self) -> Iterator[Place]:
        return iter(self._hosts)

    def __contains__(self, place: object) -> bool:
        return place in self._hosts

    @property
    def locations(self) -> tuple[str, ...]:
        """Their names, each once."""
        return tuple(dict.fromkeys(place.location for place in self._hosts))

    @property
    def environments(self) -> tuple[str, ...]:
        """Their names, each once."""
        return tuple(dict.fromkeys(place.environment for place in self._hosts))

    def at(self, place: Place) -> Host_co:
        """The code host of a place; raises UnknownPlace."""
        try:
            return self._hosts[place]
        except KeyError:
            raise UnknownPlace(place=place, known=", ".join(map(str, self._hosts))) from None

    def catalogue(self, environment: str = DEFAULT, location: str | None = None) -> Catalogue:
        """What there is to trigger in an environment, of one location or of all, roots first; raises UnknownPlace.

        A location that cannot be asked stands among what is broken, unless it is the only one: then ZygoteUnavailable.
        """
        places = [place for place in self._hosts if place.environment == environment and location is None]
        if len(places) < 2:
            return self.at(Place(location or DEFAULT, environment)).catalogue()
        with ThreadPoolExecutor(len(places)) as pool:
            parts = list(pool.map(self._part, places))
        pipelines = [pipeline for part in parts for pipeline in part.pipelines]
        broken = [module for part in parts for module in part.broken]
        return Catalogue(sorted(pipelines, key=lambda pipeline: not pipeline.root), broken)

    def _part(self, place: Place) -> Catalogue:
        try:
            return self._hosts[place].catalogue()
        except ZygoteUnavailable as error:
            return Catalogue(broken=(BrokenModule(f"(all of location {place.location})", str(error), "", late=True),))
