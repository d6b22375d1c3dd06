"""The kinds of keys in luigi.cfg: what may stand there, and how it is read."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import luigi

#: What an environment variable may be called.
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

#: Units of room on a disk, each 1024 of the one before; the first is a byte.
_UNITS = ("", "KiB", "MiB", "GiB", "TiB")
_SIZE = re.compile(rf"(\d{{1,15}}(?:\.\d{{1,6}})?) ?({'|'.join(_UNITS)})")


class Key(luigi.Parameter):
    """A key of luigi.cfg: `expected` says in words which texts `parse` takes; it raises ValueError for any other."""

    expected = ""

    def __init__(self, *, default: Any, description: str) -> None:
        super().__init__(default=default, description=description)
        self.default = default


class Text(Key):
    """A text that is not empty."""

    expected = "a text that is not empty"

    def parse(self, x: str) -> str:
        """The text without surrounding blanks."""
        if not x.strip():
            raise ValueError(x)
        return x.strip()


class Whole(Key):
    """A whole number within bounds, both included."""

    def __init__(self, *, least: int, most: int, default: int, description: str) -> None:
        super().__init__(default=default, description=description)
        self._least, self._most = least, most
        self.expected = f"a whole number from {least} to {most}"

    def parse(self, x: str) -> int:
        """The number."""
        value = int(x)
        if not self._least <= value <= self._most:
            raise ValueError(x)
        return value


class Flag(Key):
    """Yes or no."""

    expected = "true or false"

    def parse(self, x: str) -> bool:
        """Whether it is true."""
        if x.strip().lower() not in ("true", "false"):
            raise ValueError(x)
        return x.strip().lower() == "true"


class Choice(Key):
    """One of some words."""

    def __init__(self, *, choices: tuple[str, ...], default: str, description: str) -> None:
        super().__init__(default=default, description=description)
        self._choices = choices
        self.expected = f"one of {', '.join(choices)}"

    def parse(self, x: str) -> str:
        """The word."""
        if x.strip() not in self._choices:
            raise ValueError(x)
        return x.strip()


class Seconds(Key):
    """A span of time."""

    expected = "a number of seconds, 0 or more"

    def parse(self, x: str) -> float:
        """The number of seconds."""
        value = float(x)
        if not math.isfinite(value) or value < 0:
            raise ValueError(x)
        return value


class Days(Seconds):
    """A span of time in days."""

    expected = "a number of days, 0 or more"


class Size(Key):
    """Room on a disk."""

    expected = "a size like 500 MiB, 20 GiB or 1 TiB, or a number of bytes"

    def parse(self, x: str) -> int:
        """The number of bytes."""
        match = _SIZE.fullmatch(x.strip())
        if match is None:
            raise ValueError(x)
        return int(float(match[1]) * 1024 ** _UNITS.index(match[2]))


class Names(Key):
    """Names separated by commas, blanks or line ends; each once, in order."""

    expected = "names separated by commas or line ends, like one.example.org, two.example.org"

    def parse(self, x: str) -> tuple[str, ...]:
        """The names."""
        return tuple(dict.fromkeys(x.replace(",", " ").split()))


class Modules(Names):
    """Names of modules."""

    expected = "names of modules separated by commas or line ends, like tasks.flights, tasks.examples"

    def parse(self, x: str) -> tuple[str, ...]:
        """The names."""
        names = super().parse(x)
        if not all(part.isidentifier() for name in names for part in name.split(".")):
            raise ValueError(x)
        return names


class OptionalText(Text):
    """A text that may be empty."""

    expected = "a text"

    def parse(self, x: str) -> str:
        """The text without surrounding blanks."""
        return x.strip()


class Paths(Key):
    """Names of files or folders, one a line or separated by commas; each once, in order."""

    expected = "paths separated by commas or line ends, like staging.cfg, secrets/staging.cfg"

    def parse(self, x: str) -> tuple[str, ...]:
        """The paths as they are written."""
        return tuple(dict.fromkeys(found for part in x.replace(",", "\n").splitlines() if (found := part.strip())))


class Variables(Key):
    """Texts by the name of the environment variable that holds them."""

    expected = 'a JSON object of names of variables and texts, like {"DATA_ROOT": "s3://warehouse/staging"}'

    def parse(self, x: str) -> dict[str, str]:
        """The texts."""
        value = json.loads(x)
        if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
            raise ValueError(x)
        if not all(_VARIABLE.fullmatch(name) for name in value) or any("\0" in text for text in value.values()):
            raise ValueError(x)
        return value


class Slots(Key):
    """Numbers of slots by name."""

    expected = 'a JSON object of names and whole numbers, like {"FlightsReport": 2}'

    def parse(self, x: str) -> dict[str, int]:
        """The numbers."""
        value = json.loads(x)
        if not isinstance(value, dict) or not all(type(number) is int and number >= 0 for number in value.values()):
            raise ValueError(x)
        return value
