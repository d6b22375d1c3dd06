"""The settings of the product: the sections of luigi.cfg that are ours, and the only code that reads them.

A section is a `luigi.Config` class with the section's name, a key is a parameter of it. Beside them stand the named
sections (`[pool:NAME]`), of which there may be any number. Whatever is wrong in the file is reported at once, each
fault with its section, key, value, what was expected, and the mend.
"""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterator, Mapping
from configparser import InterpolationError
from pathlib import Path
from typing import Any

import luigi
from luigi.configuration import LuigiConfigParser
from luigi.configuration.cfg_parser import InterpolationMissingEnvvarError

from trigger_service.config import Settings
from trigger_service.domain.admission import Limits
from trigger_service.domain.errors import InvalidSettings


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


class Seconds(Key):
    """A span of time."""

    expected = "a number of seconds, 0 or more"

    def parse(self, x: str) -> float:
        """The number of seconds."""
        value = float(x)
        if not math.isfinite(value) or value < 0:
            raise ValueError(x)
        return value


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


class Slots(Key):
    """Numbers of slots by name."""

    expected = 'a JSON object of names and whole numbers, like {"FlightsReport": 2}'

    def parse(self, x: str) -> dict[str, int]:
        """The numbers."""
        value = json.loads(x)
        if not isinstance(value, dict) or not all(type(number) is int and number >= 0 for number in value.values()):
            raise ValueError(x)
        return value


class trigger_service(luigi.Config):  # noqa: N801 (luigi names a section after its class)
    """Where the service lives and what it offers."""

    home = Text(default=".luigi-trigger", description="folder of all state; relative to the current folder")
    host = Text(default="127.0.0.1", description="address the service listens on")
    port = Whole(least=0, most=65535, default=8090, description="port of the service; 0 takes a free one")
    luigid_port = Whole(least=0, most=65535, default=8082, description="port of luigid; 0 takes a free one")
    modules = Modules(default=(), description="modules and packages whose tasks are offered as pipelines")
    allowed_hosts = Names(default=(), description="names the service answers to, besides those of loopback")
    max_body_bytes = Whole(least=1024, most=1 << 30, default=1 << 20, description="largest request body, in bytes")
    max_streams = Whole(least=1, most=200, default=200, description="event and log streams open at once")
    max_waits = Whole(least=0, most=32, default=16, description="requests that wait for their run at once")
    grace_s = Seconds(default=5.0, description="time for a cancelled run to clean up before it is forced")


class limits(luigi.Config):  # noqa: N801
    """How many runs may be live at once; 0 means no limit."""

    runs = Whole(least=0, most=10_000, default=16, description="over all pipelines")
    runs_per_pipeline = Whole(least=0, most=10_000, default=0, description="of each pipeline not named in `pipelines`")
    pipelines = Slots(default={}, description="of single pipelines, by name")


class pool(luigi.Config):  # noqa: N801
    """`[pool:NAME]`: a limit that runs share which name this pool."""

    slots = Whole(least=0, most=10_000, default=1, description="runs of the pool that may be live at once")


#: The sections that stand once, and the kinds of those that bear a name.
SECTIONS = (trigger_service, limits)
NAMED = (pool,)


def read_settings(config: LuigiConfigParser, folder: Path) -> Settings:
    """The settings in `config`, with relative paths taken from `folder`; raises InvalidSettings with every fault."""
    faults: list[str] = []
    general = _section(config, "trigger_service", trigger_service, faults)
    numbers = _section(config, "limits", limits, faults)
    pools = {name: _section(config, section, pool, faults)["slots"] for section, name in _named(config, "pool")}
    if faults:
        raise InvalidSettings(problems="".join(f"\n- {fault}" for fault in faults))
    general["home"] = (folder / general["home"]).absolute()
    return Settings(**general, limits=Limits(**numbers, pools=pools))


def load_settings(folder: Path) -> Settings:
    """The settings of a project: of its luigi.cfg, or of that which LUIGI_CONFIG_PATH names, as luigi finds them."""
    config = luigi.configuration.get_config()
    return read_settings(config if isinstance(config, LuigiConfigParser) else as_cfg(config.data), folder)


def as_cfg(tables: Mapping[str, Mapping[str, Any]]) -> LuigiConfigParser:
    """A luigi.toml (LUIGI_CONFIG_PARSER=toml) as the luigi.cfg that says the same; `[pool.X]` is `[pool:X]`."""
    config = LuigiConfigParser(interpolation=None, default_section="")
    named = {kind.__name__ for kind in NAMED}
    for section, keys in tables.items():
        parts = {f"{section}:{name}": part for name, part in keys.items()} if section in named else {section: keys}
        config.read_dict({name: {key: _as_text(value) for key, value in part.items()} for name, part in parts.items()})
    return config


def _as_text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return str(value) if isinstance(value, str) else json.dumps(value, default=dict)


def _named(config: LuigiConfigParser, kind: str) -> Iterator[tuple[str, str]]:
    for section in config.sections():
        if section.startswith(f"{kind}:"):
            yield section, section.partition(":")[2]


def _section(config: LuigiConfigParser, section: str, cls: type[luigi.Config], faults: list[str]) -> dict[str, Any]:
    """The values of one section by key; what is wrong goes to `faults`, and the default stands in its place."""
    keys: dict[str, Key] = dict(cls.get_params())
    written = _written(config, section)
    faults.extend(_unknown_key(section, key, keys) for key in written if key not in keys)
    values = {}
    for name, key in keys.items():
        try:
            values[name] = key.parse(config.get(section, name)) if name in written else key.default
        except (InterpolationError, ValueError) as error:
            faults.append(f"[{section}] {name} = {config.get(section, name, raw=True)!r} cannot be used: ")
            faults[-1] += _mend(error, key)
            values[name] = key.default
    return values


def _mend(error: Exception, key: Key) -> str:
    if isinstance(error, InterpolationMissingEnvvarError):
        return "it names a variable that is not in the environment; set the variable, or write the value itself"
    mend = f"correct the line in luigi.cfg, or remove it for the default ({key.default!r})"
    return f"expected {key.expected}; {mend}"


def _written(config: LuigiConfigParser, section: str) -> list[str]:
    """The keys that stand in a section itself, not those of [DEFAULT]; luigi reads a dash in a key as an underscore."""
    if not config.has_section(section):
        return []
    return [key.replace("-", "_") for key in config.options(section) if key not in config.defaults()]


def _unknown_key(section: str, key: str, known: Mapping[str, Key]) -> str:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.0)
    return f"[{section}] {key} is not known: did you mean {near[0]}? The keys are {', '.join(known)}"
