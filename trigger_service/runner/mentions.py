"""Which task classes the code of another one names: as much as can be known of what a task requires without running it.

`requires()` can be run with real parameters only, so it is not run. Its compiled code, and that of the other methods,
of the project's functions that they call and of what decorators have left behind (`luigi.util.requires`), tells which
names it looks up; those that stand for task classes count. What is found by a text or made at run time is not seen.
"""

from __future__ import annotations

import functools
import sys
from types import CodeType, FunctionType, ModuleType
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Set, Tuple

import luigi
from luigi.parameter import Parameter

from trigger_service.runner.fingerprint import installed_folders, is_installed
from trigger_service.runner.loading import TaskClass, is_task

#: Values of a collection that are looked at.
_LONGEST = 1000
#: What wraps a function or a class, and what it wraps.
_PARTS: Mapping[type, Callable[[Any], Tuple[Any, ...]]] = {
    staticmethod: lambda value: (value.__func__,),
    classmethod: lambda value: (value.__func__,),
    property: lambda value: (value.fget,),
    functools.cached_property: lambda value: (value.func,),
    functools.partial: lambda value: (value.func, *value.args),
    Parameter: lambda value: (value._default,),
}


class Mentions:
    """Answers for many classes; each function is read once."""

    def __init__(self) -> None:
        self._read: Dict[int, Tuple[Set[TaskClass], List[FunctionType]]] = {}
        self._folders = installed_folders()
        self._installed: Dict[str, bool] = {}

    def of(self, cls: TaskClass) -> Set[TaskClass]:
        """The task classes that the class names; neither it nor its bases, which are named to call what they do."""
        found: Set[TaskClass] = set()
        waiting: List[FunctionType] = []
        for value in self._attributes(cls):
            _sort_in(value, found, waiting)
        seen: Set[int] = set()
        while waiting:
            function = waiting.pop()
            if id(function) not in seen:
                seen.add(id(function))
                tasks, called = self._named_by(function)
                found |= tasks
                waiting += called
        return found.difference(cls.__mro__)

    def _attributes(self, cls: TaskClass) -> Iterator[Any]:
        """Its attributes, also those that it inherits from outside of Luigi and does not replace."""
        replaced: Set[str] = set()
        for base in cls.__mro__:
            if base.__module__.partition(".")[0] == "luigi" or base is object:
                continue
            attributes = dict(vars(base))
            for name, value in attributes.items():
                if name not in replaced and not _is_unused_parent(name, attributes):
                    yield value
                if not (isinstance(value, FunctionType) and "super" in value.__code__.co_names):
                    replaced.add(name)

    def _named_by(self, function: FunctionType) -> Tuple[Set[TaskClass], List[FunctionType]]:
        """The task classes that a function names, and the functions that it may call."""
        if id(function) not in self._read:
            found: Set[TaskClass] = set()
            called: List[FunctionType] = []
            for cell in function.__closure__ or ():
                try:
                    _sort_in(cell.cell_contents, found, called)
                except ValueError:  # an empty cell
                    continue
            if not self._is_installed(function.__code__.co_filename):
                for value in self._looked_up(function):
                    _sort_in(value, found, called)
            self._read[id(function)] = found, called
        return self._read[id(function)]

    def _looked_up(self, function: FunctionType) -> Iterator[Any]:
        """What the names in a function's code stand for, in its module and in modules that it names or imports."""
        names = set(_names(function.__code__))
        scope = function.__globals__
        package = scope.get("__package__") or ""
        waiting: List[ModuleType] = []
        done: Set[int] = set()
        for name in names:
            value: Any = scope.get(name, sys.modules.get(name, sys.modules.get(f"{package}.{name}")))
            if issubclass(type(value), ModuleType):
                waiting.append(value)
            elif value is not None:
                yield value
        while waiting:
            module = waiting.pop()
            if id(module) in done or self._is_installed(getattr(module, "__file__", None) or ""):
                continue
            done.add(id(module))
            for name in names & vars(module).keys():
                value = vars(module)[name]
                if issubclass(type(value), ModuleType):
                    waiting.append(value)
                else:
                    yield value

    def _is_installed(self, file: str) -> bool:
        if file not in self._installed:
            self._installed[file] = bool(file) and is_installed(file, self._folders)
        return self._installed[file]


def _is_unused_parent(name: str, attributes: Mapping[str, Any]) -> bool:
    """Whether this is what `luigi.util.inherits` adds, and nothing uses it: then only parameters are inherited."""
    if name not in ("clone_parent", "clone_parents"):
        return False
    functions = [value for value in attributes.values() if isinstance(value, FunctionType)]
    return not any(name in function.__code__.co_names for function in functions if function.__module__ != "luigi.util")


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _sort_in(value: Any, found: Set[TaskClass], functions: List[FunctionType]) -> None:
    """Put the task classes that a value holds into `found`, and the functions that it holds into `functions`."""
    kind = type(value)  # isinstance() would have a lazy object look up what it stands for
    if kind is FunctionType:
        functions.append(value)
    elif is_task(value):
        found.add(value)
    elif issubclass(kind, luigi.Task):
        found.add(kind)
    else:
        for part in _parts(value):
            _sort_in(part, found, functions)


def _parts(value: Any) -> Iterable[Any]:
    """What a value is made of, where that may be task classes or functions; nothing for most values."""
    kind = type(value)
    for wrapper, parts in _PARTS.items():
        if issubclass(kind, wrapper):
            return parts(value)
    if kind in (list, tuple, set, frozenset):
        return [part for part in list(value)[:_LONGEST] if callable(part) or issubclass(type(part), luigi.Task)]
    if kind is dict:
        return _parts(list(value.values()))
    if kind.__module__ == "luigi.util":
        return [part for part in vars(value).values() if type(part) in (list, tuple, dict) or callable(part)]
    return ()
