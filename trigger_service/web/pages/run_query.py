"""Which runs the address of their list asks for, and the same as filters of the service. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from trigger_service.domain.queries import RunFilter
from trigger_service.domain.run import TRANSITIONS, RunState, TriggerKind
from trigger_service.web.pages.filters import Pair
from trigger_service.web.schemas import Whole

#: Parts of the address that are filters, in the order in which they are shown.
FILTERS = ("state", "pipeline", "parameter", "label", "trigger", "by", "location", "environment", "from", "to", "q")
#: Those of them that may stand several times.
SEVERAL = ("state", "parameter", "label")
_SPAN = re.compile(r"(\d{1,6}) ?(min|h|d|w)")
_SECONDS = {"min": 60, "h": 3600, "d": 86_400, "w": 604_800}
#: `state:failed` in the field for text.
_WRITTEN = re.compile(r"(?:(?<=\s)|^)(state|pipeline|trigger|location|environment|from|to|parameter|label):(\S+)")


def _pair(text: str) -> str:
    if not text.partition(":")[0] or not text.partition(":")[1]:
        raise ValueError("expected name:value")
    return text


def _moment(text: str) -> str:
    if _SPAN.fullmatch(text) is None:
        try:
            datetime.fromisoformat(text)
        except ValueError:
            raise ValueError("expected a moment as 2013-01-31 12:00 (UTC), or how long ago, as 24h or 7d") from None
    return text


Named = Annotated[str, AfterValidator(_pair)]
#: States of which none is kept: running much longer than usual, and silent; and what should have ended by now.
Trouble = Literal["stuck", "late"]
TROUBLES: tuple[Trouble, ...] = get_args(Trouble)
#: With spaces where an address has `+`, and no zone where it is UTC.
When = Annotated[str, BeforeValidator(str.strip), AfterValidator(_moment)]


class RunsAsked(BaseModel):
    """What the address says."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    state: list[RunState | Trouble] = Field(default=[], description="Any of these")
    pipeline: str | None = Field(default=None, description="Task family")
    parameter: list[Named] = Field(default=[], description="name:value as Luigi writes the value")
    label: list[Named] = Field(default=[], description="name:value")
    trigger: TriggerKind | None = Field(default=None, description="Why they exist")
    by: str | None = Field(default=None, description="Who or what pulled the trigger")
    location: str | None = Field(default=None, description="Code location")
    environment: str | None = Field(default=None, description="Environment")
    since: When | None = Field(default=None, alias="from", description="At this moment or later")
    to: When | None = Field(default=None, description="Before this moment")
    q: str | None = Field(default=None, max_length=500, description="Text")
    cursor: str | None = Field(default=None, max_length=500, description="Go on after this")
    seen: float | None = Field(default=None, allow_inf_nan=False, description="The newest run that was shown")
    select: str = Field(default="", max_length=10, description="`shown`: all are selected")
    limit: Whole = Field(default=50, ge=1, le=200, description="At most so many runs")

    def filter(self, now: float, troubled: Callable[[Trouble], Collection[str]]) -> RunFilter:
        """The same in the domain's words; `troubled` gives the ids of the runs that are, where these are asked for."""
        troubles = [trouble for trouble in TROUBLES if trouble in self.state]
        return RunFilter(
            states=tuple(state for state in TRANSITIONS if state in self.state),
            ids=tuple({run_id for trouble in troubles for run_id in troubled(trouble)}) if troubles else None,
            pipeline=self.pipeline,
            location=self.location,
            environment=self.environment,
            trigger=self.trigger,
            by=self.by,
            labels=dict(_named(self.label)),
            parameters=dict(_named(self.parameter)),
            text=self.q,
            created_after=seconds(self.since, now),
            created_before=seconds(self.to, now),
        )


def seconds(moment: str | None, now: float) -> float | None:
    """Seconds since the epoch of `24h` ago, or of a date and time, which is one of UTC where it names no zone."""
    if moment is None:
        return None
    span = _SPAN.fullmatch(moment)
    if span is not None:
        return now - int(span[1]) * _SECONDS[span[2]]
    then = datetime.fromisoformat(moment)
    return (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp()


def taken_apart(text: str) -> tuple[str, list[Pair]]:
    """`state:failed Disk full` as the text that is left and the filters that were written in it."""
    pairs = [(found[1], found[2]) for found in _WRITTEN.finditer(text)]
    return " ".join(_WRITTEN.sub(" ", text).split()), pairs


def _named(texts: list[str]) -> list[Pair]:
    return [(name, value) for name, _, value in (text.partition(":") for text in texts)]
