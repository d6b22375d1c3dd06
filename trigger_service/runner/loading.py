"""Imports users' modules and picks task classes in them; also what a child must see as `python -m luigi` has it."""

from __future__ import annotations

import difflib
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Dict, List, Sequence, Type

import luigi
from luigi import configuration
from luigi.task_register import Register

from trigger_service.domain.errors import PipelineNotFound
from trigger_service.runner.import_guard import import_module
from trigger_service.runner.register import narrow
from trigger_service.runner.sources import Source

TaskClass = Type[luigi.Task]


def look_like_luigi(project: Path) -> None:
    """Set working directory, search path and argv[0] as `python -m luigi` in the folder `project` would have them."""
    os.chdir(project)
    folder = str(project)
    if not sys.path or sys.path[0] != folder:
        sys.path.insert(0, folder)
    sys.argv = [str(Path(luigi.__file__).with_name("__main__.py"))]


def add_configuration(files: Sequence[str]) -> None:
    """Have luigi read further files, now and whenever it reads its configuration again, each above those before it."""
    for file in files:
        configuration.add_config_path(file)


def reread_configuration() -> None:
    """Read luigi's configuration files again: luigi was imported, and read them, when the base zygote started."""
    config = configuration.get_config()
    for section in config.sections():
        config.remove_section(section)
    config.defaults().clear()
    type(config).reload()


def find_task(module: str, family: str) -> TaskClass:
    """The class with this family in the module, which is imported; raises PipelineNotFound, or what the import raises.

    Classes defined in the module go before those imported into it, the most derived before its bases (a decorator may
    have wrapped it). Luigi's own register is the last resort: two modules may define the same family. By any family
    luigi means the class nearest to the module from now on.
    """
    found = _candidates(import_module(module), family)
    narrow(module)
    if not found:
        found = [cls for cls in _registered() if cls.get_task_family() == family]
    if not found:
        raise PipelineNotFound(name=family, nearest=_nearest(module, family))
    return max(found, key=lambda cls: (cls.__module__ == module, len(cls.__mro__)))


def tasks_in(module: ModuleType, source: Source) -> Dict[str, TaskClass]:
    """The task classes that the module defines, in its own order, by what it calls them.

    Its own are also those that a decorator or a factory of another module has made for it.
    """
    found: Dict[str, TaskClass] = {}
    for name, value in list(vars(module).items()):
        if not is_task(value) or value in found.values():
            continue
        if value.__module__ == module.__name__ or (source.defines(name) and _is_homeless(value)):
            found[name] = value
    return found


def is_task(value: Any) -> bool:
    """Whether a value is a task class that can be asked for by name."""
    return (
        issubclass(type(value), Register)  # isinstance() would have a lazy object look up what it stands for
        and issubclass(value, luigi.Task)
        and not issubclass(value, luigi.Config)
        and bool(value._visible_in_registry)
    )


def _is_homeless(cls: TaskClass) -> bool:
    """Whether the module that a class names as its own does not have it."""
    home = sys.modules.get(cls.__module__)
    return home is None or not any(value is cls for value in list(vars(home).values()))


def _tasks_named_in(module: ModuleType) -> List[TaskClass]:
    found: List[TaskClass] = []
    for value in list(vars(module).values()):
        if is_task(value) and value not in found:
            found.append(value)
    return found


def _candidates(module: ModuleType, family: str) -> List[TaskClass]:
    return [cls for cls in _tasks_named_in(module) if cls.get_task_family() == family]


def _registered() -> List[TaskClass]:
    return [cls for cls in Register._reg if is_task(cls)]


def _nearest(module: str, family: str) -> tuple[str, ...]:
    names = [cls.get_task_family() for cls in _tasks_named_in(import_module(module))]
    return tuple(difflib.get_close_matches(family, names, n=3, cutoff=0.5))
