"""Forms of many fields: what was written in them becomes the body that the API takes, and mistakes find their field.

A field is named after what it is of the body, with points: `timing.expression` is `/timing/expression`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trigger_service.domain.errors import InvalidRequest, Problem
from trigger_service.domain.pointers import parse_pointer
from trigger_service.web.pages.forms import number

#: Members of bodies whose own members have fields of their own.
GROUPS = ("timing", "parameters", "source", "mapping", "range", "channel")
#: Makes the value of what was written; raises ValueError with what is wrong with it.
Reader = Callable[[str], Any]


def decimal(text: str) -> Any:
    """What somebody wrote where a number is expected that need not be whole: it, or the text, which is refused."""
    found = number(text)
    if isinstance(found, str) and re.fullmatch(r"-?[0-9]{1,18}\.[0-9]{1,18}", found):
        return float(found)
    return found


def words(text: str) -> list[str]:
    """What stands between commas, spaces and line ends."""
    return [word for word in re.split(r"[,\s]+", text) if word]


def pairs(text: str) -> dict[str, str]:
    """`team=data`, a pair a line."""
    found = {}
    for pair in filter(None, map(str.strip, text.splitlines())):
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise ValueError(f"{pair!r} is none: expected NAME=VALUE, a pair a line")
        found[name.strip()] = value.strip()
    return found


def json_value(text: str) -> Any:
    """A JSON value."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"This is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from error


def checked(text: str) -> bool:
    """Whether a box is checked: its value is `yes`."""
    return text == "yes"


@dataclass(frozen=True)
class Form:
    """What stands in the fields, and what is wrong with it."""

    sent: Mapping[str, str] = field(default_factory=dict)
    problems: Sequence[Problem] = ()

    def text(self, name: str, otherwise: str = "") -> str:
        """What stands in a field."""
        return self.sent.get(name, otherwise)

    def has(self, *names: str) -> bool:
        """Whether something stands in one of these fields, or is wrong with one."""
        return any(self.text(name) or self.mistake(name) for name in names)

    def leads(self, name: str) -> bool:
        """Whether the first mistake is in this field: it is the one to begin with."""
        return bool(self.problems) and _is_of(name, self.problems[0])

    def mistake(self, name: str) -> str:
        """What is wrong with a field, or in it."""
        return " ".join(dict.fromkeys(each.detail for each in self.problems if _is_of(name, each)))

    def mistakes(self) -> list[tuple[str, str]]:
        """Everything that is wrong: of which field, and what."""
        return [(_field_of(each), each.detail) for each in self.problems]

    def refused(self, problems: Sequence[Problem]) -> Form:
        """The same, with what is wrong with it."""
        return Form(self.sent, problems)

    def body(self, readers: Mapping[str, Reader]) -> dict[str, Any]:
        """The body that the fields make which have a reader, those aside that are empty; raises InvalidRequest.

        A reader of `parameters.*` is for all fields of that kind.
        """
        made: dict[str, Any] = {}
        problems = []
        for name, text in self.sent.items():
            group, _, member = name.partition(".")
            reader = readers.get(name) or readers.get(f"{group}.*")
            if reader is None or not text.strip():
                continue
            try:
                value = reader(text)
            except ValueError as error:
                problems.append(Problem("/" + name.replace(".", "/"), str(error)))
                continue
            if member:
                made.setdefault(group, {})[member] = value
            else:
                made[name] = value
        if problems:
            raise InvalidRequest(problems)
        return made


def _field_of(problem: Problem) -> str:
    """The field in which something is wrong, as far as the pointer tells: a list is one field."""
    keys = parse_pointer(problem.pointer)[0].keys
    return ".".join(keys[:2] if keys[:1] and keys[0] in GROUPS else keys[:1])


def _is_of(name: str, problem: Problem) -> bool:
    keys = parse_pointer(problem.pointer)[0].keys
    own = tuple(name.split("."))
    return keys[: len(own)] == own
