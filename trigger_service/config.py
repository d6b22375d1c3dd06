"""The settings as plain values: read once by `settings.py`, handed on as JSON, so that nobody else parses luigi.cfg.

Kept apart from `settings.py` because that one imports luigi, which the supervisor and gunicorn's master do without.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from trigger_service.domain.addresses import is_loopback
from trigger_service.domain.admission import Limits
from trigger_service.domain.files import Inbox
from trigger_service.domain.outside import Outside, Smtp
from trigger_service.domain.place import DEFAULT, Place
from trigger_service.domain.retention import Keep

#: Name of the database in the home folder.
DATABASE_FILE = "database.sqlite3"
LUIGID_ADDRESS = "127.0.0.1"


@dataclass(frozen=True)
class Location:
    """`[location:NAME]`: where users' code lives. Paths are absolute; empty ones hold what the service itself has."""

    python: str = ""
    folder: str = ""
    path: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    config: str = ""
    luigid_port: int = 0


@dataclass(frozen=True)
class Environment:
    """`[environment:NAME]`: an overlay of configuration. Paths are absolute."""

    variables: Mapping[str, str] = field(default_factory=dict)
    config: tuple[str, ...] = ()
    #: Folders and URLs by the name of the variable that holds them.
    roots: Mapping[str, str] = field(default_factory=dict)
    luigid_port: int = 0


@dataclass(frozen=True)
class Settings:
    """What `luigi-trigger up` goes by. Each field is a key of luigi.cfg and documented there."""

    #: Absolute.
    home: Path
    host: str = "127.0.0.1"
    port: int = 8090
    luigid_port: int = 8082
    modules: tuple[str, ...] = ()
    #: Absolute; the file need not be there.
    schedules: Path = Path("schedules.toml")
    allowed_hosts: tuple[str, ...] = ()
    require_token: bool = False
    requests_per_second: int = 200
    #: Bytes.
    max_body_bytes: int = 1 << 20
    max_streams: int = 200
    max_waits: int = 16
    #: Seconds.
    grace_s: float = 5.0
    limits: Limits = field(default_factory=Limits)
    keep: Keep = field(default_factory=Keep)
    outside: Outside = field(default_factory=Outside)
    smtp: Smtp = field(default_factory=Smtp)
    #: By name, those besides the default ones.
    locations: Mapping[str, Location] = field(default_factory=dict)
    environments: Mapping[str, Environment] = field(default_factory=dict)
    #: By name: the places that file sensors may look at.
    inboxes: Mapping[str, Inbox] = field(default_factory=dict)
    #: Places that are configured no more, and of which runs are still alive: these need their luigid.
    retired: tuple[Place, ...] = ()
    #: Ports in use, by the name of the place; empty before they are taken.
    luigid_ports: Mapping[str, int] = field(default_factory=dict)
    #: What the supervisor shows the service instead of a token: random, and another one at each start.
    own_secret: str = field(default="", repr=False)

    @property
    def token_needed(self) -> bool:
        """Whether requests have to show a token."""
        return self.require_token or not is_loopback(self.host)

    @property
    def places(self) -> tuple[Place, ...]:
        """Every location in every environment; the default place comes first."""
        environments = (DEFAULT, *self.environments)
        return tuple(Place(name, environment) for name in (DEFAULT, *self.locations) for environment in environments)

    def modules_of(self, place: Place) -> tuple[str, ...]:
        """What a place offers."""
        return self.locations[place.location].modules if place.location in self.locations else self.modules

    def wanted_port_of(self, place: Place) -> int:
        """The port that luigid of a place is to have; 0 for any."""
        if place.is_default:
            return self.luigid_port
        if place in self.retired:
            return 0
        if place.environment == DEFAULT:
            return self.locations[place.location].luigid_port
        return self.environments[place.environment].luigid_port if place.location == DEFAULT else 0

    def luigid_url_of(self, place: Place) -> str:
        """Where luigid of a place listens, once the ports are taken."""
        return f"http://{LUIGID_ADDRESS}:{self.luigid_ports[str(place)]}"

    def hand_on(self, folder: Path) -> int:
        """An inheritable descriptor from which other processes read these settings, as often as they like.

        Of a file in `folder` that has no name any more: arguments could be read by everybody, and variables may be
        secret.
        """
        file = folder / f".settings.{os.getpid()}"
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        file.unlink()
        os.write(descriptor, self.to_json().encode())
        os.set_inheritable(descriptor, True)
        return descriptor

    @classmethod
    def handed_on(cls, descriptor: int) -> Settings:
        """What `hand_on` has put there."""
        return cls.from_json(os.pread(descriptor, os.fstat(descriptor).st_size, 0))

    def to_json(self) -> str:
        """One line of JSON that `from_json` reads."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str | bytes) -> Settings:
        """Read what `to_json` gave."""
        value = json.loads(text)
        value["home"], value["schedules"] = Path(value["home"]), Path(value["schedules"])
        value["modules"] = tuple(value["modules"])
        value["allowed_hosts"] = tuple(value["allowed_hosts"])
        memberships = {name: tuple(pools) for name, pools in value["limits"]["memberships"].items()}
        value["limits"] = Limits(**{**value["limits"], "memberships": memberships})
        value["keep"] = Keep(**value["keep"])
        value["outside"] = Outside(**value["outside"])
        value["smtp"] = Smtp(**value["smtp"])
        value["retired"] = tuple(Place(**place) for place in value.get("retired", ()))
        value["locations"] = {name: _location(found) for name, found in value.get("locations", {}).items()}
        value["environments"] = {name: _environment(found) for name, found in value.get("environments", {}).items()}
        value["inboxes"] = {name: Inbox(**found) for name, found in value.get("inboxes", {}).items()}
        return cls(**value)


def _location(value: Mapping[str, Any]) -> Location:
    return Location(**{**value, "path": tuple(value["path"]), "modules": tuple(value["modules"])})


def _environment(value: Mapping[str, Any]) -> Environment:
    return Environment(**{**value, "config": tuple(value["config"])})
