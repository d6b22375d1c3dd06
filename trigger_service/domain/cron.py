"""What a cron expression may look like, and what is wrong with one; `service/occurrences.py` knows when it fires.

Five fields: minute 0-59, hour 0-23, day-of-month 1-31, month 1-12 or JAN-DEC, day-of-week 0-7 or SUN-SAT (0 and 7 are
Sunday; names in any case). A field is a list, by commas, of

    *           every value              a           one value
    a-b         from a up to b           a/n         every n-th from a to the end of the field
    */n         every n-th of the field  a-b/n       every n-th from a up to b

and for days also: day-of-month `L` (the last day of the month), `LW` (its last day from Monday to Friday), day-of-week
`5L` (the last Friday of the month), `FRI#2` or `5#2` (the second Friday). Where both fields of days are given, a day
that fits either of them counts; where one of them begins with `*`, both have to fit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Iterator, List, Mapping, Optional, Tuple

NAMED: Mapping[str, str] = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
LONGEST = 1000


@dataclass(frozen=True)
class Field:
    """One of the five fields: its name, its values from `low` to `high`, and their names."""

    name: str
    low: int
    high: int
    names: Mapping[str, int] = field(default_factory=dict)

    @property
    def expected(self) -> str:
        """What a value of it looks like."""
        names = list(self.names)
        return f"{self.low}-{self.high}" + (f" or {names[0]}-{names[-1]}" if names else "")

    def value(self, text: str) -> Optional[int]:
        """The value that the text stands for, None for none."""
        if text.upper() in self.names:
            return self.names[text.upper()]
        number = int(text) if re.fullmatch("[0-9]{1,4}", text) else -1
        return number if self.low <= number <= self.high else None


MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
FIELDS: Tuple[Field, ...] = (
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day-of-month", 1, 31),
    Field("month", 1, 12, {name: number for number, name in enumerate(MONTHS, 1)}),
    Field("day-of-week", 0, 7, {name: number for number, name in enumerate(DAYS)}),
)

#: Forms of days that are one term whole.
SPECIAL: Mapping[str, str] = {"day-of-month": "LW?", "day-of-week": f"[0-7]L|([0-7]|{'|'.join(DAYS)})#[1-5]"}
#: What other programs write (as a pattern), and what to write here.
FOREIGN: Tuple[Tuple[str, str], ...] = (
    (r"\?", "? is not used here; write *"),
    (r"H(\(.*)?", "H (a hashed value) is not used here; write a value, and spread schedules by jitter_s"),
    (r".*W", "of the forms with W there is only LW, in day-of-month; write a day"),
    (r".*#.*", "# is for day-of-week only, from #1 to #5 and without a step; write FRI#2 for the second Friday"),
    (r"L.*|.*L", "of the forms with L there are L and LW in day-of-month, and 5L (the last Friday) in day-of-week"),
)


def five_fields(expression: str) -> str:
    """The expression with an @-name written out; what is no known one is given back as it is."""
    return NAMED.get(expression.strip().lower(), expression)


def placed(expression: str) -> List[Tuple[int, str]]:
    """The fields with their columns, counted from 1."""
    return [(match.start() + 1, match.group()) for match in re.finditer(r"\S+", expression)]


def faults(expression: str) -> Iterator[str]:
    """The first thing that is wrong with each field: its name, the column, what was expected, and the mend."""
    fields = placed(expression)
    if len(expression) > LONGEST:
        yield f"column {LONGEST + 1}: the expression is longer than {LONGEST} characters; use ranges and steps"
    elif fields and fields[0][1].startswith("@"):
        yield from _name_fault(*fields[0], alone=len(fields) == 1)
    elif len(fields) != len(FIELDS):
        yield _count_fault(expression, fields)
    else:
        for known, (column, text) in zip(FIELDS, fields):  # noqa: B905 (Python 3.9 has no strict)
            fault = _list_fault(known, text, column)
            if fault:
                yield fault


def _name_fault(column: int, name: str, alone: bool) -> Iterator[str]:
    if name.lower() == "@reboot":
        yield (
            f"column {column}: @reboot is no time at which something could fire: the service starts when it is updated "
            "or taken up again, too; start a run from what starts the machine (luigi-trigger run NAME)"
        )
    elif name.lower() not in NAMED:
        mend = "; for @every use the kind interval" if name.lower() == "@every" else ""
        yield f"column {column}: {name!r} is not known; expected one of {', '.join(NAMED)}, or five fields{mend}"
    elif not alone:
        yield f"column {column + len(name) + 1}: nothing may follow {name}; delete the rest, or write five fields"


def _count_fault(expression: str, fields: List[Tuple[int, str]]) -> str:
    if len(fields) < len(FIELDS):
        missing = FIELDS[len(fields)].name
        column = len(expression.rstrip()) + 1
        return (
            f"{missing}, column {column}: the field is missing: expected five fields (minute, hour, day-of-month, "
            f"month, day-of-week), and there are {len(fields)}; write * for every {missing}"
        )
    column = fields[len(FIELDS)][0]
    if len(fields) == len(FIELDS) + 1:
        return (
            f"column {column}: a sixth field: expected five, without seconds, for cron goes by minutes; delete the "
            "field of the seconds, or use the kind interval (30 seconds)"
        )
    return f"column {column}: expected five fields, and there are {len(fields)}; give the times only, without a command"


def _list_fault(known: Field, text: str, column: int) -> Optional[str]:
    for term in text.split(","):
        fault = _term_fault(known, term, column)
        if fault:
            at, what = fault
            return f"{known.name}, column {at}: {what}"
        column += len(term) + 1
    return None


def _term_fault(known: Field, term: str, column: int) -> Optional[Tuple[int, str]]:
    """The column and the fault of one term of a list."""
    base, slash, step = term.partition("/")
    if base == "*":
        return _step_fault(known, step, column + 2) if slash else None
    if known.name in SPECIAL and re.fullmatch(SPECIAL[known.name], term.upper()):
        return None
    low, dash, high = base.partition("-")
    ends = ((column, low), (column + len(low) + 1, high)) if dash else ((column, low),)
    for at, text in ends:
        if known.value(text) is None:
            return at, _value_fault(known, text)
    first, last = known.value(low), known.value(high if dash else low)
    assert first is not None
    assert last is not None
    if last < first:
        return column, _downward(known, base, low, first, last)
    if slash and dash and first == last:
        return column + len(base), f"{base!r} is one value, so it has no step; write {low}"
    return _step_fault(known, step, column + len(base) + 1) if slash else None


def _value_fault(known: Field, text: str) -> str:
    if not text:
        return f"a value is missing: expected {known.expected}; write one, or delete the sign beside it"
    hint = next(
        (mend for form, mend in FOREIGN if re.fullmatch(form, text.upper())), "write one of these values, or * for all"
    )
    return f"{text!r} is none: expected {known.expected}; {hint}"


def _downward(known: Field, base: str, low: str, first: int, last: int) -> str:
    if known.name == "day-of-week" and last == 0:
        mend = f"write {low}-7: Sunday is 7, too"
    else:
        mend = f"write {first}-{known.high},{known.low}-{last}"
    return f"{base!r} goes down: expected a range from the smaller value to the larger; {mend}"


def _step_fault(known: Field, step: str, column: int) -> Optional[Tuple[int, str]]:
    size = known.high - known.low + 1
    number = int(step) if re.fullmatch("[0-9]{1,4}", step) else 0
    if 1 <= number <= size:
        return None
    mend = "steps begin anew with each field, so for longer ones use the kind interval" if number else "write a number"
    return column, f"the step {step!r} is none: expected 1-{size}; {mend}"
