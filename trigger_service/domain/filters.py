"""Which payloads of a webhook, runs or files start a run: conditions on what stands at JSON pointers. Pure.

A filter is one of

    {"pointer": "/ref", "equals": "refs/heads/main"}
    {"pointer": "/action", "in": ["opened", "reopened"]}
    {"pointer": "/ref", "matches": "refs/tags/v*"}          a text, by a glob (*, ?, [ab], [!ab]), case counts
    {"pointer": "/deleted_at", "exists": false}             null exists
    {"all": [filter, ...]}   {"any": [filter, ...]}   {"not": filter}
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Mapping, Tuple, Union

from trigger_service.domain.definitions import Findings
from trigger_service.domain.errors import InvalidRequest
from trigger_service.domain.mistakes import cut, shown
from trigger_service.domain.pointers import ABSENT, Pointer

FILTER = Pointer.of("filter")
_OPERATORS = ("equals", "in", "matches", "exists")
_GROUPS = ("all", "any")
#: What is expected of a value, and what where the opposite is wanted.
_EXPECTED = {
    "equals": ("", "anything but "),
    "in": ("one of ", "none of "),
    "matches": ("a text like ", "no text like "),
}
#: Of reasons that are told together: how many, and characters in all.
_TOLD_REASONS = 3
_REASON_CHARACTERS = 500


@dataclass(frozen=True)
class Verdict:
    """Whether something passes a filter; `reason` says in one line why not, empty where it passes."""

    passes: bool
    reason: str = ""


@dataclass(frozen=True)
class Condition:
    """What stands at a pointer is as the operator (`equals`, `in`, `matches`, `exists`) and its operand say."""

    pointer: Pointer
    operator: str
    operand: Any

    def judge(self, document: Any, wanted: bool = True) -> Verdict:
        """Whether it holds, or where that is wanted, does not."""
        found = self.pointer.value(document)
        if self._holds(found) is wanted:
            return Verdict(True)
        is_found = "absent" if found is ABSENT else shown(found)
        return Verdict(False, f"{self.pointer.name} is {is_found}, expected {self._expected(wanted)}")

    def _holds(self, found: Any) -> bool:
        if self.operator == "exists":
            return (found is not ABSENT) is self.operand
        if self.operator == "matches":
            return isinstance(found, str) and fnmatchcase(found, self.operand)
        return any(_same(found, value) for value in (self.operand if self.operator == "in" else [self.operand]))

    def _expected(self, wanted: bool) -> str:
        if self.operator == "exists":
            return "a value" if self.operand is wanted else "nothing there"
        return _EXPECTED[self.operator][0 if wanted else 1] + shown(self.operand)


@dataclass(frozen=True)
class Not:
    """What the filter in it refuses."""

    member: Filter

    def judge(self, document: Any, wanted: bool = True) -> Verdict:
        """Whether it holds, or where that is wanted, does not."""
        return self.member.judge(document, not wanted)


@dataclass(frozen=True)
class Group:
    """`all` or `any` of some filters."""

    operator: str
    members: Tuple[Filter, ...]

    def judge(self, document: Any, wanted: bool = True) -> Verdict:
        """Whether it holds, or where that is wanted, does not. Not all of them is any of their opposites."""
        verdicts = [member.judge(document, wanted) for member in self.members]
        refused = [verdict for verdict in verdicts if not verdict.passes]
        if (self.operator == "all") is wanted:
            return refused[0] if refused else Verdict(True)
        if len(refused) < len(verdicts):
            return Verdict(True)
        more = [f"{len(refused) - _TOLD_REASONS} more"] if len(refused) > _TOLD_REASONS else []
        told = [verdict.reason for verdict in refused[:_TOLD_REASONS]]
        return Verdict(False, cut("; and ".join(told + more), _REASON_CHARACTERS))


Filter = Union[Condition, Group, Not]


def parse_filter(definition: Any, at: Pointer = FILTER) -> Filter:
    """The filter that stands `at` a place in a request. Raises InvalidRequest with everything wrong in it."""
    findings = Findings()
    parsed = _filter(findings, at, definition) if findings.depth(at, definition) else _NOTHING
    if findings.problems:
        raise InvalidRequest(findings.problems)
    return parsed


#: Stands for what cannot be used.
_NOTHING = Condition(Pointer.of(), "exists", True)


def _filter(findings: Findings, at: Pointer, definition: Any) -> Filter:
    if not isinstance(definition, Mapping):
        example = '{"pointer": "/ref", "equals": "refs/heads/main"}'
        findings.add(at, f"expected a filter, as in {example}, not {shown(definition)}")
        return _NOTHING
    known = findings.keys(at, definition, ("pointer", *_OPERATORS, *_GROUPS, "not"))
    named = [key for key in (*_OPERATORS, *_GROUPS, "not") if key in definition]
    if len(named) != 1:
        had = f"not {' and '.join(named)}" if named else "there is none"
        if named or known:
            findings.add(at, f"expected one of {', '.join((*_OPERATORS, *_GROUPS, 'not'))}; {had}")
        return _NOTHING
    operator, operand = named[0], definition[named[0]]
    if operator in _OPERATORS:
        return _condition(findings, at, definition, operator)
    if "pointer" in definition:
        findings.add(at / "pointer", f"goes with {', '.join(_OPERATORS)}; the filters in {operator} have their own")
    if operator == "not":
        return Not(_filter(findings, at / "not", operand))
    if not isinstance(operand, list) or not operand:
        findings.add(at / operator, f"expected a list of filters, not {shown(operand)}")
        return _NOTHING
    return Group(operator, tuple(_filter(findings, at / operator / i, member) for i, member in enumerate(operand)))


def _condition(findings: Findings, at: Pointer, definition: Mapping[str, Any], operator: str) -> Filter:
    operand = definition[operator]
    expected = _operand_fault(operator, operand)
    if expected:
        findings.add(at / operator, f"expected {expected}, not {shown(operand)}")
    if "pointer" not in definition:
        findings.add(at, f'{operator} needs a "pointer" to what it is about, as in "/ref"')
        return _NOTHING
    return Condition(findings.pointer(at / "pointer", definition["pointer"]), operator, operand)


def _operand_fault(operator: str, operand: Any) -> str:
    """What was expected of an operand that cannot be used."""
    if operator == "in" and (not isinstance(operand, list) or not operand):
        return "a list of values"
    if operator == "exists" and not isinstance(operand, bool):
        return "true or false"
    if operator == "matches":
        try:
            fnmatchcase("", operand if isinstance(operand, str) else "")
        except re.error:
            return "a glob whose ranges go upwards, as in [a-z]"
        return "" if isinstance(operand, str) else "a glob, as in refs/tags/*"
    return ""


def _same(a: Any, b: Any) -> bool:
    """Whether two JSON values are the same: 1 is 1.0, and is not true."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(value, b[key]) for key, value in a.items())
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same, a, b))
    return bool(a == b)
