"""Whether many targets exist, found out in bulk before they are asked one by one.

Who is about to ask thousands of targets calls `type(target).foresee(targets)` first and `forget()` at the end (that is
one pass); in between, `exists()` answers from what was found out. A target that only asks another one, as rows ask
their file, names it as `decided_by`. Each answer was true at a moment of the pass, as that of a single question would
have been, and what this process writes or removes through these targets meanwhile is known at once.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice
from operator import attrgetter
from typing import Any, Self

#: Files of one folder from which on the folder is listed, rather than each file asked for.
WORTH_LISTING = 4
#: Entries of a folder that are looked at for each file in question: beyond, asking for the files is cheaper.
ENTRIES_EACH = 50
#: Ends of paths that no listing shows.
_ODD = ("/", "/.", "/..")


class View:
    """What one pass has found out, by the canonical name of the target."""

    def __init__(self) -> None:
        self._known: dict[str, bool] = {}
        self._sizes: dict[str, int] = {}
        self._owner = 0

    def learn(self, answers: Iterable[tuple[str, bool]], sizes: Iterable[tuple[str, int]] = ()) -> None:
        """Keep answers until the pass ends, and the bytes of what is there where they were said with it."""
        if self._owner != os.getpid():
            self.forget()
            self._owner = os.getpid()
        self._known.update(answers)
        self._sizes.update(sizes)

    def __bool__(self) -> bool:
        """Whether a pass is under way here."""
        return bool(self._known)

    def answer(self, name: str) -> bool | None:
        """What is known; None where the target must be asked itself, as in a process that was forked meanwhile."""
        return self._known.get(name) if self._known and self._owner == os.getpid() else None

    def size(self, name: str) -> int | None:
        """Bytes of a target that is there; None where it must be asked itself."""
        return self._sizes.get(name) if self._sizes and self._owner == os.getpid() else None

    def published(self, name: str) -> None:
        """This process has published the target."""
        self._sizes.pop(name, None)
        if name in self._known:
            self._known[name] = True

    def doubt(self, name: str) -> None:
        """Somebody may be about to publish the target: it is asked itself."""
        self._sizes.pop(name, None)
        self._known.pop(name, None)

    def forget(self) -> None:
        """The pass is over, or this process has removed something: from now on everything is asked afresh."""
        self._known = {}
        self._sizes = {}


#: What the pass of this process knows; empty outside of one.
view = View()


class Foreseen:
    """Makes of a class's `existing(targets)` that `exists()` answers from it for a while: for targets far away.

    `exists()` asks `view.answer(self.url)` first; what publishes or removes tells the view.
    """

    @classmethod
    def existing(cls, targets: Sequence[Self]) -> list[bool]:
        """Say of each of `targets` whether it exists."""
        return [bool(target.exists()) for target in targets]  # type: ignore[attr-defined]

    @classmethod
    def foresee(cls, targets: Sequence[Self]) -> list[bool]:
        """As `existing`; and until `forget()` is called, `exists()` of any target answers from it."""
        answers = cls.existing(targets)
        view.learn(zip((target.url for target in targets), answers, strict=True))  # type: ignore[attr-defined]
        return answers

    @classmethod
    def forget(cls) -> None:
        """What was found out in bulk holds no longer."""
        view.forget()


def existing(targets: Iterable[Any]) -> list[bool]:
    """Say of each target whether it exists, asking in bulk where its class can; for `bulk_complete` and the like."""
    given = list(targets)
    kinds = {type(target) for target in given}
    if len(kinds) == 1 and (bulk := getattr(kinds.pop(), "existing", None)):
        return list(bulk(given))
    groups: defaultdict[type, list[int]] = defaultdict(list)
    given = [getattr(target, "decided_by", target) for target in given]
    for index, target in enumerate(given):
        groups[type(target)].append(index)
    answers = [False] * len(given)
    for kind, indexes in groups.items():
        bulk = getattr(kind, "existing", None)
        members = [given[index] for index in indexes]
        found = bulk(members) if bulk else [bool(target.exists()) for target in members]
        for index, answer in zip(indexes, found, strict=True):
            answers[index] = answer
    return answers


def existing_files(paths: Sequence[str]) -> list[bool]:
    """Say of each absolute path whether it exists, by listing the folders that hold many of them."""
    if len(paths) < WORTH_LISTING:
        return list(map(os.path.exists, paths))
    found: set[str] = set()
    first = _folder(paths[0])
    listed = set() if first is None else _list_into(found, first, len(paths))
    rest = [path for path in paths if path not in found] if found else paths
    if listed and _are_all_in(first, rest):
        return [path in found for path in paths] if found else [False] * len(paths)
    for folder, count in Counter(map(_folder, rest)).items():
        if folder is not None and folder not in listed and count >= WORTH_LISTING:
            listed |= _list_into(found, folder, count)
    found.update(path for path in rest if _folder(path) not in listed and os.path.exists(path))  # noqa: PTH110
    return [path in found for path in paths]


def _folder(path: str) -> str | None:
    """The folder whose listing shows the path; None where none does."""
    return None if path.endswith(_ODD) or "//" in path else path[: path.rfind("/")]


def _are_all_in(folder: str | None, paths: Sequence[str]) -> bool:
    """Seen by counting in all of them at once: to take each apart is most of the work for files that are not there.

    Each path is absolute, so it has a slash at least; and each has the folder's slashes and no more, if all have.
    """
    prefix, joined = f"{folder}/", "".join(paths) + "/"
    as_often = joined.count(prefix) == len(paths) and joined.count("/") == len(paths) * prefix.count("/") + 1
    return as_often and not any(f"{odd}/" in joined for odd in _ODD)


def _list_into(found: set[str], folder: str, wanted: int) -> set[str]:
    """Add the paths in a folder to `found`; the folder, or nothing where it cannot be listed or is not worth it."""
    try:
        with os.scandir(folder or "/") as entries:
            seen = list(islice(entries, wanted * ENTRIES_EACH))
            if next(entries, None) is not None:
                return set()
    except (FileNotFoundError, NotADirectoryError):
        return {folder}
    except OSError:
        return set()
    if any(map(os.DirEntry.is_symlink, seen)):  # one may lead nowhere
        seen = [entry for entry in seen if not entry.is_symlink() or os.path.exists(entry)]  # noqa: PTH110
    found.update(map(attrgetter("path"), seen))
    return {folder}
