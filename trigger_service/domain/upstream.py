"""Pipelines whose success starts others: which successes go together, and that nothing starts itself. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar, Dict, Iterable, List, Literal, Mapping, Optional, Tuple

from trigger_service.domain.errors import Problem
from trigger_service.domain.place import DEFAULT
from trigger_service.domain.pointers import ABSENT, parse_pointer
from trigger_service.domain.run import Run

#: A pipeline in an environment.
Node = Tuple[str, str]


@dataclass(frozen=True)
class PipelineSource:
    """Waits until a pipeline has succeeded; where it names several, until all of them have, for the same `match`."""

    kind: ClassVar[Literal["pipeline"]] = "pipeline"

    pipelines: Tuple[str, ...]
    #: The runs that count are those of this environment.
    environment: str = DEFAULT
    #: What has to be the same in the runs of several pipelines: a JSON pointer into a run, by pipeline; where one is
    #: not named, that of "*".
    match: Optional[Mapping[str, str]] = None

    def problems(self) -> List[Problem]:
        """What is wrong with it; pointers are from the source on."""
        found = []
        if not self.pipelines:
            found.append(Problem("/pipelines", "expected the name of at least one pipeline"))
        if len(set(self.pipelines)) < len(self.pipelines):
            found.append(Problem("/pipelines", "one of them is named twice; name each once"))
        for name, text in (self.match or {}).items():
            if name not in (*self.pipelines, "*"):
                detail = f"{name!r} is none of the pipelines of this source; expected one of them, or *"
                found.append(Problem("/match", detail))
            found += [Problem(f"/match/{name}", each.told(text)) for each in parse_pointer(text)[1]]
        if len(self.pipelines) > 1:
            missing = [name for name in self.pipelines if self._pointer(name) is None]
            found += [Problem("/match", _unmatched(name)) for name in missing]
        return found

    def default_mapping(self, _document: Any = None) -> Mapping[str, Any]:
        """The parameters where no mapping names any: none."""
        return {}

    def key_of(self, run: Run) -> Optional[str]:
        """What a success has in common with those that belong to it; None where it has no such thing."""
        text = self._pointer(run.pipeline)
        if text is None:
            return ""
        found = parse_pointer(text)[0].value(told(run))
        return None if found is ABSENT else json.dumps(found, sort_keys=True)

    def waits_for(self, run: Run) -> bool:
        """Whether the success of such a run counts."""
        return run.pipeline in self.pipelines and run.environment == self.environment

    def _pointer(self, pipeline: str) -> Optional[str]:
        match = self.match or {}
        return match.get(pipeline, match.get("*"))


def told(run: Run) -> Dict[str, Any]:
    """What a mapping and a filter see of a run."""
    return {
        "id": run.id,
        "pipeline": run.pipeline,
        "parameters": dict(run.parameters),
        "labels": dict(run.labels),
        "location": run.location,
        "environment": run.environment,
        "trigger": {"kind": run.trigger.kind, "by": run.trigger.by},
        "finished_at": run.finished_at,
    }


def document_of(runs: Iterable[Run]) -> Dict[str, Any]:
    """What is delivered when runs have succeeded that go together: the last of them, and each by its pipeline."""
    in_order = sorted(runs, key=lambda run: (run.finished_at or 0.0, run.id))
    return {**told(in_order[-1]), "runs": {run.pipeline: told(run) for run in in_order}}


def cycle(edges: Mapping[Node, Iterable[Node]], start: Node) -> List[Node]:
    """A way along the edges from a pipeline back to itself, its ends included; empty where there is none."""
    ways = [[start]]
    seen = set()
    while ways:
        way = ways.pop()
        for after in edges.get(way[-1], ()):
            if after == start:
                return [*way, after]
            if after not in seen:
                seen.add(after)
                ways.append([*way, after])
    return []


def _unmatched(name: str) -> str:
    example = '{"*": "/parameters/date"}'
    return f"which successes of several pipelines go together has to be said, and is not for {name!r}: as in {example}"
