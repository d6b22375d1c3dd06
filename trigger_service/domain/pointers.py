"""JSON pointers (RFC 6901): `/repository/name`, `/commits/0/id`, `` for the whole document. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Any, List, Tuple

from trigger_service.domain.mistakes import Mistake, mend, one_line, shown

_INDEX = re.compile(r"(0|[1-9][0-9]{0,17})\Z")
#: Keys of an object that are named where one is absent.
_NAMED_KEYS = 5
#: And that are compared with the one that is absent.
_COMPARED_KEYS = 200


class Absent(Enum):
    """Told apart from null, which is a value."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


@dataclass(frozen=True)
class Pointer:
    """Where in a JSON document something stands."""

    keys: Tuple[str, ...]

    @classmethod
    def of(cls, *path: object) -> Pointer:
        """The pointer made of keys and indexes."""
        return cls(tuple(map(str, path)))

    def __str__(self) -> str:
        return "".join(f"/{key.replace('~', '~0').replace('/', '~1')}" for key in self.keys)

    @property
    def name(self) -> str:
        """How it is named in a sentence, in one line."""
        return one_line(str(self)) or "the whole document"

    def __truediv__(self, key: object) -> Pointer:
        """The pointer to a member of what this one points to."""
        return Pointer((*self.keys, str(key)))

    def value(self, document: Any) -> Any:
        """What stands there, or ABSENT. Lists count from 0; `-`, the member after the last, is always absent."""
        for key in self.keys:
            document = _member(document, key)
        return document

    def absence(self, document: Any) -> str:
        """Why there is nothing: the last value on the way that there is, and what it has instead."""
        found, reached = document, Pointer.of()
        for key in self.keys:
            member = _member(found, key)
            if member is ABSENT:
                return f"{self.name} is absent: {reached.name} {_instead(found, key)}"
            found, reached = member, reached / key
        return f"{self.name} is absent"


#: Where the parameters of a request stand.
PARAMETERS = Pointer.of("parameters")


def parse_pointer(text: str) -> Tuple[Pointer, List[Mistake]]:
    """The pointer, and everything wrong in its text; where that is anything, the pointer means nothing."""
    mistakes = [
        Mistake(found.start() + 1, "a ~ stands before 0 or 1; expected ~0 for a ~ in a key, ~1 for a /")
        for found in re.finditer(r"~(?![01])", text)
    ]
    if text and not text.startswith("/"):
        mistakes.insert(0, Mistake(1, f"a JSON pointer begins with /; did you mean {'/' + text[:40]!r}?"))
    keys = text.split("/")[1:]
    return Pointer(tuple(key.replace("~1", "/").replace("~0", "~") for key in keys)), mistakes


def _member(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return value.get(key, ABSENT)
    if isinstance(value, list) and _INDEX.match(key) and int(key) < len(value):
        return value[int(key)]
    return ABSENT


def _instead(value: Any, key: str) -> str:
    if isinstance(value, dict):
        keys = [str(name) for name in value]
        if not keys:
            return "is an empty object"
        more = f" and {len(keys) - _NAMED_KEYS} more" if len(keys) > _NAMED_KEYS else ""
        listed = ", ".join(shown(name) for name in keys[:_NAMED_KEYS])
        hint = mend(key, keys[:_COMPARED_KEYS])
        return f"has {listed}{more}" + (f"; {hint}" if hint.startswith("did") else "")
    if isinstance(value, list):
        return f"is a list of length {len(value)}, counted from 0"
    return f"is {shown(value)}"
