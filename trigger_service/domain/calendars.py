"""Calendars of completeness: of each value of one parameter, whether the task of it is complete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Literal, Mapping, Optional, Tuple

from trigger_service.domain.errors import Problem
from trigger_service.domain.plan import Fault

#: What a task says of itself; `unknown` where it raised, or was not asked in time.
Status = Literal["complete", "missing", "unknown"]
STATUSES: Tuple[Status, ...] = ("complete", "missing", "unknown")


@dataclass(frozen=True)
class Question:
    """What a plan child is asked instead of a plan: the values of a parameter, as somebody wrote them (JSON)."""

    parameter: str
    values: Tuple[Any, ...]

    def to_json(self) -> Dict[str, Any]:
        """The content of `question.json`."""
        return {"parameter": self.parameter, "values": list(self.values)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Question:
        """Read what `to_json` gave."""
        return cls(value["parameter"], tuple(value["values"]))


@dataclass(frozen=True)
class Answer:
    """What was found of one value, and why, in one line."""

    status: Status
    reason: str


@dataclass(frozen=True)
class Survey:
    """What a plan child has found of a question."""

    #: JSON values, each once, as the parameter's own class writes them; None where it was cut before it had read them.
    values: Optional[Tuple[Any, ...]]
    #: In the order of `values`, as far as it came.
    answers: Tuple[Answer, ...]
    #: What is wrong with the values; none is asked about then.
    problems: Tuple[Problem, ...] = ()
    #: Why it ended before it was through; empty where it was.
    cut: str = ""
    #: Why nothing could be asked at all.
    refusal: Optional[Fault] = None
    printed: str = ""

    def items(self, question: Question) -> Tuple[Item, ...]:
        """Every value with what is known of it."""
        values = question.values if self.values is None else self.values
        silent = [Answer("unknown", self.cut)] * (len(values) - len(self.answers))
        said = [*self.answers, *silent]
        return tuple(Item(value, said[index].status, said[index].reason) for index, value in enumerate(values))


@dataclass(frozen=True)
class Item:
    """One value of a calendar, as the parameter's own class writes it."""

    value: Any
    status: Status
    reason: str


@dataclass(frozen=True)
class Calendar:
    """A whole calendar, in the order of the question, each value once."""

    pipeline: str
    parameter: str
    items: Tuple[Item, ...]
    #: Why not every task was asked; empty where each was.
    cut: str = ""
    #: What the tasks printed while they were asked, its beginning.
    printed: str = ""

    def counts(self) -> Dict[Status, int]:
        """How many values are of each status, statuses without any included."""
        return {status: sum(item.status == status for item in self.items) for status in STATUSES}
