"""What the pages of sensors show: webhooks, file watches, and what starts after other pipelines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import request

from trigger_service.domain.files import FileSource, KnownFile
from trigger_service.domain.filters import Verdict
from trigger_service.domain.run import RunRequest
from trigger_service.domain.sensors import Sensor, SensorKind
from trigger_service.domain.signatures import WebhookSource
from trigger_service.service.inboxes import InboxState
from trigger_service.web.pages.changes import Changed, changes_of
from trigger_service.web.pages.filled import Form
from trigger_service.web.pages.outcomes import Outcome, outcome
from trigger_service.web.pages.request_form import Choice, choices, written_values
from trigger_service.web.pages.request_sheet import RequestSheet
from trigger_service.web.pages.signing_recipe import recipe
from trigger_service.web.services import Services

#: Deliveries on a page, files that are shown, and changes.
PAST, FILES, CHANGES = 20, 10, 10
_SCHEMES = {"standard": "signed by Standard Webhooks", "github": "signed as GitHub does"}
#: What is said after an action, which is read from the record of changes.
_DONE = {
    "sensor made": "It is made, and waits from now on.",
    "sensor changed": "The change holds from now on.",
    "sensor paused": "It is paused: what comes meanwhile starts nothing.",
    "sensor resumed": "It goes on from now.",
    "webhook secret rotated": "The secret is another one now.",
}
_RUN = {"id": "019be1f4-5a10-7c21-8f0e-6a9b3c2d1e0f", "parameters": {"month": "2013-01"}, "labels": {}}
_FILE = {"path": "flights_2013-01.csv", "name": "flights_2013-01.csv", "size": 1024, "groups": {"month": "2013-01"}}
#: What is tried where nobody has written anything.
_EXAMPLES: Mapping[SensorKind, Any] = {
    "webhook": {"ref": "refs/heads/main", "date": "2013-01"},
    "file": _FILE,
    "pipeline": _RUN,
}


@dataclass(frozen=True)
class Kind:
    """One of the kinds of sensors, as its pages have it."""

    kind: SensorKind
    path: str
    #: The entry of the menu.
    here: str
    #: `Webhooks`, `webhook`.
    title: str
    noun: str
    lead: str
    #: Of an empty list: what such a thing is good for.
    empty: str

    @property
    def form(self) -> str:
        """Where one is made: not below the path, where names stand, which may be any word."""
        return f"{self.path.removesuffix('s')}/new"


@dataclass(frozen=True)
class Delivered:
    """A delivery, and what identifies it."""

    id: int
    key: str
    outcome: Outcome


@dataclass(frozen=True)
class Row:
    """A sensor in the list."""

    sensor: Sensor
    last: Outcome | None
    #: Why what it waits for cannot be looked at.
    trouble: str

    @property
    def words(self) -> str:
        """What it waits for."""
        return waits_for(self.sensor)

    @property
    def texts(self) -> Mapping[str, str]:
        """Its parameters, and from where those come that are delivered."""
        return written_values({**self.sensor.request.parameters, **self.sensor.sources})


@dataclass(frozen=True)
class Trial:
    """What a document would lead to."""

    text: str
    verdict: Verdict | None = None
    request: RunRequest | None = None
    problems: Sequence[str] = ()


def waits_for(sensor: Sensor) -> str:
    """What a sensor waits for, in words."""
    source = sensor.source
    if isinstance(source, WebhookSource):
        return f"A POST to /hooks/{sensor.name}, {_SCHEMES.get(source.scheme, f'signed in {source.header}')}"
    if isinstance(source, FileSource):
        together = f", together within {source.batch_s:g} s" if source.batch_s else ""
        return f"Files in {source.inbox}{together}"
    names = " and ".join(source.pipelines)
    return f"The success of {names}{'' if len(source.pipelines) == 1 else ' that go together'}"


class Board:
    """What the page of all sensors of a kind shows."""

    def __init__(self, services: Services, kind: Kind) -> None:
        self._services = services
        self.kind = kind
        self.removed = self._removed()

    @cached_property
    def rows(self) -> list[Row]:
        """All of them, by name."""
        automation = self._services.automation
        newest = automation.sensors.newest(self.kind.kind)
        runs = self._services.insights.some([each.run_id for each in newest.values() if each.run_id])
        rows = []
        for sensor in automation.sensors.listed(self.kind.kind):
            last = newest.get(sensor.name)
            seen = outcome(last.state, last.recorded_at, last.reason, last.run_id, runs) if last else None
            rows.append(Row(sensor, seen, automation.inboxes.trouble_of(sensor)))
        return rows

    @cached_property
    def inboxes(self) -> list[InboxState]:
        """The places that luigi.cfg names."""
        return self._services.automation.inboxes.listed() if self.kind.kind == "file" else []

    def _removed(self) -> str:
        name = request.args.get("removed", "")
        rows = self._services.pools.changes(f"sensor {name}", None, 1) if name else []
        return name if rows and rows[0].change.action == "sensor removed" else ""


class SensorSheet(RequestSheet):
    """What the page of one sensor shows, or of one that is to be made."""

    def __init__(self, services: Services, kind: Kind, sensor: Sensor | None, form: Form) -> None:
        super().__init__(services, form)
        self.kind = kind
        self.sensor = sensor
        self.name = sensor.name if sensor else ""
        #: A secret that was just made: it is shown this once.
        self.secret: str | None = None
        self.trial: Trial | None = None

    @property
    def words(self) -> str:
        """What it waits for."""
        return waits_for(self.sensor) if self.sensor else ""

    @cached_property
    def fault(self) -> str:
        """Why what it waits for cannot be looked at; empty where nothing is wrong."""
        return self._services.automation.inboxes.trouble_of(self.sensor) if self.sensor else ""

    @property
    def inboxes(self) -> list[InboxState]:
        """The places where file watches may look."""
        return self._services.automation.inboxes.listed()

    @property
    def families(self) -> list[Choice]:
        """The pipelines after which another may start."""
        return choices(self._services)

    @property
    def address(self) -> str:
        """Where a webhook's deliveries go."""
        return f"{request.host_url}hooks/{self.name}"

    @property
    def curl(self) -> str:
        """How somebody sends one by hand."""
        source = self.sensor.source if self.sensor else None
        return recipe(source, self.name, request.host_url.rstrip("/")) if isinstance(source, WebhookSource) else ""

    @cached_property
    def deliveries(self) -> list[Delivered]:
        """What became of them, newest first; one more than is shown where there are more."""
        before = request.args.get("before", "")
        number = int(before) if before.isdecimal() and len(before) < 16 else None
        found = self._services.automation.sensors.deliveries(self.name, number, PAST + 1)
        runs = self._services.insights.some([each.run_id for each in found if each.run_id])
        return [
            Delivered(each.id, each.key, outcome(each.state, each.recorded_at, each.reason, each.run_id, runs))
            for each in found
        ]

    @cached_property
    def files(self) -> list[KnownFile]:
        """Files of a file watch that are not whole yet, or wait for their batch."""
        return self._services.automation.inboxes.files(self.name, "new", "", FILES)

    @property
    def tried(self) -> str:
        """What stands in the field for trying."""
        return self.trial.text if self.trial else json.dumps(_EXAMPLES[self.kind.kind], indent=2)

    @cached_property
    def changes(self) -> list[Changed]:
        """Who changed what of it."""
        return changes_of(self._services.pools.changes(f"sensor {self.name}", None, CHANGES))

    @property
    def done(self) -> str:
        """What was done last, where somebody comes from doing it."""
        return _DONE.get(self.changes[0].action, "") if "done" in request.args and self.changes else ""
