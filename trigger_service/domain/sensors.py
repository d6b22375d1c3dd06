"""A sensor: what waits for something that happens outside the clock, and what it asks for then; and its deliveries."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Dict, Literal, Mapping, Optional, Tuple, Type, Union

from trigger_service.domain.errors import InvalidRequest, Problem
from trigger_service.domain.files import FileSource
from trigger_service.domain.filters import Verdict, parse_filter
from trigger_service.domain.mapping import parse_mapping
from trigger_service.domain.names import name_problems
from trigger_service.domain.pointers import Pointer
from trigger_service.domain.run import RunRequest
from trigger_service.domain.signatures import WebhookSource
from trigger_service.domain.upstream import PipelineSource

SensorKind = Literal["webhook", "file", "pipeline"]
#: `pending` waits for its run, `skipped` was not to be, `failed` was refused.
DeliveryState = Literal["pending", "started", "skipped", "failed"]
Source = Union[WebhookSource, FileSource, PipelineSource]
SOURCES: Dict[str, Type[Any]] = {"webhook": WebhookSource, "file": FileSource, "pipeline": PipelineSource}
MAPPING = Pointer.of("mapping")


@dataclass(frozen=True)
class Sensor:
    """What starts a run whenever something happens. Times are seconds since the epoch."""

    name: str
    source: Source
    #: Its parameters are as they are; those of the mapping are laid over them.
    request: RunRequest
    #: From where in a delivery's document each parameter is taken; empty for what the source does without one.
    mapping: Mapping[str, Any] = field(default_factory=dict)
    #: Which deliveries start a run; None for all.
    filter: Optional[Mapping[str, Any]] = None
    paused: bool = False
    #: The secrets of a webhook, sealed; empty for none.
    sealed: str = ""
    #: The position of the last end of a run that does not count; a clock may be stepped, this goes on.
    since: int = 0
    created_at: float = 0.0
    updated_at: float = 0.0

    def evolve(self, **changes: Any) -> Sensor:
        """The same with some changes."""
        return replace(self, **changes)

    @property
    def kind(self) -> SensorKind:
        """What it waits for."""
        return self.source.kind

    @property
    def sources(self) -> Mapping[str, Any]:
        """The mapping that holds, whatever is delivered."""
        return self.mapping or self.source.default_mapping()

    def judge(self, document: Any) -> Verdict:
        """Whether a document passes the filter. Raises InvalidRequest for a filter that cannot be read."""
        return Verdict(True) if self.filter is None else parse_filter(self.filter).judge(document)

    def request_for(self, document: Any) -> RunRequest:
        """What is asked for by a delivery. Raises InvalidParameters with everything that the document lacks."""
        sources = self.mapping or self.source.default_mapping(document)
        mapped = parse_mapping(sources, MAPPING).parameters(document)
        return replace(self.request, parameters={**self.request.parameters, **mapped})

    def told(self) -> Dict[str, Any]:
        """Everything that people set, and nothing that is secret."""
        source = {"kind": self.kind, **asdict(self.source)}
        request = asdict(self.request)
        return {
            "source": source,
            "request": {**request, "pools": list(request["pools"])},
            "mapping": dict(self.mapping),
            "filter": self.filter,
            "paused": self.paused,
        }


@dataclass(frozen=True)
class Delivery:
    """One thing that has happened to a sensor."""

    sensor: str
    #: The same for what is the same: it counts once.
    key: str
    state: DeliveryState
    #: Why it waits, was skipped, or was refused, in one line.
    reason: str = ""
    run_id: Optional[str] = None
    #: What has happened, as JSON; None once it is settled.
    document: Any = None
    #: When it was recorded.
    recorded_at: float = 0.0
    #: In the order in which they were recorded; 0 for one that is not.
    id: int = 0


def source_of(stored: Mapping[str, Any]) -> Source:
    """The source that `asdict` and its kind were stored of."""
    members = {
        key: tuple(value) if isinstance(value, list) else value for key, value in stored.items() if key != "kind"
    }
    source: Source = SOURCES[stored["kind"]](**members)
    return source


def definition_problems(sensor: Sensor) -> Tuple[Problem, ...]:
    """What is wrong with a sensor, as far as its pipeline need not be known for it."""
    problems = [*name_problems(sensor.name, "a sensor")]
    problems += [Problem(f"/source{problem.pointer}", problem.detail) for problem in sensor.source.problems()]
    for read in (lambda: parse_mapping(sensor.sources, MAPPING), lambda: sensor.judge({})):
        try:
            read()
        except InvalidRequest as error:
            problems += error.problems
    return tuple(problems)
