"""Parameters of a schedule as templates of the fire time: `{{ fire_time - 1 day | date }}`. Pure.

Parsed once, where every mistake is found; rendered for each fire. `docs/templates.md` is the reference of the language.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Callable, Dict, List, Mapping, Tuple, Union

from trigger_service.domain.braces import Braces
from trigger_service.domain.definitions import Findings
from trigger_service.domain.errors import InvalidParameters, Problem
from trigger_service.domain.expressions import Expression, parse_expression
from trigger_service.domain.mistakes import Mistake
from trigger_service.domain.pointers import PARAMETERS, Pointer

BRACES = Braces("{{", "}}")


@dataclass(frozen=True)
class Template:
    """A text with expressions in it."""

    #: How it was written.
    source: str
    #: Texts as they are, and expressions, each with the position (1-based) where it begins.
    pieces: Tuple[Union[str, Tuple[int, Expression]], ...]

    def render(self, fire_time: datetime, schedule: str) -> Tuple[str, List[Mistake]]:
        """The text, and each expression that leads beyond the years 1 to 9999."""
        texts, mistakes = [], []
        for piece in self.pieces:
            if isinstance(piece, str):
                texts.append(piece)
                continue
            position, expression = piece
            try:
                texts.append(expression.text(fire_time, schedule))
            except (OverflowError, ValueError):
                what = f"from {fire_time.isoformat()} this leads beyond the years 1 to 9999"
                mistakes.append(Mistake(position, what))
        return "".join(texts), mistakes


@dataclass(frozen=True)
class ParameterTemplates:
    """Parameters whose texts are templates, as deep as they stand in lists and objects."""

    _parameters: Dict[str, Any]
    #: Of the parameters in what they stand in.
    _pointer: Pointer

    def render(self, fire_time: datetime, schedule: str) -> Dict[str, Any]:
        """The JSON values for a fire of the schedule; `fire_time` is aware, with the tzinfo of the schedule's zone.

        Raises InvalidParameters with every template that leads beyond the years 1 to 9999.
        """
        problems: List[Problem] = []

        def rendered(node: Any, pointer: Pointer) -> Any:
            if not isinstance(node, Template):
                return node
            text, mistakes = node.render(fire_time, schedule)
            problems.extend(Problem(str(pointer), mistake.told(node.source)) for mistake in mistakes)
            return text

        parameters: Dict[str, Any] = _each(self._parameters, self._pointer, rendered)
        if problems:
            raise InvalidParameters(problems)
        return parameters


def parse_parameters(parameters: Mapping[str, Any], at: Pointer = PARAMETERS) -> ParameterTemplates:
    """The templates of JSON parameters, which stand `at` a place in a request.

    Raises InvalidParameters with every mistake.
    """
    findings = Findings()

    def parsed(node: Any, pointer: Pointer) -> Any:
        if not isinstance(node, str):
            return node
        template, mistakes = parse_template(node)
        findings.add_mistakes(pointer, node, mistakes)
        return template

    usable = findings.depth(at, parameters)
    tree = _each(parameters, at, parsed) if usable else {}
    if findings.problems:
        raise InvalidParameters(findings.problems)
    return ParameterTemplates(tree, at)


def parse_template(text: str) -> Tuple[Template, List[Mistake]]:
    """The template, and everything wrong in its text; where that is anything, the template means nothing."""
    split, mistakes = BRACES.split(text)
    pieces: List[Union[str, Tuple[int, Expression]]] = []
    for piece in split:
        if isinstance(piece, str):
            pieces.append(piece)
        else:
            expression, wrong = parse_expression(piece.content)
            pieces.append((piece.position, expression))
            mistakes += [mistake.moved(piece.position - 1) for mistake in wrong]
    return Template(text, tuple(pieces)), sorted(mistakes, key=lambda mistake: mistake.position)


def _each(node: Any, pointer: Pointer, change: Callable[[Any, Pointer], Any]) -> Any:
    """The same lists and objects, with each other value changed; keys stay as they are."""
    if isinstance(node, Mapping):
        return {key: _each(value, pointer / key, change) for key, value in node.items()}
    if isinstance(node, (list, tuple)):
        return [_each(value, pointer / index, change) for index, value in enumerate(node)]
    return change(node, pointer)
