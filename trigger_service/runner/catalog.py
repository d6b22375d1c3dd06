"""What imported modules offer, as JSON objects with the fields of `launchers.base.Pipeline`."""

from __future__ import annotations

import ast
import inspect
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Dict, Iterable, List, Mapping, Optional, Set, Tuple

from luigi.parameter import Parameter, ParameterVisibility

from trigger_service.runner.loading import TaskClass, is_task, tasks_in
from trigger_service.runner.parameters import default_of, is_secret, to_json
from trigger_service.runner.schemas import schema_of

Json = Dict[str, Any]
#: Module and name of a class.
Key = Tuple[str, str]


def catalogue(modules: Iterable[str]) -> Json:
    """The pipelines of imported modules, and which classes (`module:name`) the code of which family mentions.

    The latter is seen in the source: a task class named in the body or the decorators of another one is taken to be
    required by it. What is only known when it runs is not seen.
    """
    pipelines: List[Json] = []
    mentions: Dict[str, List[str]] = {}
    for name in modules:
        module = sys.modules[name]
        source = _Source(module)
        for cls in tasks_in(module):
            for key in source.mentioned(cls):
                mentions.setdefault(":".join(key), []).append(cls.get_task_family())
            if not inspect.isabstract(cls):
                pipelines.append(pipeline(cls, source.line(cls)))
    return {"pipelines": pipelines, "mentions": mentions}


def merge(parts: Iterable[Json]) -> List[Json]:
    """The pipelines of all `parts` (what `catalogue` gave), roots first."""
    pipelines: List[Json] = []
    required: Dict[str, Set[str]] = {}
    for part in parts:
        pipelines += part["pipelines"]
        for key, families in part["mentions"].items():
            required.setdefault(key, set()).update(families)
    for entry in pipelines:
        entry["required_by"] = sorted(required.get(entry.pop("key"), set()) - {entry["family"]})
        entry["root"] = not entry["required_by"]
    pipelines.sort(key=lambda entry: (not entry["root"], entry["family"], entry["module"]))
    return pipelines


def pipeline(cls: TaskClass, line: int) -> Json:
    """One entry; `key` names its class for `merge`."""
    doc = vars(cls).get("__doc__")
    return {
        "key": f"{cls.__module__}:{cls.__name__}",
        "family": cls.get_task_family(),
        "module": cls.__module__,
        "parameters": [described(cls, name, parameter) for name, parameter in cls.get_params()],
        "doc": inspect.cleandoc(doc) if isinstance(doc, str) else "",
        "owner": _owner(cls),
        "tags": _tags(cls),
        "file": getattr(sys.modules[cls.__module__], "__file__", None) or "",
        "line": line,
        "cold": "",
    }


def described(cls: TaskClass, name: str, parameter: Parameter) -> Json:
    """One parameter: what may be given for it, and what holds where nothing is given."""
    schema = schema_of(parameter)
    try:
        has_default, default = default_of(cls, name, parameter)
        if has_default and not is_secret(parameter):
            schema["default"] = to_json(parameter, default)
    except Exception as error:
        has_default = False
        schema["description"] = f"its default cannot be used: {type(error).__name__}: {error}"
    return {
        "name": name,
        "type": type(parameter).__name__,
        "schema": schema,
        "required": not has_default,
        "description": parameter.description or "",
        "significant": bool(parameter.significant),
        "visibility": ParameterVisibility(parameter.visibility).name.lower(),
        "positional": bool(parameter.positional),
        "batch": bool(parameter._is_batchable()),
    }


class _Source:
    """The classes that a module's source text defines, and the names in each."""

    def __init__(self, module: ModuleType) -> None:
        self._names = vars(module)
        self._classes: Dict[str, ast.ClassDef] = {}
        try:
            text = Path(getattr(module, "__file__", None) or "").read_bytes()
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.ClassDef):
                    self._classes[node.name] = node
        except (OSError, ValueError, SyntaxError):
            return

    def line(self, cls: TaskClass) -> int:
        """Where the class begins; 0 where its text is not known."""
        node = self._classes.get(cls.__name__)
        return node.lineno if node else 0

    def mentioned(self, cls: TaskClass) -> Set[Key]:
        """The task classes named in the body or the decorators of a class; its bases do not count."""
        node = self._classes.get(cls.__name__)
        if node is None:
            return set()
        found: Set[Key] = set()
        local: Dict[str, Key] = {}
        for part in (*node.decorator_list, *node.body):
            for inner in ast.walk(part):
                if isinstance(inner, ast.ImportFrom) and inner.module:
                    local.update({a.asname or a.name: (inner.module, a.name) for a in inner.names})
        for part in (*node.decorator_list, *node.body):
            for inner in ast.walk(part):
                key = self._key(inner, local)
                if key is not None and key != (cls.__module__, cls.__name__):
                    found.add(key)
        return found

    def _key(self, node: ast.AST, local: Mapping[str, Key]) -> Optional[Key]:
        if isinstance(node, ast.Name) and node.id in local:
            return local[node.id]
        value = self._value(node)
        return (value.__module__, value.__name__) if is_task(value) else None

    def _value(self, node: ast.AST) -> Any:
        """What a name, or a dotted name of a module, stands for in the module."""
        if isinstance(node, ast.Name):
            return self._names.get(node.id)
        if isinstance(node, ast.Attribute):
            owner = self._value(node.value)
            return vars(owner).get(node.attr) if isinstance(owner, ModuleType) else None
        return None


def _owner(cls: TaskClass) -> str:
    owner = getattr(cls, "owner_email", None)
    if isinstance(owner, (list, tuple)):
        return ", ".join(str(item) for item in owner)
    return owner if isinstance(owner, str) else ""


def _tags(cls: TaskClass) -> List[str]:
    tags = getattr(cls, "tags", ())
    return [str(tag) for tag in tags] if isinstance(tags, (list, tuple, set, frozenset)) else []
