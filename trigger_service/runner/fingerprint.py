"""Which files an imported module stands for, and whether they are still what was imported."""

from __future__ import annotations

import hashlib
import os
import sys
import sysconfig
import traceback
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Dict, FrozenSet, Iterable, List, Mapping, Optional, Set, Tuple

from luigi.configuration.core import PARSERS

_NOT_SOURCES = ("__pycache__", "node_modules", "site-packages", "venv")
#: Size in bytes and time of change in nanoseconds; None for a file that is not there.
FileState = Optional[Tuple[int, int]]


@dataclass(frozen=True)
class Fingerprint:
    """The state of everything that an import has read."""

    files: Mapping[str, FileState] = field(default_factory=dict)
    #: Of folders where a new module would count: the names of the modules in them.
    folders: Mapping[str, Tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """A short name for the state."""
        content = repr((sorted(self.files.items()), sorted(self.folders.items())))
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    def holds(self) -> bool:
        """Whether everything is still as it was. One `stat` per file."""
        return all(file_state(path) == state for path, state in self.files.items()) and all(
            module_names(path) == names for path, names in self.folders.items()
        )

    def to_json(self) -> Dict[str, Any]:
        """For the way from a module zygote to the base zygote."""
        return {"files": dict(self.files), "folders": dict(self.folders)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Fingerprint:
        """Read what `to_json` gave."""
        files = {path: tuple(state) if state else None for path, state in value["files"].items()}
        return cls(files, {path: tuple(names) for path, names in value["folders"].items()})


def file_state(path: str) -> FileState:
    """Size and time of change of a file."""
    try:
        stat = os.stat(path)  # noqa: PTH116 (hot: asked for every file at every request)
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns


def module_names(folder: str) -> Tuple[str, ...]:
    """What could be imported from a folder: modules and sub-folders, without caches and hidden ones."""
    try:
        with os.scandir(folder) as entries:
            return tuple(sorted(entry.name for entry in entries if _may_be_module(entry)))
    except OSError:
        return ()


def configuration_files() -> List[str]:
    """The configuration files that luigi looks for."""
    paths = [path for parser in PARSERS.values() for path in parser._config_paths]
    return sorted({os.path.abspath(path) for path in paths})  # noqa: PTH100 (symbolic links stay as they are)


def project_files(before: Iterable[str]) -> Set[str]:
    """The files of all modules loaded since `before` (names of modules) that belong to no installed package."""
    known = frozenset(before)
    installed = installed_folders()
    files = (getattr(module, "__file__", None) for name, module in list(sys.modules.items()) if name not in known)
    return {file for file in files if isinstance(file, str) and not is_installed(file, installed)}


def sources_below(folder: Path) -> List[str]:
    """Every source file of a project, for when it is not known which of them an import has read."""
    found: List[str] = []
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _NOT_SOURCES]
        found += [os.path.join(place, name) for name in files if name.endswith(".py")]  # noqa: PTH118
    return found


def traceback_files(error: BaseException) -> Set[str]:
    """The project's files that an error passed through: a module that failed is no longer among the loaded ones."""
    installed = installed_folders()
    files: Set[str] = set()
    chain: List[BaseException] = [error]
    for link in chain:
        files.update(frame.filename for frame in traceback.extract_tb(link.__traceback__))
        if isinstance(link, SyntaxError) and link.filename:
            files.add(link.filename)
        chain += [cause for cause in (link.__cause__, link.__context__) if cause is not None and cause not in chain]
    return {file for file in files if Path(file).is_file() and not is_installed(file, installed)}


def changed_between(files: Iterable[str], start_ns: int, end_ns: int) -> bool:
    """Whether a file was touched between two times (nanoseconds since the epoch), or is gone.

    A file that changes while it is being imported has a state that tells nothing of what was read. The time of the
    inode counts: copying tools set the other one back. The kernel's clock for files lags by up to 10 ms.
    """
    for path in files:
        try:
            touched = os.stat(path).st_ctime_ns  # noqa: PTH116
        except OSError:
            return True
        if start_ns - 10_000_000 <= touched <= end_ns:
            return True
    return False


def _may_be_module(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith(".") or entry.name == "__pycache__":
        return False
    return entry.name.endswith((".py", ".so")) or ("." not in entry.name and entry.is_dir())


def installed_folders() -> FrozenSet[str]:
    """Where the standard library and the installed packages are, with a slash at the end."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    return frozenset(sysconfig.get_paths()[name] + os.sep for name in names)


def is_installed(file: str, folders: Optional[FrozenSet[str]] = None) -> bool:
    """Whether a file belongs to an installed package (below `folders`, where the caller has them) or to none."""
    folders = installed_folders() if folders is None else folders
    parts = Path(file).parts
    return file.startswith(tuple(folders)) or "site-packages" in parts or "dist-packages" in parts or file[:1] == "<"
