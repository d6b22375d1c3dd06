"""From a parameter to a field of a form, and from what somebody wrote there to the JSON value it stands for. Pure.

Nothing is judged here: a text that is no value of its parameter stays a text, so that the pipeline's own code says what
is wrong with it, in the words of the API. What is the default is no value: the default of where it runs holds then.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, NoReturn

from trigger_service.domain.pointers import ABSENT
from trigger_service.web.pages.kinds import Parameter, same, text_of

#: `input` and `area` have one text, `check` is one box, `checks` are several, `radios` and `select` choose one.
Control = Literal["input", "area", "check", "checks", "radios", "select", "password"]
#: More choices than this are a list instead of buttons; more boxes than that are folded.
RADIOS, BOXES = 5, 8
#: A list or object of at most so many characters stands in one line.
_SHORT = 60
#: A number with more digits is left to the judge.
_DIGITS = 400
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
#: How luigi writes a moment, and how the field of a browser does.
_LUIGIS = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d)H?(\d\d)?(\d\d)?")
_BROWSERS = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d):(\d\d)(?::(\d\d))?")
#: By kind of moment: how many of hour, minute and second it has, and the seconds between two of them.
_MOMENTS = {"date-hour": (1, "3600"), "date-minute": (2, "60"), "date-second": (3, "1")}


@dataclass(frozen=True)
class Choice:
    """One of several."""

    text: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class Field:
    """What a form shows of a parameter."""

    parameter: Parameter
    control: Control
    #: What stands in it.
    text: str = ""
    #: Of the element that is written in: type, min, max, step, placeholder.
    attributes: Mapping[str, str] = field(default_factory=dict)
    choices: Sequence[Choice] = ()

    @property
    def name(self) -> str:
        """The parameter's."""
        return self.parameter.name

    @property
    def label(self) -> str:
        """`Min delay` for `min_delay`."""
        words = self.name.replace("_", " ").strip()
        return words[:1].upper() + words[1:]

    @property
    def type(self) -> str:
        """Luigi's class, and what it takes, in short."""
        told = (self.parameter.described["type"], self.parameter.bounds, "required" if self.parameter.required else "")
        return ", ".join(filter(None, told))

    @property
    def rows(self) -> int:
        """Lines that are seen at a time."""
        return min(max(2, self.text.count("\n") + 1), 12)

    @property
    def checked(self) -> str:
        """What was found in JSON: `2 keys`; empty where there is none, or it is none."""
        value = _json(self.text) if self.control == "area" and self.parameter.kind in ("json", "choices") else None
        if not isinstance(value, (dict, list)):
            return ""
        what = "key" if isinstance(value, dict) else "item"
        return f"JSON is valid, {len(value)} {what}{'' if len(value) == 1 else 's'}"


def shown(parameter: Parameter, value: Any = ABSENT, *, free: bool = False) -> Field:
    """The field with a value in it, or with the default; `free`: any text may be written, a template for instance."""
    value = parameter.default if value is ABSENT else value
    if parameter.kind == "private":
        return Field(parameter, "password")
    if not free and parameter.kind in _SPECIAL:
        made = _SPECIAL[parameter.kind](parameter, value)
        if made is not None:
            return made
    text = _written(parameter, value)
    if parameter.kind in ("json", "choices") or "\n" in text:
        return Field(parameter, "area", text)
    return Field(parameter, "input", *_input(parameter, text, free))


def read(parameter: Parameter, texts: Sequence[str]) -> Any:
    """The value that is sent for what a form says under the parameter's name, or ABSENT for none."""
    texts = [text.replace("\r\n", "\n") for text in texts]
    if not texts:
        return ABSENT
    if parameter.kind == "private":
        return texts[-1] or ABSENT
    value = _chosen(parameter, texts) if parameter.kind == "choices" else _value(parameter, texts[-1])
    is_default = same(value, parameter.default) or (
        parameter.default is not ABSENT and value == _written(parameter, parameter.default)
    )
    return ABSENT if is_default else value


def texts_of(parameter: Parameter, value: Any) -> list[str]:
    """What a form, or the query of an address, says for a value, so that `read` gives it again."""
    if parameter.kind == "choices" and isinstance(value, list):
        return ["", *map(text_of, value)] if _in_order(parameter, value) else [text_of(value)]
    return [_written(parameter, value)]


def number(text: str) -> Any:
    """The number that is written; otherwise the text, which whoever wants a number refuses."""
    return json.loads(text) if len(text) < _DIGITS and _NUMBER.fullmatch(text) and _is_finite(text) else text


def _is_finite(text: str) -> bool:
    return math.isfinite(float(text))


def _value(parameter: Parameter, text: str) -> Any:
    """The value of one text."""
    kind = parameter.kind
    if kind == "choice" and text in parameter.choices:
        return parameter.choices[text]
    if not text:
        return None if parameter.nullable else ABSENT if parameter.required else ""
    if kind == "boolean":
        return {"true": True, "false": False}.get(text.lower(), text)
    if kind in ("integer", "number", "timedelta"):
        return number(text.strip())
    if kind == "json":
        value = _json(text)
        return value if isinstance(value, (dict, list)) or (value is None and parameter.nullable) else text
    return _luigis(kind, text) if kind in _MOMENTS else text


def _chosen(parameter: Parameter, texts: Sequence[str]) -> Any:
    """The values of ticked boxes, before which an empty text stands; or of one text."""
    ticked = list(texts[1:] if texts[0] == "" else texts)
    if len(texts) == 1 and ticked and ticked[0] not in parameter.choices:
        value = _json(ticked[0])
        return value if isinstance(value, list) else ticked[0]
    if not ticked and (parameter.required or parameter.nullable):
        return None if parameter.nullable else ABSENT
    return [parameter.choices.get(text, text) for text in ticked]


def _written(parameter: Parameter, value: Any) -> str:
    """One text for a value."""
    if value is ABSENT or value is None:
        return ""
    if parameter.kind in ("json", "choices") and isinstance(value, (dict, list)):
        short = text_of(value)
        return short if len(short) <= _SHORT else json.dumps(value, ensure_ascii=False, indent=2)
    return text_of(value)


def _input(parameter: Parameter, text: str, free: bool) -> tuple[str, dict[str, str]]:
    """What stands in the element of one line, and its attributes: a plain one where a special one could not show it."""
    kind, schema = parameter.kind, parameter.schema
    attributes = {"type": "text", "class": "form-short" if kind == "year" else "form-wide"}
    if not free and kind in _MOMENTS and (not text or _browsers(kind, text)):
        return _browsers(kind, text), {"type": "datetime-local", "step": _MOMENTS[kind][1]}
    if not free and kind in ("date", "month") and _fits(kind, text):
        return text, {"type": kind, "class": "form-short"}
    if not free and kind in ("integer", "number") and (not text or isinstance(number(text), (int, float))):
        return text, {"type": "number", "class": "form-short", **_limits(schema, kind)}
    if not text and kind != "text" and schema.get("examples"):
        attributes["placeholder"] = text_of(schema["examples"][0])
    if kind in ("integer", "number", "year"):
        attributes["inputmode"] = "decimal" if kind == "number" else "numeric"
    return text, attributes


def _limits(schema: Mapping[str, Any], kind: str) -> dict[str, str]:
    """What a browser may be told of the bounds of a number."""
    step = 1 if kind == "integer" else 0
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None and "exclusiveMinimum" in schema:
        low = schema["exclusiveMinimum"] + step
    if high is None and "exclusiveMaximum" in schema:
        high = schema["exclusiveMaximum"] - step
    told = {"min": low, "max": high, "step": "1" if step else "any"}
    return {name: str(value) for name, value in told.items() if value is not None}


def _one_of(parameter: Parameter, value: Any) -> Field | None:
    """Buttons or a list; what is no choice is one more, so that it can be seen and changed."""
    text = text_of(None if value is ABSENT else value)
    choices = [Choice(each, each or "(empty)", each == text) for each in parameter.choices]
    if parameter.nullable and "" not in parameter.choices:
        choices.insert(0, Choice("", "none", text == ""))
    if text and text not in parameter.choices:
        choices.append(Choice(text, f"{text} (no choice)", chosen=True))
    return Field(parameter, "radios" if len(choices) <= RADIOS else "select", text, choices=choices)


def _several(parameter: Parameter, value: Any) -> Field | None:
    """Boxes; None for what they could not say again: a list with repetitions, or in another order."""
    values = [] if value is ABSENT or value is None else value
    if not isinstance(values, list) or not _in_order(parameter, values):
        return None
    texts = [text_of(each) for each in values]
    extra = [Choice(text, f"{text} (no choice)", chosen=True) for text in texts if text not in parameter.choices]
    return Field(parameter, "checks", choices=[*(Choice(c, c, c in texts) for c in parameter.choices), *extra])


def _in_order(parameter: Parameter, values: Sequence[Any]) -> bool:
    texts = [text_of(value) for value in values]
    known = [choice for choice in parameter.choices if choice in texts]
    return texts == [*known, *(text for text in dict.fromkeys(texts) if text not in parameter.choices)]


def _box(parameter: Parameter, value: Any) -> Field | None:
    if value is not ABSENT and not isinstance(value, bool):
        return None
    return Field(parameter, "check", "true" if value is True else "")


_SPECIAL: Mapping[str, Callable[[Parameter, Any], Field | None]] = {
    "choice": _one_of,
    "choices": _several,
    "boolean": _box,
}


def _luigis(kind: str, text: str) -> str:
    """A moment as luigi reads it, where a browser wrote it and it is as exact as the kind; otherwise the text."""
    found = _BROWSERS.fullmatch(text)
    if found is None:
        return text
    parts, count = [found[2], found[3], found[4] or "00"], _MOMENTS[kind][0]
    return text if any(part != "00" for part in parts[count:]) else f"{found[1]}T{''.join(parts[:count])}"


def _browsers(kind: str, text: str) -> str:
    """The same moment as the field of a browser takes it; empty where it is none."""
    found = _LUIGIS.fullmatch(text)
    if found is None or len([part for part in found.groups()[1:] if part]) != _MOMENTS[kind][0]:
        return ""
    made = f"{found[1]}T{':'.join([*filter(None, found.groups()[1:]), '00'][: max(2, _MOMENTS[kind][0])])}"
    return made if _is_day(datetime.fromisoformat, made) else ""


def _fits(kind: str, text: str) -> bool:
    """Whether the field of a browser shows a day or a month that is written so."""
    length = 10 if kind == "date" else 7
    return not text or (len(text) == length and _is_day(date.fromisoformat, text if kind == "date" else f"{text}-01"))


def _is_day(parse: Callable[[str], Any], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def _json(text: str) -> Any:
    """The JSON that is written; ABSENT where it is none."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return ABSENT


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
