"""Moves targets out of the way and back: those that know how to do it themselves, and files of stock Luigi.

A stock `luigi.LocalTarget` is moved as the targets of the package `targets` move theirs, into
`<folder>/.luigi-trash/<operation>/<name>`; that package may not be installed where this runs.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from pathlib import Path
from typing import Any, Optional

import luigi

FOLDER = ".luigi-trash"
_METHODS = ("trash", "restore", "purge", "trashed")
_NO_HARD_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK)


class Built(Exception):
    """Something has been put into the place of what waits in the trash."""


class Lost(Exception):
    """It is neither in its place nor in the trash."""


class FileMover:
    """One file or folder. Each step can be repeated after a kill, and replaces nothing."""

    def __init__(self, path: str) -> None:
        self._place = Path(os.path.abspath(path))  # noqa: PTH100 (resolve() would follow a symbolic link)

    def exists(self) -> bool:
        """Whether there is something in its place."""
        return os.path.lexists(self._place)

    def size(self) -> Optional[int]:
        """Bytes of the file, or of all files in the folder; None where there is none."""
        if not self._place.is_dir():
            return self._place.stat().st_size if self._place.exists() else None
        files = (Path(folder, name) for folder, _, names in os.walk(self._place) for name in names)
        return sum(file.lstat().st_size for file in files)

    def trashed(self, operation: str) -> bool:
        """Whether it waits in the trash, and is not back in its place."""
        waiting = self._waiting(operation)
        return os.path.lexists(waiting) and not _same(self._place, waiting)

    def trash(self, operation: str) -> None:
        """Move it into the trash."""
        waiting = self._waiting(operation)
        if _same(self._place, waiting):  # a kill came in the middle of putting it back
            self._place.unlink()
            _sync(self._place.parent)
        elif self.exists() and not os.path.lexists(waiting):
            for folder in (waiting.parent.parent, waiting.parent):
                with contextlib.suppress(FileExistsError):
                    folder.mkdir()
                    _sync(folder.parent)
            with contextlib.suppress(FileNotFoundError):  # somebody was faster
                self._place.rename(waiting)
            _sync(waiting.parent, self._place.parent)

    def restore(self, operation: str) -> None:
        """Put it back; raises Built or Lost."""
        waiting = self._waiting(operation)
        if not os.path.lexists(waiting):
            if not self.exists():
                raise Lost
        elif self.exists() and not _same(self._place, waiting):
            raise Built
        else:
            self._put_back(waiting)
        self._tidy(waiting)

    def purge(self, operation: str) -> None:
        """Delete it for good, where it waits in the trash."""
        waiting = self._waiting(operation)
        if waiting.is_dir() and not waiting.is_symlink():
            shutil.rmtree(waiting)
        elif os.path.lexists(waiting):
            waiting.unlink()
        self._tidy(waiting)

    def _waiting(self, operation: str) -> Path:
        return self._place.parent / FOLDER / operation / self._place.name

    def _put_back(self, waiting: Path) -> None:
        try:
            if waiting.is_dir() and not waiting.is_symlink():
                waiting.rename(self._place)
            elif not self.exists():
                _link(waiting, self._place)
        except FileExistsError:
            raise Built from None
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.ENOTDIR):
                raise Built from None
            raise
        _sync(self._place.parent)
        with contextlib.suppress(FileNotFoundError):
            waiting.unlink()
        _sync(waiting.parent)

    @staticmethod
    def _tidy(waiting: Path) -> None:
        for folder in (waiting.parent, waiting.parent.parent):
            with contextlib.suppress(OSError):
                folder.rmdir()


def mover_of(target: Any) -> Any:
    """What moves a target: has trash, restore, purge, trashed, exists and size; None where nothing does."""
    if all(callable(getattr(target, name, None)) for name in _METHODS):
        return target
    return FileMover(target.path) if isinstance(target, luigi.LocalTarget) else None


def url_of(target: Any) -> str:
    """The canonical URL of a target that can be moved."""
    url = getattr(target, "url", None)
    return url if isinstance(url, str) and url else os.path.abspath(str(target.path))  # noqa: PTH100 (as above)


def _link(source: Path, destination: Path) -> None:
    """Give a file another name, which must be free: a rename would replace what has it."""
    try:
        os.link(source, destination, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        if os.path.lexists(destination):
            raise FileExistsError from None
        source.rename(destination)


def _same(one: Path, other: Path) -> bool:
    try:
        return os.path.samestat(one.lstat(), other.lstat())
    except OSError:
        return False


def _sync(*folders: Path) -> None:
    """Flush the entries of folders to the disk, where their file system can do that."""
    for folder in folders:
        with contextlib.suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
