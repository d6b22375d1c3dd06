"""Things of the API that have names and are saved, paused and removed: the same calls for each kind of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from trigger_service.transport import Document, Transport


class Resource:
    """All things of one kind. A name of several parts (that of a preset: pipeline, name) is given as several."""

    def __init__(self, http: Transport, path: str) -> None:
        self._http = http
        self._path = path

    def list(self, **query: Any) -> Document:
        """All of them (`items`), or those of the query."""
        return self._http.get(self._path, query)

    def get(self, *name: str) -> Document:
        """One of them."""
        return self._http.get(self._at(*name))

    def save(self, *name: str, body: Mapping[str, Any]) -> Document:
        """Make one, or put it in the place of the one of this name."""
        return self._http.document(self._http.send("PUT", self._at(*name), body=dict(body)))

    def change(self, *name: str, **members: Any) -> Document:
        """Change some members of one: `paused`."""
        return self._http.document(self._http.send("PATCH", self._at(*name), body=members))

    def remove(self, *name: str) -> None:
        """Remove one."""
        self._http.send("DELETE", self._at(*name)).body()

    def change_all(self, **members: Any) -> Document:
        """Change some members of all of them; those that have changed are the `items`."""
        return self._http.document(self._http.send("PATCH", self._path, body=members))

    def act(self, *name: str, what: str) -> None:
        """Do something to one that answers nothing: `reset`."""
        self._http.send("POST", f"{self._at(*name)}/{what}").body()

    def ask(self, *name: str, what: str, body: Mapping[str, Any] | None = None) -> Document:
        """Do something to one that is answered: `trials`."""
        return self._http.post(f"{self._at(*name)}/{what}", None if body is None else dict(body))

    def part(self, *name: str, what: str, **query: Any) -> Document:
        """What is kept of one (`items`): `deliveries`."""
        return self._http.get(f"{self._at(*name)}/{what}", query)

    def _at(self, *name: str) -> str:
        return "/".join([self._path, *(quote(part, safe="") for part in name)])
