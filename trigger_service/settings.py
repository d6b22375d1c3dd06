"""The settings of the product: the sections of luigi.cfg that are ours, and the only code that reads them.

A section is a `luigi.Config` class with the section's name, a key is a parameter of it. Beside them stand the named
sections (`[pool:NAME]`), of which there may be any number. Whatever is wrong in the file is reported at once, each
fault with its section, key, value, what was expected, and the mend.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from configparser import InterpolationError, InterpolationSyntaxError
from pathlib import Path
from typing import Any

import luigi
from luigi.configuration import LuigiConfigParser
from luigi.configuration.cfg_parser import InterpolationMissingEnvvarError

from trigger_service.config import Environment, Location, Settings
from trigger_service.domain.addresses import is_every
from trigger_service.domain.admission import ALL, OF_PIPELINE, Limits
from trigger_service.domain.errors import InvalidSettings
from trigger_service.domain.files import Inbox
from trigger_service.domain.outside import SECURITY, Outside, Smtp
from trigger_service.domain.place import DEFAULT
from trigger_service.domain.retention import Keep
from trigger_service.luigi_toml import as_cfg
from trigger_service.setting_keys import (
    Choice,
    Days,
    Flag,
    Key,
    Modules,
    Names,
    OptionalText,
    Paths,
    Seconds,
    Size,
    Slots,
    Text,
    Variables,
    Whole,
)


class trigger_service(luigi.Config):  # noqa: N801 (luigi names a section after its class)
    """Where the service lives and what it offers."""

    home = Text(default=".luigi-trigger", description="folder of all state; relative to the current folder")
    host = Text(default="127.0.0.1", description="address the service listens on")
    port = Whole(least=0, most=65535, default=8090, description="port of the service; 0 takes a free one")
    luigid_port = Whole(least=0, most=65535, default=8082, description="port of luigid; 0 takes a free one")
    modules = Modules(default=(), description="modules and packages whose tasks are offered as pipelines")
    schedules = Text(default="schedules.toml", description="file of schedules, where there is one")
    allowed_hosts = Names(default=(), description="names the service answers to, besides those of loopback")
    require_token = Flag(default=False, description="whether requests need a token on loopback too")
    requests_per_second = Whole(least=0, most=1_000_000, default=200, description="of each token or address; 0: any")
    max_body_bytes = Whole(least=1024, most=1 << 30, default=1 << 20, description="largest request body, in bytes")
    max_streams = Whole(least=1, most=200, default=200, description="event and log streams open at once")
    max_waits = Whole(least=0, most=32, default=16, description="requests that wait for their run at once")
    grace_s = Seconds(default=5.0, description="time for a cancelled run to clean up before it is forced")


class limits(luigi.Config):  # noqa: N801
    """How many runs may be live at once; 0 means no limit."""

    runs = Whole(least=0, most=10_000, default=16, description="over all pipelines")
    runs_per_pipeline = Whole(least=0, most=10_000, default=0, description="of each pipeline not named in `pipelines`")
    pipelines = Slots(default={}, description="of single pipelines, by name")


class retention(luigi.Config):  # noqa: N801
    """How much of the past is kept; 0 means no limit."""

    keep_days = Days(default=365.0, description="days since the end of a run")
    keep_runs = Whole(least=0, most=100_000_000, default=100_000, description="ended runs of all pipelines")
    keep_runs_per_pipeline = Whole(
        least=0, most=100_000_000, default=0, description="ended runs of each pipeline not named in `pipelines`"
    )
    pipelines = Slots(default={}, description="ended runs of single pipelines, by name")
    keep_size = Size(default=20 << 30, description="room on the disk, of the database and all run folders")
    every_s = Whole(least=1, most=86_400, default=600, description="time between two looks")
    trash_days = Days(default=7.0, description="days that invalidated targets can be put back")


class notifications(luigi.Config):  # noqa: N801
    """Where messages to people and programs may go, and where their links lead."""

    allow_private = Flag(default=False, description="whether they may go to private addresses")
    public_url = OptionalText(default="", description="address of the service in links; empty for its own")


class mail(luigi.Config):  # noqa: N801
    """The server that takes mail. (`[smtp]` and `[email]` are luigi's own.)"""

    host = OptionalText(default="", description="its name or address; empty for none")
    port = Whole(least=1, most=65535, default=587, description="its port")
    security = Choice(choices=SECURITY, default="starttls", description="how the connection is secured")
    user = OptionalText(default="", description="who signs in; empty for nobody")
    password_variable = OptionalText(default="", description="environment variable that holds the password")
    sender = OptionalText(default="", description="address that mail comes from")


class pool(luigi.Config):  # noqa: N801
    """`[pool:NAME]`: a limit that runs share which name this pool."""

    slots = Whole(least=0, most=10_000, default=1, description="runs of the pool that may be live at once")
    pipelines = Names(
        default=(), description="pipelines whose runs hold a slot of it, whatever they are asked for with"
    )


class location(luigi.Config):  # noqa: N801
    """`[location:NAME]`: users' code with an interpreter, a folder and a luigi.cfg of its own."""

    python = OptionalText(default="", description="path of its interpreter; empty for the service's own")
    folder = OptionalText(default="", description="its working directory; empty for the current folder")
    path = Paths(default=(), description="folders on the search path besides it")
    modules = Modules(default=(), description="modules and packages whose tasks are offered as pipelines")
    config = OptionalText(default="", description="its configuration file, above the luigi.cfg in its folder")
    luigid_port = Whole(least=0, most=65535, default=0, description="port of its luigid; 0 takes a free one")


class environment(luigi.Config):  # noqa: N801
    """`[environment:NAME]`: what tasks find differently there."""

    variables = Variables(default={}, description="environment variables")
    config = Paths(default=(), description="configuration files that are read above luigi.cfg, the last one on top")
    roots = Variables(default={}, description="folders and URLs, by the variable that holds them")
    luigid_port = Whole(least=0, most=65535, default=0, description="port of its luigid; 0 takes a free one")


class inbox(luigi.Config):  # noqa: N801
    """`[inbox:NAME]`: where files arrive that start runs."""

    url = OptionalText(default="", description="a folder, or s3://bucket/prefix")
    endpoint_url = OptionalText(default="", description="address of an S3 service; empty for that of AWS")
    region = OptionalText(default="", description="region of the bucket; empty for what boto3 finds")
    profile = OptionalText(default="", description="profile with the credentials; empty for what boto3 finds")


#: The sections that stand once, and the kinds of those that bear a name.
SECTIONS = (trigger_service, limits, retention, notifications, mail)
NAMED = (pool, location, environment, inbox)
#: What a location, environment or inbox may be called: the name becomes a part of paths and addresses.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def read_settings(config: LuigiConfigParser, folder: Path) -> Settings:
    """The settings in `config`, with relative paths taken from `folder`; raises InvalidSettings with every fault."""
    faults: list[str] = []
    general = _section(config, "trigger_service", trigger_service, faults)
    numbers = _section(config, "limits", limits, faults)
    past = _section(config, "retention", retention, faults)
    pools = {name: _section(config, section, pool, faults) for section, name in _named(config, "pool")}
    out = _section(config, "notifications", notifications, faults)
    server = Smtp(**_section(config, "mail", mail, faults))
    locations = {name: _location(config, name, folder, faults) for _, name in _named(config, "location")}
    environments = {name: _environment(config, name, folder, faults) for _, name in _named(config, "environment")}
    inboxes = {name: _inbox(config, name, folder, faults) for _, name in _named(config, "inbox")}
    faults.extend(_unnamed_host(general))
    faults.extend(_ways_out(out, server))
    faults.extend(_reserved(name) for name in pools if name == ALL or name.startswith(OF_PIPELINE))
    _refuse(faults)
    for name in ("home", "schedules"):
        general[name] = (folder / general[name]).absolute()
    keep = Keep(**{name.removeprefix("keep_"): value for name, value in past.items()})
    return Settings(
        **general,
        limits=_limits(numbers, pools),
        keep=keep,
        outside=Outside(**{**out, "public_url": out["public_url"].rstrip("/")}),
        smtp=server,
        locations=locations,
        environments=environments,
        inboxes=inboxes,
    )


def _limits(numbers: Mapping[str, Any], pools: Mapping[str, Mapping[str, Any]]) -> Limits:
    memberships: dict[str, tuple[str, ...]] = {}
    for name, found in pools.items():
        for pipeline in found["pipelines"]:
            memberships[pipeline] = (*memberships.get(pipeline, ()), name)
    return Limits(**numbers, pools={name: found["slots"] for name, found in pools.items()}, memberships=memberships)


def _ways_out(out: Mapping[str, Any], server: Smtp) -> Iterator[str]:
    if out["public_url"] and not re.fullmatch(r"https?://[!-~]+", out["public_url"]):
        yield (
            f"[notifications] public_url = {out['public_url']} cannot be used: expected the address by which people "
            "reach the service, like https://trigger.example.org"
        )
    if server.host and "@" not in server.sender:
        yield f"[mail] sender = {server.sender!r} cannot be used: mail comes from an address, like luigi@example.org"
    if bool(server.user) != bool(server.password_variable):
        yield "[mail] user and password_variable go together: set both, or neither"


def _reserved(name: str) -> str:
    mend = "set `runs` or `pipelines` in [limits], or choose another name"
    return f"[pool:{name}] cannot be used: all runs and single pipelines have pools of such names; {mend}"


def load_settings(folder: Path) -> Settings:
    """The settings of a project: of its luigi.cfg, or of that which LUIGI_CONFIG_PATH names, as luigi finds them."""
    config = luigi.configuration.get_config()
    cfg = config if isinstance(config, LuigiConfigParser) else as_cfg(config.data, [kind.__name__ for kind in NAMED])
    settings = read_settings(cfg, folder)
    _refuse(list(missing(settings)))
    return settings


def _refuse(faults: list[str]) -> None:
    if faults:
        raise InvalidSettings(problems="".join(f"\n- {fault}" for fault in faults))


def _location(config: LuigiConfigParser, name: str, folder: Path, faults: list[str]) -> Location:
    section = f"location:{name}"
    faults.extend(_name_fault(section, name))
    values = _section(config, section, location, faults)
    own = _absolute(folder, values["folder"] or ".")
    return Location(
        **{
            **values,
            "python": values["python"] and _absolute(folder, values["python"]),
            "folder": own,
            "path": tuple(_absolute(Path(own), found) for found in values["path"]),
            "config": values["config"] and _absolute(Path(own), values["config"]),
        }
    )


def _environment(config: LuigiConfigParser, name: str, folder: Path, faults: list[str]) -> Environment:
    section = f"environment:{name}"
    faults.extend(_name_fault(section, name))
    values = _section(config, section, environment, faults)
    for variable in {**values["variables"], **values["roots"]}:
        if variable in values["variables"] and variable in values["roots"]:
            faults.append(f"[{section}] {variable} stands in variables and in roots: remove one of them")
        if variable == "LUIGI_CONFIG_PATH" or variable.startswith("LUIGI_TRIGGER_"):
            faults.append(f"[{section}] {variable} is not for variables or roots; files to read belong into config")
    values["config"] = tuple(_absolute(folder, found) for found in values["config"])
    values["roots"] = {key: root if "://" in root else _absolute(folder, root) for key, root in values["roots"].items()}
    return Environment(**values)


def _inbox(config: LuigiConfigParser, name: str, folder: Path, faults: list[str]) -> Inbox:
    section = f"inbox:{name}"
    faults.extend(_name_fault(section, name))
    values = _section(config, section, inbox, faults)
    found = Inbox(**values)
    if found.kind == "folder" and "://" not in found.url:
        found = Inbox(**{**values, "url": _absolute(folder, found.url)})
    if not values["url"] or not (found.bucket or found.url.startswith("/")):
        expected = "expected a folder like data/incoming, or an S3 prefix like s3://bucket/incoming"
        faults.append(f"[{section}] url = {values['url']!r} cannot be used: {expected}")
    return found


def _absolute(folder: Path, path: str) -> str:
    """A path from a folder on; symbolic links stay, because a virtual environment's interpreter is one."""
    return os.path.abspath(folder / Path(path).expanduser())  # noqa: PTH100


def _name_fault(section: str, name: str) -> Iterator[str]:
    if name == DEFAULT:
        yield f"[{section}] cannot be configured: {DEFAULT} is what holds without a section; choose another name"
    elif not _NAME.fullmatch(name):
        yield f"[{section}] has a name that cannot be used: expected letters, digits, _, . and -, at most 64 of them"


def _unnamed_host(general: Mapping[str, Any]) -> Iterator[str]:
    if is_every(general["host"]) and not general["allowed_hosts"]:
        yield (
            f"[trigger_service] host = {general['host']} listens on every address of this machine, so it has to be "
            "told by which names others reach it; set allowed_hosts, like allowed_hosts = trigger.example.org"
        )


def missing(settings: Settings) -> Iterator[str]:
    """What a section names and is not there."""
    for name, found in settings.locations.items():
        if found.python and not (Path(found.python).is_file() and os.access(found.python, os.X_OK)):
            yield f"[location:{name}] python = {found.python}: there is no such program; name an interpreter"
        if not Path(found.folder).is_dir():
            yield f"[location:{name}] folder = {found.folder}: there is no such folder"
        if found.config and not Path(found.config).is_file():
            yield f"[location:{name}] config = {found.config}: there is no such file"
    for name, overlay in settings.environments.items():
        for file in overlay.config:
            if not Path(file).is_file():
                yield f"[environment:{name}] config = {file}: there is no such file"


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
            text = config.get(section, name, raw=True)
            faults.append(f"[{section}] {name} = {text!r} cannot be used: {_mend(error, key)}")
            values[name] = key.default
    return values


def _mend(error: Exception, key: Key) -> str:
    if isinstance(error, InterpolationMissingEnvvarError):
        return "it names a variable that is not in the environment; set the variable, or write the value itself"
    if isinstance(error, InterpolationSyntaxError):
        return "a percent sign that stands for itself is written %%"
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
