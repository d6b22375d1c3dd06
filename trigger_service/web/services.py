"""What the web layer is given: the services it speaks to and its own limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from trigger_service.domain.place import Place
from trigger_service.launchers.base import CodeHost
from trigger_service.launchers.places import Places
from trigger_service.service.automation import Automation
from trigger_service.service.broadcast import Broadcast
from trigger_service.service.calendars import Calendars
from trigger_service.service.credentials import Credentials
from trigger_service.service.history import History
from trigger_service.service.housekeeper import Housekeeper
from trigger_service.service.inquiries import Inquiries
from trigger_service.service.insights import Insights
from trigger_service.service.logsearch import LogSearch
from trigger_service.service.metrics import Metrics
from trigger_service.service.notifications import Notifications
from trigger_service.service.operations import Operations
from trigger_service.service.overview import Overview
from trigger_service.service.plans import Plans
from trigger_service.service.pools import Pools
from trigger_service.service.processes import Processes
from trigger_service.service.rereadings import Rereadings
from trigger_service.service.runlogs import RunLogs
from trigger_service.service.target_catalogue import TargetCatalogue
from trigger_service.service.triggers import Triggers
from trigger_service.service.troubles import Attention
from trigger_service.service.turns import Turns
from trigger_service.service.verifications import Verifications

#: By component (`database`, `luigid`, `zygote`): empty when it can be used, otherwise the reason why not.
Readiness = Callable[[], Mapping[str, str]]
#: The same for each place besides the default one. A place that cannot be used does not make the others so.
PlacesReadiness = Callable[[], Mapping[Place, Mapping[str, str]]]


@dataclass(frozen=True)
class About:
    """What the service says of itself."""

    #: The folder of all records.
    home: Path = Path()
    #: The addresses of the luigids by place.
    luigid_urls: Mapping[str, str] = field(default_factory=dict)
    #: What luigi.cfg says, as it is understood: sections, keys, values; nothing of it is a secret.
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Services:
    """The parts of the service that requests reach."""

    triggers: Triggers
    turns: Turns
    plans: Plans
    calendars: Calendars
    pools: Pools
    automation: Automation
    notifications: Notifications
    history: History
    insights: Insights
    overview: Overview
    attention: Attention
    logs: RunLogs
    log_search: LogSearch
    targets: TargetCatalogue
    operations: Operations
    verifications: Verifications
    rereadings: Rereadings
    inquiries: Inquiries
    broadcast: Broadcast
    places: Places[CodeHost]
    credentials: Credentials
    metrics: Metrics
    housekeeper: Housekeeper
    processes: Processes
    readiness: Readiness
    places_readiness: PlacesReadiness = dict
    about: About = field(default_factory=About)


@dataclass(frozen=True)
class WebConfig:
    """Limits and names of the web layer."""

    #: Gives the address of a place's luigid, or None while it is not known.
    luigid_url: Callable[[Place], str | None]
    #: The folder of all records, whose disk the pages look at.
    home: Path = Path()
    #: Names under which the service may be addressed, besides the loopback names.
    allowed_hosts: tuple[str, ...] = ()
    #: Whether requests have to show a token.
    token_needed: bool = False
    #: What the supervisor shows instead of a token; empty for none.
    own_secret: str = ""
    #: For each token, or address without one, in the long run; 0 for no limit.
    requests_per_second: int = 0
    #: Largest body of a request, in bytes.
    max_body_bytes: int = 1 << 20
    #: Open event and log streams; one more is answered by 429.
    max_streams: int = 200
    #: Requests that wait for their run (`Prefer: wait`); one more is answered at once.
    max_waits: int = 16
    #: Longest wait that `Prefer: wait` gets, in seconds.
    max_wait_s: float = 300.0
    #: Seconds of silence after which a stream sends a comment, so that proxies and clients see it alive.
    heartbeat_s: float = 15.0
    #: Seconds within which an open stream or wait notices that the service stops.
    grace_s: float = 1.0
