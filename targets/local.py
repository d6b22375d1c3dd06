"""A local file that is published whole or not at all, and survives a power cut once it is published.

Stock `luigi.LocalTarget` publishes a half-written file when `close()` is called while an exception is on its way
(`try: ... finally: f.close()`), does not flush to the disk, and leaves its temporary files behind when it is killed.
"""

import errno
import hashlib
import io
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import luigi
import luigi.format

from targets.errors import StorageFull, TargetError
from targets.foresight import existing_files
from targets.provenance import desk
from targets.staging import Staging, version_of
from targets.trash import LocalTrash, size_of
from targets.trashable import Trashable
from targets.writing import AtomicWriter, Published

FULL = (errno.ENOSPC, errno.EDQUOT)


class AtomicLocalTarget(luigi.LocalTarget, Trashable):
    """A drop-in for `luigi.LocalTarget`: same arguments, formats and methods."""

    #: Told of each write in place of the desk, where this file is a part of another target.
    part_of: Callable[[Published], None] | None = None

    @property
    def url(self) -> str:
        """The absolute path: names the file wherever it is spoken of."""
        return os.path.abspath(self.path)  # noqa: PTH100 - resolve() would follow a symbolic link

    @classmethod
    def existing(cls, targets: Sequence[Self]) -> list[bool]:
        """Say of each of `targets` whether it exists, by listing their folders."""
        here = f"{Path.cwd()}/"
        return existing_files([path if (path := target.path)[0] == "/" else here + path for target in targets])

    def version(self) -> str | None:
        """Tells this file from another one in its place; None where there is none."""
        return version_of(Path(self.path))

    def open(self, mode: str = "r") -> Any:
        """Open for reading (`r`) or writing (`w`); bytes need `format=luigi.format.Nop`, as in stock Luigi.

        A writer publishes on `close()` or at the end of its `with` block. It publishes nothing after an exception,
        after `abort()`, or when it is dropped unclosed. Raises StorageFull when the disk is full, PublishedMeanwhile
        when another writer of the same file was faster.
        """
        if mode.replace("b", "").replace("t", "") == "w":
            return AtomicWriter(self.path, lambda: LocalSink(Path(self.path)), self.format, self._published)
        if self.part_of is None:
            desk.read(self.url, self.version() or "")
        return super().open(mode)

    @contextmanager
    def temporary_path(self) -> Iterator[str]:
        """Give a path for another program to write a file or a folder to; published at the end of the block.

        The path ends with the target's own name. An existing file is replaced. Nothing is published after an exception.
        """
        with explained(self.path):
            staging = Staging(Path(self.path))
        try:
            yield str(staging.path)
        except OSError as error:
            staging.discard()
            raise explain(error, self.path) from error
        except BaseException:
            staging.discard()
            raise
        with explained(self.path):
            size, sha256 = (0, "") if staging.path.is_dir() else digest_of(staging.path)
            staging.publish()
        self._published(Published(version=self.version() or "", size=size, sha256=sha256))

    def copy(self, new_path: str, raise_if_exists: bool = False) -> None:
        """Copy to `new_path`, atomically. Raises RuntimeError if it exists and `raise_if_exists` is set."""
        if raise_if_exists and Path(new_path).exists():
            raise RuntimeError(f"Destination exists: {new_path}")
        with AtomicLocalTarget(new_path).temporary_path() as temporary:
            shutil.copy(self.path, temporary)

    def size(self) -> int | None:
        """Bytes of the file, or of all files in the folder; None where there is none."""
        return size_of(self.path)

    def _trash(self, operation: str) -> LocalTrash:
        return LocalTrash(self.path, operation, beside=(self._record,))

    @property
    def _record(self) -> str:
        """Name of the file beside it that says who wrote it."""
        return f".{Path(self.path).name}.provenance.json"

    def _published(self, published: Published) -> None:
        if self.part_of is not None:
            return self.part_of(published)
        return desk.written(self.url, published, beside=self._write_beside)

    def _write_beside(self, record: bytes) -> None:
        path = Path(self.path)
        staging = Staging(path.with_name(self._record))
        staging.path.write_bytes(record)
        staging.publish()


class LocalSink:
    """A file in a staging folder beside the final path."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with explained(path):
            self._staging = Staging(path)
            self.raw = io.FileIO(self._staging.path, "w")

    def publish(self) -> str:
        self._staging.publish()
        return version_of(self._path) or ""

    def digest(self) -> tuple[int, str]:
        return digest_of(self._staging.path)

    def discard(self) -> None:
        self._staging.discard()

    def explain(self, error: Exception) -> Exception:
        return explain(error, self._path) if isinstance(error, OSError) else error


def digest_of(path: Path) -> tuple[int, str]:
    """Size in bytes and sha256 of a file; nothing of one that does not exist."""
    if not path.exists():
        return 0, ""
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def explain(error: OSError, path: str | Path) -> Exception:
    """Give the error that says what a person can do about `error`; most errors say so themselves."""
    if error.errno not in FULL:
        return error
    folder = next(parent for parent in Path(path).absolute().parents if parent.exists())
    return StorageFull(path=path, free_mib=shutil.disk_usage(folder).free >> 20)


@contextmanager
def explained(path: str | Path) -> Iterator[None]:
    """Raise what `explain` gives for an OSError inside the block."""
    try:
        yield
    except TargetError:
        raise
    except OSError as error:
        explanation = explain(error, path)
        if explanation is error:
            raise
        raise explanation from error
