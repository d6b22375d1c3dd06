"""What the service needs of a place where attempts run, and of a place that knows the users' code."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

from trigger_service.domain.calendars import Question, Survey
from trigger_service.domain.errors import AmbiguousPipeline, PipelineNotFound, PipelineUnknown
from trigger_service.domain.moves import Order, Said
from trigger_service.domain.place import DEFAULT
from trigger_service.domain.plan import Walk
from trigger_service.domain.spec import ExitReport, Handle, RunFolder, RunSpec
from trigger_service.domain.verification import Claims, Found, Reading

#: What is done to a child that has to stop, in order of severity.
Force = Literal["interrupt", "terminate", "kill"]
#: Takes what was said of targets, a few at a time.
Hear = Callable[[Sequence[Said]], object]
#: Takes how far a target has been read, and what was found.
Listen = Callable[[Reading | Found], object]


class Launcher(ABC):
    """Starts attempts, and finds, stops and buries them. A restarted service needs nothing but stored handles."""

    @abstractmethod
    def launch(self, spec: RunSpec, folder: RunFolder) -> Handle:
        """Write `spec.json` and start a child on it; raises LaunchFailed or ZygoteUnavailable."""

    @abstractmethod
    def poll(self, handles: Sequence[Handle]) -> Sequence[bool]:
        """Whether each child is alive, all in one call that nothing can hold up."""

    @abstractmethod
    def stop(self, handle: Handle, force: Force) -> None:
        """Interrupt the child, or terminate or kill it with everything it started. A child that is gone is no error."""

    @abstractmethod
    def settle(self, handle: Handle | None, folder: RunFolder) -> ExitReport:
        """The true outcome of an attempt whose child is gone (or never was known, handle None).

        Gives `exit.json` where there is one. Otherwise kills what is left of the child's group, takes the folder's
        lock, asks the root in a fresh check child whether it is complete, and writes `exit.json`: `succeeded`, or
        `lost` with what is known of the child's end. Blocks for as long as the check takes (bounded).
        """

    @abstractmethod
    def tend_pump(self, folder: RunFolder) -> bool:
        """See to it that the folder's output is being pumped; True once an ended attempt's log is whole."""


class Planner(ABC):
    """Asks a task and all that it requires what they would do, in processes of their own; runs nothing."""

    @abstractmethod
    def walk(self, spec: RunSpec, secrets: Mapping[str, str], unwanted: Callable[[], bool]) -> Walk:
        """What the tasks say, as far as they have said it by `spec.deadline`; nothing is left running.

        `unwanted` is asked again and again: once it is true, this raises PlanEnded. Raises LaunchFailed or
        ZygoteUnavailable where nobody can be asked.
        """

    @abstractmethod
    def survey(
        self, spec: RunSpec, secrets: Mapping[str, str], question: Question, unwanted: Callable[[], bool]
    ) -> Survey:
        """Of which values of the question's parameter the task of `spec` is complete; otherwise as `walk`."""

    @abstractmethod
    def move(
        self, spec: RunSpec, secrets: Mapping[str, str], order: Order, hear: Hear, unwanted: Callable[[], bool]
    ) -> str:
        """Look at the targets of tasks in the module of `spec`, or move them; `hear` is given what is said, as it is.

        Gives why it ended before it was through: empty where it was. It may be ordered again then, in part or as a
        whole. `unwanted`, and what this raises, as for `walk`.
        """

    @abstractmethod
    def verify(
        self, spec: RunSpec, secrets: Mapping[str, str], claims: Claims, listen: Listen, unwanted: Callable[[], bool]
    ) -> str:
        """Read targets of tasks in the module of `spec`; `listen` is given what is found, as it is.

        Gives why it ended before it was through: empty where it was. `unwanted`, and what this raises, as for `walk`.
        """


@dataclass(frozen=True)
class Pipeline:
    """One entry of the catalogue."""

    family: str
    module: str
    #: Each: name, type (Luigi's class name), schema (JSON Schema with default where there is one), required,
    #: description, expectation (what is expected, in words), significant, visibility, positional, batch, range (see
    #: `domain/ranges.py`).
    parameters: Sequence[Mapping[str, Any]] = ()
    doc: str = ""
    #: Families that require this one, as far as their code was seen; roots have none.
    required_by: Sequence[str] = ()
    root: bool = True
    owner: str = ""
    tags: Sequence[str] = ()
    file: str = ""
    line: int = 0
    #: Why runs of it start cold; empty for warm.
    cold: str = ""
    #: What has to be said of the import of its module, and of defaults that cannot be used; empty for most.
    remark: str = ""
    #: Why it cannot be triggered now: its code was changed and is broken, and this entry is as it was last; empty where
    #: it can.
    stale: str = ""
    location: str = DEFAULT


@dataclass(frozen=True)
class BrokenModule:
    """A module that cannot be imported, or of which a part cannot be offered."""

    module: str
    reason: str
    traceback: str
    #: Whether it has only not answered in time, and may be whole.
    late: bool = False


@dataclass(frozen=True)
class Catalogue:
    """All pipelines of a code location, roots first, and the modules that are broken."""

    pipelines: Sequence[Pipeline] = ()
    broken: Sequence[BrokenModule] = ()

    def find(self, family: str, module: str = "") -> Pipeline:
        """The pipeline of this family, in `module` where it is named; raises PipelineNotFound, AmbiguousPipeline.

        Raises PipelineUnknown where it may be in a module that has not answered in time.
        """
        named = [pipeline for pipeline in self.pipelines if pipeline.family == family]
        found = [pipeline for pipeline in named if module in ("", pipeline.module)]
        if len(found) > 1:
            raise AmbiguousPipeline(name=family, modules=", ".join(map(_where, found)), key=_telling(found))
        if not found:
            families = {f"{p.family} of {p.module}{_in_location(p)}": None for p in named}
            near = families or get_close_matches(family, {pipeline.family: None for pipeline in self.pipelines})
            name = f"{family[:200]} of {module[:200]}" if module else family[:200]
            for item in self.broken:
                if item.late:
                    raise PipelineUnknown(name=name, module=item.module, reason=item.reason)
            raise PipelineNotFound(name=name, nearest=tuple(near), broken=tuple(item.module for item in self.broken))
        return found[0]


def _where(pipeline: Pipeline) -> str:
    return f"{pipeline.module}{_in_location(pipeline)} ({pipeline.file}, line {pipeline.line})"


def _in_location(pipeline: Pipeline) -> str:
    return "" if pipeline.location == DEFAULT else f" of location {pipeline.location}"


def _telling(found: Sequence[Pipeline]) -> str:
    """The key of a request that tells these pipelines apart."""
    return "location" if len({pipeline.location for pipeline in found}) > 1 else "module"


@dataclass(frozen=True)
class Validated:
    """A request's parameters as the pipeline's own classes understand them."""

    #: JSON values, normalized, defaults filled in.
    parameters: Mapping[str, Any]
    #: As Luigi serializes them.
    texts: Mapping[str, str]
    task_id: str
    code_fingerprint: str = ""
    #: Of private and hidden parameters: never shown, stored or logged in clear.
    secrets: Mapping[str, str] = field(default_factory=dict)
    #: `[core] workers` of the project: how many tasks may run at a time; 0 where that cannot be read.
    workers: int = 1


class CodeHost(ABC):
    """A place that has the users' modules imported (the zygote tree), and answers questions about them."""

    @abstractmethod
    def catalogue(self) -> Catalogue:
        """What there is to trigger, as of the code now; raises ZygoteUnavailable."""

    @abstractmethod
    def validate(self, module: str, family: str, parameters: Mapping[str, Any]) -> Validated:
        """Judge a request's parameters; raises InvalidParameters with every problem at once, or PipelineBroken."""

    @abstractmethod
    def health(self) -> str:
        """Empty when it can launch, otherwise the reason why not."""
