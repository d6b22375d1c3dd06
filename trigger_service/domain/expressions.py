"""What may stand in the braces of a template: a closed grammar. Pure.

expression = "schedule" | "fire_time" offsets {"|" "floor" UNIT offsets} ["|" filter]
offsets    = {("+" | "-") NUMBER UNIT}
filter     = one of `moments.FORMATS` | "format" QUOTED
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import List, Optional, Tuple, Union

from trigger_service.domain import moments
from trigger_service.domain.mistakes import Mistake, mend
from trigger_service.domain.moments import DIRECTIVES, FORMATS, UNITS

_VARIABLES = ("fire_time", "schedule")
_FILTERS = (*FORMATS, "format", "floor")
_MOST_DIGITS = 9
_TOKEN = re.compile(
    r"""(?P<name>[^\W\d]\w*)|(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<sign>[+-])|(?P<pipe>\|)
    |(?P<quoted>"[^"]*"|'[^']*')|(?P<unclosed>["'].*)|(?P<other>\S)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Offset:
    """So many units later, or earlier."""

    count: int
    unit: str

    def apply(self, moment: datetime) -> datetime:
        """The moment, moved."""
        return moments.moved(moment, self.count, self.unit)


@dataclass(frozen=True)
class Floor:
    """Back to the begin of a unit."""

    unit: str

    def apply(self, moment: datetime) -> datetime:
        """The moment, taken back."""
        return moments.floored(moment, self.unit)


Step = Union[Offset, Floor]


@dataclass(frozen=True)
class Expression:
    """A variable; if it is the fire time, taken through the steps from left to right and written in a format."""

    variable: str
    steps: Tuple[Step, ...] = ()
    form: str = FORMATS["iso"]

    def text(self, fire_time: datetime, schedule: str) -> str:
        """The value as text. Raises OverflowError where a step leads beyond the years 1 to 9999."""
        if self.variable == "schedule":
            return schedule
        for step in self.steps:
            fire_time = step.apply(fire_time)
        return moments.written(moments.existing(fire_time), self.form)


def parse_expression(text: str) -> Tuple[Expression, List[Mistake]]:
    """The expression, and everything wrong in its text; where that is anything, the expression means nothing."""
    reader = _Reader(text)
    return reader.expression(), reader.mistakes


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    position: int

    def __str__(self) -> str:
        return "}}" if self.kind == "end" else repr(self.text)


class _Reader:
    """Reads the tokens of one expression from left to right; after a mistake it goes on with the next step."""

    def __init__(self, text: str) -> None:
        self.mistakes: List[Mistake] = []
        self._tokens = [
            _Token(str(found.lastgroup), found.group(), found.start() + 1) for found in _TOKEN.finditer(text)
        ]
        self._tokens.append(_Token("end", "", len(text) + 1))
        self._next = 0

    def expression(self) -> Expression:
        variable = self._word("variable", _VARIABLES)
        if variable == "schedule":
            self._step_ends("}} (nothing can be done to a name)")
            return Expression(variable)
        steps: List[Step] = []
        self._step_ends("+, -, | or }}", "sign", "pipe")
        self._offsets(steps)
        form = None
        while self._token.kind == "pipe" and form is None:
            self._next += 1
            form = self._filter(steps)
        return Expression("fire_time", tuple(steps), FORMATS["iso"] if form is None else form)

    def _offsets(self, steps: List[Step]) -> None:
        while self._token.kind == "sign":
            sign = self._take("sign", "+ or -")
            count = self._count()
            unit = self._unit("- 1 day") if count is not None else None
            if count is not None and unit is not None:
                steps.append(Offset(-count if sign and sign.text == "-" else count, unit))
            self._step_ends("+, -, | or }}", "sign", "pipe")

    def _filter(self, steps: List[Step]) -> Optional[str]:
        """Reads what follows a `|`: the format that it makes the moment a text with; None where it stays a moment."""
        name = self._word("filter", _FILTERS)
        if name == "floor":
            unit = self._unit("floor month")
            steps += [Floor(unit)] if unit else []
            self._step_ends("+, -, | or }}", "sign", "pipe")
            self._offsets(steps)
            return None
        form = self._format() if name == "format" else FORMATS.get(name or "")
        if name is not None:
            self._step_ends(f"}}}} ({name} gives a text, and is the last step)")
        return form

    def _format(self) -> Optional[str]:
        quoted = self._take("quoted", 'a format in quotation marks, as in format "%Y/%m/%d"')
        if quoted is None:
            return None
        form = quoted.text[1:-1]
        for index, directive in moments.unknown_directives(form):
            what = f"there is no directive {directive!r}; there are: {', '.join(DIRECTIVES)}"
            self.mistakes.append(Mistake(quoted.position + 1 + index, what))
        return form

    def _count(self) -> Optional[int]:
        number = self._take("number", "a number, as in - 1 day")
        if number is None:
            return None
        if not number.text.isdigit() or len(number.text) > _MOST_DIGITS:
            what = f"expected a whole number of at most {_MOST_DIGITS} digits, not {number.text[:40]}"
            self.mistakes.append(Mistake(number.position, what))
            return 0
        return int(number.text)

    def _unit(self, example: str) -> Optional[str]:
        word = self._word("unit", UNITS, plural=True, example=f", as in {example}")
        return word and word.rstrip("s")

    def _word(self, what: str, known: Tuple[str, ...], plural: bool = False, example: str = "") -> Optional[str]:
        """The next token, which is to be one of the known words; else that is a mistake."""
        token = self._take("name", f"a {what} ({', '.join(known)}){example}")
        if token is None or token.text in known or (plural and token.text[:-1] in known and token.text[-1] == "s"):
            return token.text if token else None
        self.mistakes.append(Mistake(token.position, f"there is no {what} {token}; {mend(token.text, known)}"))
        self._skip("sign", "pipe")
        return None

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next]

    def _take(self, kind: str, expected: str) -> Optional[_Token]:
        """The next token where it is of this kind; else that is a mistake, and the rest of the step is passed over."""
        token = self._token
        if token.kind == kind:
            self._next += 1
            return token
        self._unexpected(expected)
        self._skip("sign", "pipe")
        return None

    def _step_ends(self, expected: str, *following: str) -> None:
        """What is left of a step is a mistake."""
        if self._token.kind not in (*following, "end"):
            self._unexpected(expected)
            self._skip(*following)

    def _unexpected(self, expected: str) -> None:
        token = self._token
        if token.kind == "unclosed":
            what = f"the quotation mark is not closed; expected another {token.text[0]} before }}}}"
        else:
            what = f"expected {expected}, not {token}"
        self.mistakes.append(Mistake(token.position, what))

    def _skip(self, *until: str) -> None:
        while self._token.kind not in (*until, "end"):
            self._next += 1
