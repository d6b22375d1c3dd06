"""Which class luigi means by a family that several modules have, where more is imported than `luigi` would import.

All modules of a package are imported in one process, plain `luigi --module` imports one and what that imports. Luigi
goes by the name alone where it takes up a dynamic requirement or reads a TaskParameter.
"""

from __future__ import annotations

import contextlib
import sys
from types import ModuleType
from typing import Any, Dict, Iterator, List, Set

from luigi.task_register import Register

from trigger_service.runner.fingerprint import is_installed


def narrow(module: str) -> None:
    """Have luigi's register hold, of each family that classes of several modules have, those nearest to `module`."""
    by_family: Dict[str, List[type]] = {}
    for cls in Register._reg:
        by_family.setdefault(cls.get_task_family(), []).append(cls)
    contested = [classes for classes in by_family.values() if len({cls.__module__ for cls in classes}) > 1]
    if not contested:
        return
    distances = _distances(module)
    far = len(distances)
    dropped: Set[type] = set()
    for classes in contested:
        least = min(distances.get(cls.__module__, far) for cls in classes)
        dropped.update(cls for cls in classes if distances.get(cls.__module__, far) > least)
    Register._reg = [cls for cls in Register._reg if cls not in dropped]


@contextlib.contextmanager
def restored() -> Iterator[None]:
    """Have the register hold again, after this block, what it held before it, and what came in the block."""
    before = list(Register._reg)
    known = set(before)
    try:
        yield
    finally:
        Register._reg = before + [cls for cls in Register._reg if cls not in known]


def _distances(module: str) -> Dict[str, int]:
    """How many steps from name to name it takes from a module to each other one of the project."""
    found = {module: 0}
    waiting = [module]
    foreign: Set[str] = set()
    for name in waiting:
        for other in _named_in(sys.modules[name]) - found.keys() - foreign:
            if _is_of_project(other):
                found[other] = found[name] + 1
                waiting.append(other)
            else:
                foreign.add(other)
    return found


def _named_in(module: ModuleType) -> Set[str]:
    """The modules that the names in a module are of, or stand for."""
    names = [_home(value) for value in list(vars(module).values())]
    return {name for name in names if isinstance(name, str)}


def _home(value: Any) -> Any:
    """The name of the module that a value is or is from, by its own words: a lazy object is not woken."""
    try:
        return object.__getattribute__(value, "__name__" if issubclass(type(value), ModuleType) else "__module__")
    except Exception:  # users' objects may have anything there
        return None


def _is_of_project(name: str) -> bool:
    file = getattr(sys.modules.get(name), "__file__", None)
    return isinstance(file, str) and not is_installed(file)
