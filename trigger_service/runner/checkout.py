"""What git says of the folder that users' code is read from: which commit, and what is not as it was committed."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from trigger_service.runner import linux
from trigger_service.runner.fingerprint import FileState, file_state, is_installed
from trigger_service.runner.ipc import BlockingChannel
from trigger_service.runner.loading import look_like_luigi

#: Seconds that git may take.
GIT_LIMIT_S = 20.0
#: Files of a git directory one of which changes with every commit, checkout, reset and `git add`.
_WATCHED = ("HEAD", "index", "logs/HEAD")


@dataclass(frozen=True)
class Checkout:
    """One look; without a commit it is no checkout, or git could not tell."""

    commit: Optional[str] = None
    #: Paths that are not as the commit has them; that of a folder which it does not have at all ends in a slash.
    changed: Tuple[str, ...] = ()
    #: The state, before the look, of what tells that another one is due.
    watched: Mapping[str, FileState] = field(default_factory=dict)

    def holds(self) -> bool:
        """Whether git would say the same again, as long as the files that it speaks of are the same."""
        return all(file_state(path) == state for path, state in self.watched.items())

    def is_dirty(self, files: Iterable[str]) -> Optional[bool]:
        """Whether one of the files is not as the commit has it; None where there is no commit."""
        if self.commit is None:
            return None
        exact, folders = set(self.changed), tuple(path for path in self.changed if path.endswith(os.sep))
        return any(file in exact or file.startswith(folders) for file in files)

    def to_json(self) -> Dict[str, Any]:
        """For the way from the process that looked to the base zygote."""
        return {"commit": self.commit, "changed": list(self.changed), "watched": dict(self.watched)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Checkout:
        """Read what `to_json` gave."""
        watched = {path: tuple(state) if state else None for path, state in value["watched"].items()}
        return cls(value["commit"], tuple(value["changed"]), watched)


def run_look(name: str, project: Path, connection: socket.socket, base: int) -> None:
    """Look at the checkout that the module `name` is read from, and report; in a process forked for it."""
    linux.die_with_parent(base)
    os.setsid()
    look_like_luigi(project)
    connection.setblocking(True)
    BlockingChannel(connection).send(look(_folder_of(name, project)).to_json())


def look(folder: Path) -> Checkout:
    """Ask git about the checkout around a folder. Files that git ignores are not looked at."""
    top = next((place for place in (folder, *folder.parents) if (place / ".git").exists()), None)
    if top is None or is_installed(str(folder / "module.py")):
        return Checkout()
    git = _git_folder(top)
    watched = {path: file_state(path) for path in (str(git / name) for name in _WATCHED)}
    command = ["git", "--no-optional-locks", "status", "--porcelain=v2", "--branch", "-z"]
    command += ["--untracked-files=normal", "--ignore-submodules=all"]
    try:
        told = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=GIT_LIMIT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return Checkout(watched=watched)
    commit, changed = _read(os.fsdecode(told.stdout).split("\0"))
    return Checkout(commit, tuple(os.path.join(top, path) for path in changed), watched)  # noqa: PTH118 (keeps a slash)


def _read(records: List[str]) -> Tuple[Optional[str], List[str]]:
    """Commit and changed paths in the output of `git status --porcelain=v2 --branch -z`."""
    commit, changed = None, []
    fields = {"1": 8, "u": 10, "?": 1}
    waiting = list(reversed(records))
    while waiting:
        record = waiting.pop()
        kind = record[:1]
        if record.startswith("# branch.oid ") and not record.endswith("(initial)"):
            commit = record.rpartition(" ")[2]
        elif kind in fields:
            changed.append(record.split(" ", fields[kind])[-1])
        elif kind == "2":  # renamed: its old path is a record of its own
            changed += [record.split(" ", 9)[-1], waiting.pop()]
    return commit, changed


def _git_folder(top: Path) -> Path:
    """The git directory of a checkout: `.git`, or where the file of this name in a worktree says."""
    entry = top / ".git"
    if entry.is_dir():
        return entry
    return top / entry.read_text().partition("gitdir: ")[2].strip()


def _folder_of(name: str, project: Path) -> Path:
    """The folder that a module comes from, found without importing it; the project's where there is none."""
    try:
        spec = importlib.util.find_spec(name.partition(".")[0])
    except (ImportError, ValueError):
        spec = None
    places = [*(spec.submodule_search_locations or ()), spec.origin] if spec else []
    found = next((Path(place) for place in places if place and Path(place).is_absolute()), project)
    return found if found.is_dir() else found.parent
