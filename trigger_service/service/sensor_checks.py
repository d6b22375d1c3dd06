"""Judges sensors and presets when they are saved: everything that is wrong with them, before they matter."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from trigger_service.domain.errors import Conflict, InvalidRequest, NotFound, Problem
from trigger_service.domain.files import FileSource, Inbox, pattern_mistake
from trigger_service.domain.mistakes import mend
from trigger_service.domain.pointers import PARAMETERS
from trigger_service.domain.run import RunRequest
from trigger_service.domain.sensors import MAPPING, Sensor, definition_problems
from trigger_service.domain.upstream import Node, PipelineSource, cycle
from trigger_service.service import checks
from trigger_service.service.expressions import named_groups
from trigger_service.service.triggers import Triggers


class SensorChecks:
    """Asks the pipeline's own code about what is fixed; what comes with each delivery is judged when it comes."""

    def __init__(self, triggers: Triggers, inboxes: Mapping[str, Inbox]) -> None:
        self._triggers = triggers
        self._inboxes = inboxes

    def check(self, sensor: Sensor) -> None:
        """Raise InvalidRequest with everything that is wrong, and whatever a run would be refused with."""
        problems = list(definition_problems(sensor))
        pipeline = self._triggers.pipeline(sensor.request)
        given = {**sensor.request.parameters, **sensor.sources}
        problems += checks.private_problems(pipeline.parameters, given, "sensors")
        known = [parameter["name"] for parameter in pipeline.parameters]
        problems += [
            Problem(str(MAPPING / name), f"{pipeline.family} has no parameter {name!r}; {mend(name, known)}")
            for name in sensor.mapping
            if name not in known
        ]
        problems += self._problems_of(sensor.request, pipeline.parameters, without=sensor.sources)
        if isinstance(sensor.source, PipelineSource):
            problems += self._unknown_upstream(sensor.source)
        if isinstance(sensor.source, FileSource):
            problems += self._file_problems(sensor.source)
            problems += [
                Problem("/source/pattern", f"{pipeline.family} has no parameter {name!r}; {mend(name, known)}")
                for name in sensor.sources
                if not sensor.mapping and name not in known
            ]
        if problems:
            raise InvalidRequest(problems)

    def check_cycles(self, sensor: Sensor, others: Iterable[Sensor]) -> None:
        """Raise InvalidRequest where the success of the sensor's pipeline would start it again."""
        if not isinstance(sensor.source, PipelineSource):
            return
        edges: dict[Node, list[Node]] = {}
        for each in [sensor, *(other for other in others if other.name != sensor.name)]:
            assert isinstance(each.source, PipelineSource), "the others are of the same kind"
            started = (each.request.pipeline, each.request.environment)
            for upstream in each.source.pipelines:
                edges.setdefault((upstream, each.source.environment), []).append(started)
        for upstream in sensor.source.pipelines:
            way = cycle(edges, (upstream, sensor.source.environment))
            if way:
                shown = " -> ".join(name for name, _ in way)
                detail = f"its success would start it again, without end: {shown}; leave one of them out"
                raise InvalidRequest([Problem("/source/pipelines", detail)])

    def check_partial(self, request: RunRequest) -> None:
        """Raise InvalidRequest for parameters that cannot be used; what is missing may be given by others."""
        pipeline = self._triggers.pipeline(request)
        problems = checks.private_problems(pipeline.parameters, request.parameters, "presets")
        names = {parameter["name"] for parameter in pipeline.parameters}
        problems += self._problems_of(request, pipeline.parameters, without=names - set(request.parameters))
        if problems:
            raise InvalidRequest(problems)

    def judge(self, request: RunRequest) -> None:
        """Raise what a run would be refused with."""
        self._triggers.judged(request)

    def _problems_of(
        self, request: RunRequest, parameters: Iterable[Mapping[str, Any]], without: Collection[str]
    ) -> list[Problem]:
        """What is wrong with a request but for some parameters, which come later; raises what is none of these."""
        private = [parameter["name"] for parameter in parameters if parameter["visibility"] != "public"]
        given = {name: value for name, value in request.parameters.items() if name not in private}
        later = {str(PARAMETERS / name) for name in (*without, *private)}
        try:
            self._triggers.judged(replace(request, parameters=given))
        except InvalidRequest as error:
            return [problem for problem in error.problems if problem.pointer not in later]
        return []

    def _file_problems(self, source: FileSource) -> list[Problem]:
        problems = []
        inbox = self._inboxes.get(source.inbox)
        if inbox is None:
            mended = mend(source.inbox, self._inboxes) if self._inboxes else "there is none; add one"
            problems.append(Problem("/source/inbox", f"luigi.cfg has no [inbox:{source.inbox}]; {mended}"))
        elif source.ordered and inbox.kind == "folder":
            problems.append(Problem("/source/ordered", "goes with an S3 prefix; a folder is always listed whole"))
        try:
            named_groups(source.pattern)
        except ValueError as error:
            mistake = pattern_mistake(source.pattern, str(error))
            problems.append(Problem("/source/pattern", mistake.told(source.pattern)))
        return problems

    def _unknown_upstream(self, source: PipelineSource) -> list[Problem]:
        problems = []
        for index, name in enumerate(source.pipelines):
            try:
                self._triggers.pipeline(RunRequest(name, environment=source.environment))
            except (NotFound, Conflict) as error:
                problems.append(Problem(f"/source/pipelines/{index}", str(error)))
        return problems
