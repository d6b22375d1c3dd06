"""What the page of a launch shows of a request that is being written: fields, mistakes, presets, the same as code."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from trigger_service.domain.errors import Problem
from trigger_service.domain.pointers import ABSENT, parse_pointer
from trigger_service.domain.presets import Preset
from trigger_service.domain.queries import RunFilter
from trigger_service.domain.run import Run
from trigger_service.launchers.base import Pipeline
from trigger_service.web.pages import drafts, fields, kinds, scripts
from trigger_service.web.pages.planned import Planned
from trigger_service.web.pages.visible import visible
from trigger_service.web.services import Services

#: The ways to write a request, and what they are called.
TABS = {"form": "Form", "json": "JSON", "curl": "curl", "python": "Python", "command": "Command line"}
#: Where it is saved as a preset, which is no way to write it.
SAVE = "save"
_WRITERS = {"curl": scripts.as_curl, "python": scripts.as_python, "command": scripts.as_command}


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong with the request."""

    #: The element that has it; empty for none.
    anchor: str
    name: str
    detail: str


@dataclass
class DraftView:
    """The page of one pipeline; what is not asked for costs nothing."""

    services: Services
    pipeline: Pipeline
    body: drafts.Body
    tab: str = "form"
    #: Everything that keeps it from being accepted.
    problems: Sequence[Problem] = ()
    #: Why it is refused, where that is none of its values.
    refusal: str = ""
    #: The JSON that somebody wrote.
    written: str | None = None
    #: Whether it was sent to be started or saved: then all that is missing is told, too.
    sent: bool = False
    #: Who may send it, and where.
    sender: scripts.Sender = field(default_factory=lambda: scripts.Sender("", "", token=False))
    planned: Planned | None = None
    #: Why there is no plan.
    no_plan: str = ""
    #: Whether the page has a plan already, which stays while the values are wrong.
    has_plan: bool = False
    #: The run that was started last by this page.
    started: Run | None = None
    #: The preset that was chosen or saved; its name, and what is wrong with that.
    preset: str = ""
    preset_name: str = ""
    saved: bool = False
    source_run: str = ""

    @cached_property
    def key(self) -> str:
        """What tells this form from all others: sent twice, it starts one run."""
        return secrets.token_hex(16)

    @cached_property
    def parameters(self) -> list[kinds.Parameter]:
        """Those of the pipeline."""
        return kinds.of_pipeline(self.pipeline.parameters)

    @property
    def lead(self) -> str:
        """The first sentence of its documentation."""
        return self.pipeline.doc.partition("\n\n")[0].replace("\n", " ")

    @cached_property
    def fields(self) -> list[fields.Field]:
        """One for each parameter."""
        values = drafts.values_of(self.body)
        return [fields.shown(parameter, values.get(parameter.name, ABSENT)) for parameter in self.parameters]

    @cached_property
    def mistakes(self) -> list[Mistake]:
        """What is told: before it is sent, nothing is wrong with what is not filled in yet."""
        return [
            self._mistake(problem)
            for problem in self.problems
            if self.sent or not problem.pointer.startswith("/parameters/") or self._is_given(problem)
        ]

    @property
    def awaited(self) -> str:
        """What has to be done before there can be a plan: `Month is filled in and Min delay is mended`; visibly."""
        given = drafts.values_of(self.body)
        absent = [f.label for f in self.fields if f.parameter.required and f.name not in given]
        wrong = dict.fromkeys(mistake.name or "it" for mistake in self.mistakes if mistake.name not in absent)
        told = [
            f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} {done}"
            for names, done in ((absent, "filled in"), (list(wrong), "mended"))
            if names
        ]
        return visible(" and ".join(told))

    @property
    def first(self) -> str:
        """The first element that is refused, which has the focus."""
        anchors = [mistake.anchor for mistake in self.mistakes] if self.sent else []
        ordered = (*(f"p-{field.name}" for field in self.fields), *(f"o-{name}" for name in drafts.OPTIONS))
        return next((anchor for anchor in ordered if anchor in anchors), "")

    def of(self, name: str) -> str:
        """What is wrong with a parameter."""
        return self._of(f"p-{name}")

    def of_option(self, name: str) -> str:
        """What is wrong with an option."""
        return self._of(f"o-{name}")

    def option(self, name: str) -> list[str]:
        """What stands in the field of an option."""
        return drafts.option_texts(name, self.body)

    @property
    def summary(self) -> str:
        """The options in one line."""
        return drafts.summary(self.body) or "as usual"

    @property
    def options_open(self) -> bool:
        """Whether one of them is refused."""
        return any(mistake.anchor.startswith("o-") for mistake in self.mistakes)

    @property
    def address(self) -> str:
        """The query that says the same."""
        return drafts.address_of(self.parameters, self.body)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The same as fields that are not seen."""
        return parse_qsl(self.address, keep_blank_values=True)

    @property
    def code(self) -> str:
        """The request in the way that the tab is for."""
        shown = drafts.without(self.body, self.private)
        if self.tab == "json":
            return self.written if self.written is not None else scripts.as_json(shown)
        return _WRITERS[self.tab](shown, self.sender)

    @property
    def private(self) -> list[str]:
        """Parameters whose values stand in no code and in no address."""
        return [parameter.name for parameter in self.parameters if parameter.kind == "private"]

    @cached_property
    def presets(self) -> list[Preset]:
        """Those of the pipeline."""
        return self.services.automation.presets.listed(self.pipeline.family)

    @property
    def kept(self) -> list[tuple[Preset, dict[str, str]]]:
        """The preset that was saved last by this page, with its parameters as they are read."""
        found = [preset for preset in self.presets if self.saved and preset.name == self.preset]
        return [(each, {name: kinds.text_of(value) for name, value in each.parameters.items()}) for each in found]

    @cached_property
    def last(self) -> Run | None:
        """The newest run of the pipeline."""
        found = self.services.insights.runs(RunFilter(pipeline=self.pipeline.family), limit=1).runs
        return found[0] if found else None

    @property
    def pools(self) -> list[str]:
        """Those that a request may name, and those that it does."""
        return list(dict.fromkeys([*sorted(self.services.pools.limits.pools), *filter(None, self.option("pools"))]))

    @cached_property
    def locations(self) -> list[str]:
        """Those that have the pipeline."""
        if len(self.services.places.locations) == 1:
            return []
        known = self.services.places.catalogue(self.option("environment")[0]).pipelines
        return [each.location for each in known if each.family == self.pipeline.family]

    @property
    def environments(self) -> list[str]:
        """All of them."""
        return list(self.services.places.environments)

    def named(self, names: Sequence[str]) -> list[tuple[str, str]]:
        """Each with what it is called in a list."""
        return [(name, name) for name in names]

    def _of(self, anchor: str) -> str:
        return " ".join(mistake.detail for mistake in self.mistakes if mistake.anchor == anchor)

    def _is_given(self, problem: Problem) -> bool:
        return parse_pointer(problem.pointer)[0].keys[1] in drafts.values_of(self.body)

    def _mistake(self, problem: Problem) -> Mistake:
        keys: Sequence[Any] = parse_pointer(problem.pointer)[0].keys
        if self.written is not None:
            return Mistake("json", problem.pointer, problem.detail)
        if keys[:1] == ("parameters",) and len(keys) > 1:
            known = {field.name: field.label for field in self.fields}
            within = f" (at {'/'.join(keys[2:])})" if len(keys) > 2 else ""
            anchor = f"p-{keys[1]}" if keys[1] in known else ""
            return Mistake(anchor, known.get(keys[1], keys[1]), problem.detail + within)
        name = str(keys[0]) if keys else ""
        anchor = f"o-{name}" if name in drafts.OPTIONS and name != "module" else "preset-name" if name == "name" else ""
        return Mistake(anchor, name.removesuffix("_s").replace("_", " ").capitalize(), problem.detail)
