"""What imported modules offer, as JSON objects with the fields of `launchers.base.Pipeline`."""

from __future__ import annotations

import inspect
import sys
import warnings
from types import ModuleType
from typing import Any, Dict, Iterable, List, Mapping, Optional, Set, Tuple

from luigi.parameter import Parameter, ParameterVisibility

from trigger_service.domain import ranges
from trigger_service.runner.forms import expectation
from trigger_service.runner.kinds import has_choices, kind_of
from trigger_service.runner.loading import TaskClass, tasks_in
from trigger_service.runner.mentions import Mentions
from trigger_service.runner.parameters import default_of
from trigger_service.runner.patience import Patience
from trigger_service.runner.privacy import is_private, mask_of_defaults
from trigger_service.runner.schemas import schema_of, with_default
from trigger_service.runner.sources import Source
from trigger_service.runner.texts import CALENDAR, to_json
from trigger_service.runner.tracebacks import told

Json = Dict[str, Any]


def catalogue(modules: Iterable[str]) -> Dict[str, Json]:
    """Of each imported module: its pipelines, what its code mentions, and what has to be said of it.

    `mentions` are the families whose code names a class (`module:name`). A task whose class another one names is taken
    to be required by it; see `mentions.py` for what is seen of that and what is not.
    """
    mentions, patience = Mentions(), Patience()
    return {name: _part(sys.modules[name], mentions, patience) for name in modules}


def merge(parts: Iterable[Json]) -> List[Json]:
    """The pipelines of all `parts` (what `catalogue` gave for each module), roots first."""
    pipelines: List[Json] = []
    required: Dict[str, Set[str]] = {}
    for part in parts:
        pipelines += [dict(entry) for entry in part["pipelines"]]
        for key, families in part["mentions"].items():
            required.setdefault(key, set()).update(families)
    for entry in pipelines:
        entry["required_by"] = sorted(required.get(entry.pop("key"), set()) - {entry["family"]})
        entry["root"] = not entry["required_by"]
    pipelines.sort(key=lambda entry: (not entry["root"], entry["family"], entry["module"]))
    return pipelines


def stale(part: Json, reason: str) -> Json:
    """The part of a module as it was last, now that there is a reason why it cannot be used."""
    return {**part, "remarks": [], "pipelines": [{**entry, "stale": reason} for entry in part["pipelines"]]}


def pipeline(cls: TaskClass, source: Source, name: str, patience: Patience) -> Json:
    """One entry; `name` is what its module calls it, `key` names its class for `merge`."""
    doc = vars(cls).get("__doc__")
    parameters = [described(cls, name, parameter, patience) for name, parameter in cls.get_params()]
    return {
        "key": _key(cls),
        "family": cls.get_task_family(),
        "module": source.module,
        "parameters": [parameter for parameter, _ in parameters],
        "doc": inspect.cleandoc(doc) if isinstance(doc, str) else "",
        "owner": _owner(cls),
        "tags": _tags(cls),
        "file": source.file,
        "line": source.line(name, cls),
        "cold": "",
        "remark": "; ".join(fault for _, fault in parameters if fault),
        "stale": "",
    }


def described(cls: TaskClass, name: str, parameter: Parameter, patience: Patience) -> Tuple[Json, str]:
    """One parameter: what may be given for it, and what holds where nothing is; with what is wrong with its default."""
    schema, description, fault = schema_of(parameter), _description(parameter), ""
    try:
        has_default, schema = patience.ask(type(parameter), lambda: _with_default(cls, name, parameter, schema))
    except BaseException as error:  # users' code may raise anything
        has_default = False
        fault = f"the default of {name} cannot be used" + ("" if is_private(parameter) else f": {told(error)}")
        description = f"{description} ({fault})".strip()
    entry = {
        "name": name,
        "type": type(parameter).__name__,
        "schema": {**schema, **({"description": description} if description else {})},
        "required": not has_default,
        "description": description,
        "expectation": expectation(parameter),
        "significant": bool(parameter.significant),
        "visibility": ParameterVisibility(parameter.visibility).name.lower(),
        "positional": bool(parameter.positional),
        "batch": bool(parameter._is_batchable()),
        "range": _range(parameter),
    }
    return entry, fault


def _range(parameter: Parameter) -> Optional[Json]:
    """Which periods it takes, where it is one of those that a range can be laid over."""
    kind = kind_of(parameter)
    if kind not in CALENDAR:
        return ranges.described(kind)
    return ranges.described(kind, int(parameter.interval), parameter.start)


def _with_default(cls: TaskClass, name: str, parameter: Parameter, schema: Json) -> Tuple[bool, Json]:
    """Whether there is a default, and the schema with it unless it is private."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        has_default, default = default_of(cls, name, parameter)
        if has_default and not is_private(parameter):
            schema = with_default(schema, to_json(parameter, default))
    return has_default, schema


def _description(parameter: Parameter) -> str:
    """The user's words, without the list of choices that luigi adds: it comes in another order in each process."""
    words = str(parameter.description or "")
    return words.rpartition("Choices: {")[0].strip() if has_choices(parameter) else words


def _part(module: ModuleType, mentions: Mentions, patience: Patience) -> Json:
    source = Source(module)
    mentioned: Dict[str, List[str]] = {}
    by_family: Dict[str, Dict[str, TaskClass]] = {}
    for name, cls in tasks_in(module, source).items():
        by_family.setdefault(cls.get_task_family(), {})[name] = cls
    pipelines: List[Json] = []
    remarks: List[Json] = []
    for family, named in by_family.items():
        latest = _latest(named)
        if latest is None:
            remarks.append(_remark(source, _ambiguous(family, named, source)))
        elif not inspect.isabstract(named[latest]):
            try:
                pipelines.append(pipeline(named[latest], source, latest, patience))
            except BaseException as error:  # users' classes may have anything in them, and hide no other
                why = mask_of_defaults().text(told(error))
                remarks.append(_remark(source, f"{family} cannot be described, so it is not offered: {why}"))
                continue
            for other in mentions.of(named[latest]):
                mentioned.setdefault(_key(other), []).append(family)
    return {"pipelines": pipelines, "mentions": mentioned, "remarks": remarks}


def _remark(source: Source, reason: str) -> Json:
    return {"module": source.module, "reason": reason, "traceback": ""}


def _key(cls: TaskClass) -> str:
    return f"{cls.__module__}:{cls.__name__}"


def _latest(named: Mapping[str, TaskClass]) -> Optional[str]:
    """Of the classes of one family that which wraps or extends all others, as luigi sees it; None where none does."""
    return next((name for name, cls in named.items() if all(issubclass(cls, other) for other in named.values())), None)


def _ambiguous(family: str, named: Mapping[str, TaskClass], source: Source) -> str:
    places = ", ".join(f"{name} (line {source.line(name, cls)})" for name, cls in named.items())
    return (
        f"the family {family!r} is that of several classes: {places}; luigi itself calls that ambiguous: give each "
        "class a __name__ or a task_namespace of its own"
    )


def _owner(cls: TaskClass) -> str:
    owner = getattr(cls, "owner_email", None)
    if isinstance(owner, (list, tuple)):
        return ", ".join(str(item) for item in owner)
    return owner if isinstance(owner, str) else ""


def _tags(cls: TaskClass) -> List[str]:
    tags = getattr(cls, "tags", ())
    return [str(tag) for tag in tags] if isinstance(tags, (list, tuple, set, frozenset)) else []
