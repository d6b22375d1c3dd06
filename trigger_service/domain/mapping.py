"""Parameters taken from a document: a webhook's payload, an upstream run, the named groups of a file's name. Pure.

A mapping is `{parameter: source}`; a source is one of

    "/repository/name"                          what stands at the JSON pointer (RFC 6901)
    {"pointer": "/a", "default": 5}             the same, and what to take where nothing stands there
    {"value": 5}                                always this
    "s3://{/bucket}/{/key}"                     a text with what stands at the pointers; `{{` is a literal `{`
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Tuple, Union

from trigger_service.domain.braces import Braces
from trigger_service.domain.definitions import Findings
from trigger_service.domain.errors import InvalidParameters, Problem
from trigger_service.domain.mistakes import Mistake, shown
from trigger_service.domain.pointers import ABSENT, PARAMETERS, Pointer, parse_pointer

BRACES = Braces("{", "}")
_KEYS = ("pointer", "default", "value")


@dataclass(frozen=True)
class Constant:
    """Always the same JSON value."""

    value: Any

    def read(self, _document: Any) -> Tuple[Any, List[str]]:
        """The value."""
        return self.value, []


@dataclass(frozen=True)
class Member:
    """What stands at a pointer, of any type; the default where nothing stands there (null is something)."""

    pointer: Pointer
    default: Any = ABSENT

    def read(self, document: Any) -> Tuple[Any, List[str]]:
        """The value, and what is in the way of it."""
        found = self.pointer.value(document)
        found = self.default if found is ABSENT else found
        return found, [self.pointer.absence(document)] if found is ABSENT else []


@dataclass(frozen=True)
class Joined:
    """Texts, and what stands at pointers: texts, numbers and truth values, these as JSON writes them."""

    source: str
    pieces: Tuple[Union[str, Pointer], ...]

    def read(self, document: Any) -> Tuple[Any, List[str]]:
        """The text, and what is in the way of it."""
        texts, faults = [], []
        for piece in self.pieces:
            found = piece.value(document) if isinstance(piece, Pointer) else piece
            if isinstance(found, str):
                texts.append(found)
            elif isinstance(found, (bool, int, float)):
                texts.append(json.dumps(found))
            elif isinstance(piece, Pointer):
                said = f"{piece.name} is {shown(found)}; expected a text, a number, true or false"
                faults.append(f"{self.source!r}: {piece.absence(document) if found is ABSENT else said}")
        return "".join(texts), faults


Source = Union[Constant, Member, Joined]


@dataclass(frozen=True)
class ParameterMapping:
    """From which source each parameter is taken."""

    sources: Tuple[Tuple[str, Source], ...]
    #: Of the parameters, in problems.
    at: Pointer

    def parameters(self, document: Any) -> Dict[str, Any]:
        """The JSON values of the parameters. Raises InvalidParameters with everything that the document lacks."""
        values, problems = {}, []
        for name, source in self.sources:
            values[name], faults = source.read(document)
            problems += [Problem(str(self.at / name), fault) for fault in faults]
        if problems:
            raise InvalidParameters(problems)
        return values


def parse_mapping(definition: Any, at: Pointer = PARAMETERS) -> ParameterMapping:
    """The mapping that stands `at` a place in a request. Raises InvalidParameters with everything wrong in it."""
    findings = Findings()
    sources: List[Tuple[str, Source]] = []
    if not isinstance(definition, Mapping):
        findings.add(at, f'expected an object, as in {{"day": "/date"}}, not {shown(definition)}')
    elif findings.depth(at, definition):
        sources = [(name, _source(findings, at / name, source)) for name, source in definition.items()]
    if findings.problems:
        raise InvalidParameters(findings.problems)
    return ParameterMapping(tuple(sources), at)


def _source(findings: Findings, at: Pointer, definition: Any) -> Source:
    if isinstance(definition, str) and BRACES.opening in definition:
        return _joined(findings, at, definition)
    constant = f'(a constant is written {{"value": {shown(definition)}}})'
    if isinstance(definition, str):
        if definition and not definition.startswith("/"):
            findings.add(
                at, f"{shown(definition)}, position 1: expected a JSON pointer, which begins with / {constant}"
            )
            return Constant(None)
        return Member(findings.pointer(at, definition))
    if not isinstance(definition, Mapping):
        findings.add(at, f"expected a JSON pointer, a text with pointers in braces, or an object {constant}")
        return Constant(None)
    known = findings.keys(at, definition, _KEYS)
    if known and ("pointer" in definition) == ("value" in definition):
        findings.add(at, 'expected one of "pointer" and "value"')
    if "value" in definition:
        if "default" in definition:
            findings.add(at / "default", "a constant needs none; a default goes with a pointer")
        return Constant(definition["value"])
    pointer = findings.pointer(at / "pointer", definition["pointer"]) if "pointer" in definition else Pointer.of()
    return Member(pointer, definition.get("default", ABSENT))


def _joined(findings: Findings, at: Pointer, text: str) -> Source:
    """The text with pointers in braces that stands at a place."""
    split, mistakes = BRACES.split(text)
    pieces: List[Union[str, Pointer]] = []
    for piece in split:
        if isinstance(piece, str):
            pieces.append(piece)
            continue
        pointer, wrong = parse_pointer(piece.content)
        pieces.append(pointer)
        mistakes += [mistake.moved(piece.position - 1) for mistake in wrong]
        if not piece.content:
            mistakes.append(Mistake(piece.position, "expected a JSON pointer, as in {/key}, not the end"))
    findings.add_mistakes(at, text, sorted(mistakes, key=lambda mistake: mistake.position))
    return Joined(text, tuple(pieces))
