"""What starts a pipeline, and what its success starts: each in a sentence, with a link. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from trigger_service.domain.backfills import Overview
from trigger_service.domain.files import FileSource
from trigger_service.domain.run import RunRequest
from trigger_service.domain.scheduled import Schedule
from trigger_service.domain.sensors import Sensor
from trigger_service.domain.signatures import WebhookSource
from trigger_service.domain.upstream import PipelineSource
from trigger_service.launchers.base import Pipeline
from trigger_service.web.pages.cron_words import fires_in_words

#: By kind of sensor: where its page is, and its icon.
_PATHS = {"webhook": ("/webhooks/", "hook"), "file": ("/files/", "file"), "pipeline": ("/upstreams/", "branch")}

#: States of a backfill that has runs to come.
_GOES_ON = ("running", "paused")


@dataclass(frozen=True)
class Starter:
    """One thing that starts runs."""

    icon: str
    name: str
    href: str
    words: str
    #: A state of the console and the word for it.
    state: str = "succeeded"
    state_word: str = "On"
    #: When it fires next, in seconds since the epoch, and its time zone; None where no clock says so.
    next_fire: float | None = None
    zone: str | None = None


def is_of(request: RunRequest, pipeline: Pipeline) -> bool:
    """Whether a request is for a pipeline."""
    asked = (request.location in (None, pipeline.location), request.module in ("", pipeline.module))
    return request.pipeline == pipeline.family and all(asked)


def starters(
    pipeline: Pipeline, schedules: Iterable[Schedule], sensors: Iterable[Sensor], backfills: Iterable[Overview]
) -> list[Starter]:
    """Everything that starts it by itself."""
    found = [_schedule(each) for each in schedules if is_of(each.request, pipeline)]
    found += [_sensor(each) for each in sensors if is_of(each.request, pipeline)]
    return found + [
        _backfill(each) for each in backfills if each.state in _GOES_ON and is_of(each.backfill.request, pipeline)
    ]


def followers(pipeline: Pipeline, sensors: Iterable[Sensor]) -> list[Starter]:
    """What its success starts."""
    return [
        Starter(
            "branch", each.request.pipeline, f"/pipelines/{quote(each.request.pipeline, safe='')}", "", *_state(each)
        )
        for each in sensors
        if isinstance(each.source, PipelineSource) and pipeline.family in each.source.pipelines
    ]


def _schedule(each: Schedule) -> Starter:
    words = f"{fires_in_words(each.timing)}, {each.timing.timezone}."
    state = ("complete", "Over") if each.next_fire is None and not each.paused else _state(each)
    return Starter(
        "schedules", each.name, f"/schedules/{quote(each.name)}", words, *state, each.next_fire, each.timing.timezone
    )


def _sensor(each: Sensor) -> Starter:
    path, icon = _PATHS[each.kind]
    return Starter(icon, each.name, f"{path}{quote(each.name)}", " ".join(_waits_for(each)), *_state(each))


def _waits_for(each: Sensor) -> Iterator[str]:
    source = each.source
    if isinstance(source, WebhookSource):
        yield f"A signed POST to /hooks/{each.name}."
    elif isinstance(source, FileSource):
        yield f"A file {source.pattern} arrives in {source.inbox}."
    else:
        yield (
            f"{' and '.join(source.pipelines)} succeeds."
            if len(source.pipelines) == 1
            else (f"{', '.join(source.pipelines)} have succeeded for the same.")
        )
    if each.filter is not None:
        yield "Only what passes its filter."


def _backfill(each: Overview) -> Starter:
    made = each.backfill
    done = sum(each.counts[state] for state in ("complete", "succeeded", "skipped"))
    words = f"{done} of {sum(each.counts.values())} values of {made.parameter} done."
    return Starter(
        "backfills", f"backfill {made.id[-8:]}", f"/backfills/{made.id}", words, each.state, each.state.capitalize()
    )


def _state(each: Schedule | Sensor) -> tuple[str, str]:
    return ("paused", "Paused") if each.paused else ("succeeded", "On")
