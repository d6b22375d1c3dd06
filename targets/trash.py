"""The trash of local files: where an invalidated file or folder waits, in the same folder, until it is wanted back.

`<folder>/.luigi-trash/<operation>/<name>`: on the same file system, so that one rename moves it, whole, and whoever has
it open goes on reading the old bytes. Each step can be repeated after a kill: what is done already is no error, and
nothing that waits in the trash is ever replaced.
"""

import errno
import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

from targets.errors import NotInTrash, TargetExists
from targets.staging import fsync_folder, make_folder

FOLDER = ".luigi-trash"
#: Ids of operations: safe as the name of a folder, and as a part of a key or a row.
_OPERATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
NO_HARD_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK)


class LocalTrash:
    """One file or folder in its place, or in the trash of one operation; small files `beside` it go along."""

    def __init__(self, path: str | Path, operation: str, beside: tuple[str, ...] = ()) -> None:
        """`beside` are names in the same folder. Raises ValueError for an id that cannot name a folder."""
        self._place = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow a symbolic link
        self._folder = self._place.parent / FOLDER / checked(operation)
        self._waiting = self._folder / self._place.name
        self._beside = [(self._place.with_name(name), self._folder / name) for name in beside]

    def holds(self) -> bool:
        """Whether it waits in the trash, and is not back in its place."""
        return self._waits() and not _same(self._place, self._waiting)

    def take(self) -> None:
        """Move it into the trash; nothing where it waits there already, or is not there at all."""
        if not self._waits() and os.path.lexists(self._place):
            make_folder(self._folder)
            self._move(self._place, self._waiting)
        elif _same(self._place, self._waiting):
            self._place.unlink()
            fsync_folder(self._place.parent)
        if self._waits() and not os.path.lexists(self._place):
            for place, waiting in self._beside:
                if os.path.lexists(place) and not os.path.lexists(waiting):
                    self._move(place, waiting)

    def give_back(self) -> None:
        """Move it back into its place; nothing where it is back already.

        Raises TargetExists where something has been put into its place meanwhile, NotInTrash where it is nowhere.
        """
        if not self._waits():
            if os.path.lexists(self._place):
                return self._tidy()
            raise NotInTrash(url=self._place, operation=self._folder.name)
        if os.path.lexists(self._place) and not _same(self._place, self._waiting):
            raise TargetExists(url=self._place)
        for place, waiting in self._beside:
            if os.path.lexists(waiting):
                self._move(waiting, place)
        make_folder(self._place.parent)
        self._put(self._waiting, self._place)
        return self._tidy()

    def empty(self) -> None:
        """Delete it for good; nothing where it is not in the trash."""
        for path in (self._waiting, *(waiting for _, waiting in self._beside)):
            remove(path)
        self._tidy()

    def _waits(self) -> bool:
        return os.path.lexists(self._waiting)

    def _move(self, source: Path, destination: Path) -> None:
        """Rename; whoever did the same at the same time has done it for us."""
        with suppress(FileNotFoundError):
            source.rename(destination)
        fsync_folder(destination.parent)
        fsync_folder(source.parent)

    def _put(self, source: Path, destination: Path) -> None:
        """Rename, and never in place of something."""
        try:
            if source.is_dir() and not source.is_symlink():
                source.rename(destination)
            elif not _same(source, destination):
                self._link(source, destination)
        except (FileExistsError, NotADirectoryError):
            raise TargetExists(url=destination) from None
        except OSError as error:
            if error.errno == errno.ENOTEMPTY:
                raise TargetExists(url=destination) from None
            raise
        fsync_folder(destination.parent)
        source.unlink(missing_ok=True)
        fsync_folder(source.parent)

    def _link(self, source: Path, destination: Path) -> None:
        try:
            os.link(source, destination, follow_symlinks=False)
        except OSError as error:
            if error.errno not in NO_HARD_LINKS:
                raise
            if os.path.lexists(destination):
                raise FileExistsError from None
            source.rename(destination)

    def _tidy(self) -> None:
        """Remove the folders of the trash that are empty now."""
        for folder in (self._folder, self._folder.parent):
            with suppress(OSError):
                folder.rmdir()


def checked(operation: str) -> str:
    """The id of an operation; raises ValueError for one that is none."""
    if not _OPERATION.fullmatch(operation):
        raise ValueError(f"{operation!r} is no id of an operation: letters, digits, - and _, at most 64")
    return operation


def size_of(path: str | Path) -> int | None:
    """Bytes of a file, or of all files below a folder; None where there is nothing."""
    try:
        if not os.path.isdir(path):  # noqa: PTH112 - of the path as it was given
            return os.stat(path).st_size  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError):
        return None
    found = (Path(folder, name) for folder, _, names in os.walk(path) for name in names)
    return sum(file.lstat().st_size for file in found)


def remove(path: Path) -> None:
    """Delete a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _same(one: Path, other: Path) -> bool:
    """Whether two names are those of one file: a kill came between giving it the one and taking the other away."""
    try:
        return os.path.samestat(one.lstat(), other.lstat())
    except OSError:
        return False
