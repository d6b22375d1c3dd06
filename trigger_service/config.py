"""The settings as plain values: read once by `settings.py`, handed on as JSON, so that nobody else parses luigi.cfg.

Kept apart from `settings.py` because that one imports luigi, which the supervisor and gunicorn's master do without.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from trigger_service.domain.admission import Limits

#: Name of the file in the home folder that says where the service is.
SERVICE_FILE = "service.json"


@dataclass(frozen=True)
class Settings:
    """What `luigi-trigger up` goes by. Each field is a key of luigi.cfg and documented there."""

    #: Absolute.
    home: Path
    host: str = "127.0.0.1"
    port: int = 8090
    luigid_port: int = 8082
    modules: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    #: Bytes.
    max_body_bytes: int = 1 << 20
    max_streams: int = 200
    max_waits: int = 16
    #: Seconds.
    grace_s: float = 5.0
    limits: Limits = field(default_factory=Limits)

    def to_json(self) -> str:
        """One line of JSON that `from_json` reads."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """Read what `to_json` gave."""
        value = json.loads(text)
        value["home"] = Path(value["home"])
        value["modules"] = tuple(value["modules"])
        value["allowed_hosts"] = tuple(value["allowed_hosts"])
        value["limits"] = Limits(**value["limits"])
        return cls(**value)
