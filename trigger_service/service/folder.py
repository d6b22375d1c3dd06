"""An inbox that is a folder: what lies in it, and when something in it changes."""

from __future__ import annotations

import logging
import os
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from trigger_service.domain.errors import Unavailable
from trigger_service.domain.files import Found, is_to_be_seen

log = logging.getLogger(__name__)

#: Milliseconds between two questions of the watch whether something has changed.
_STEP_MS = 200
#: And after which it gives word that nothing has: the first time, it is known to watch.
_WORD_MS = 1000


class Folder:
    """Lists a folder with all folders in it. Links are followed to files in it, and nowhere else."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._faults: list[str] = []
        #: What the last listing could not look at, one line each.
        self.faults: Sequence[str] = ()

    def files(self, _after: str) -> Iterator[Found]:
        """All regular files that are to be seen, folder by folder; raises Unavailable where there is no such folder."""
        self.faults = self._faults = []
        try:
            root = os.path.realpath(self._path, strict=True)
            yield from self._below(root, root, "")
        except OSError as error:
            reason = f"{error.strerror}; make it, or correct [inbox] url in luigi.cfg"
            raise Unavailable(what=f"The folder {self._path}", reason=reason) from error

    def _below(self, root: str, folder: str, prefix: str) -> Iterator[Found]:
        with os.scandir(folder) as scanned:
            entries = sorted(scanned, key=lambda entry: entry.name)
        for entry in entries:
            path = f"{prefix}{entry.name}"
            if not is_to_be_seen(path):
                continue
            if not _is_text(path):
                self._faults.append(f"{path.encode(errors='surrogateescape')!r}: its name is no UTF-8; rename it")
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    yield from self._below(root, entry.path, f"{path}/")
                else:
                    yield from _file(root, entry, path)
            except FileNotFoundError:  # it has gone meanwhile
                continue
            except OSError as error:
                self._faults.append(f"{path}: {error.strerror}")


class Watch:
    """A thread that calls `changed` soon after something changes in a folder, while there is one that can be watched.

    For one thread. The folder is listed now and then all the same: file systems of other machines tell nothing.
    """

    def __init__(self, folder: str, changed: Callable[[], None]) -> None:
        self._folder = folder
        self._changed = changed
        self._thread: threading.Thread | None = None
        self._ending = threading.Event()
        self._trouble = ""
        #: Whether changes are told from now on.
        self.watches = False

    def begin(self) -> None:
        """Watch, unless that is done already."""
        if not self.is_alive():
            self._ending = threading.Event()
            self._thread = threading.Thread(target=self._loop, name=f"watch {self._folder}", daemon=True)
            self._thread.start()

    def is_alive(self) -> bool:
        """Whether it watches."""
        return self._thread is not None and self._thread.is_alive()

    def end(self) -> None:
        """End the thread: the service stops, or there is no such folder any more."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()

    def _loop(self) -> None:
        from watchfiles import watch  # noqa: PLC0415 (slow to import, and few have such sensors)

        ending = self._ending
        try:
            for changes in watch(
                self._folder,
                watch_filter=None,
                step=_STEP_MS,
                stop_event=ending,
                raise_interrupt=False,
                rust_timeout=_WORD_MS,
                yield_on_timeout=True,
            ):
                # what has arrived before it watched was told by nobody
                if changes or not self.watches:
                    self.watches = True
                    self._changed()
            self._trouble = ""
        except Exception as error:  # it has errors of its own; what it misses is found later
            if str(error) != self._trouble and not ending.is_set():
                log.warning("%s is not watched: %s", self._folder, error, extra={"action": "inbox_unwatched"})
            self._trouble = str(error)
        finally:
            self.watches = False


def _file(root: str, entry: os.DirEntry[str], path: str) -> Iterator[Found]:
    if entry.is_symlink():
        real = os.path.realpath(entry.path)
        if not Path(real).is_relative_to(root):
            return
        found = os.stat(real)  # noqa: PTH116
    else:
        found = entry.stat(follow_symlinks=False)
    if stat.S_ISREG(found.st_mode):
        yield Found(path, found.st_size, found.st_mtime, f"{found.st_size}-{found.st_mtime_ns}")


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
