"""A set of files that is there as a whole, or not at all: on a file system, in memory, in S3.

Each write goes to a generation of its own, `<url>/<generation>/<name>`, and ends by publishing `manifest.json`, by
compare and swap. So a folder is replaced in one step everywhere; who reads goes on reading the generation that they
began with; and of two writers one wins whole, the other is told.
"""

import hashlib
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import luigi
import luigi.format

from targets.errors import (
    ChangedWhileReading,
    FilesUnfinished,
    NoSuchFile,
    PublishedMeanwhile,
    TargetExists,
    TargetMissing,
)
from targets.folder_manifest import FileEntry, Manifest, checked_name
from targets.listing import list_files
from targets.local import AtomicLocalTarget
from targets.opening import BYTES_AND_TEXT, join, open_file
from targets.provenance import desk
from targets.settings import targets as settings
from targets.trash import FOLDER, checked
from targets.writing import AtomicWriter, Published

MANIFEST = "manifest.json"
#: Seconds after which a generation that no manifest names is one whose writer is gone.
ABANDONED_S = 7 * 24 * 3600
_BEGAN = "%Y%m%dT%H%M%SZ"
_BLOCK = 1 << 20


class FolderTarget(luigi.Target):
    """The files below `url`, a folder or a prefix; `format` and `options` are those of its files, as in `open_file`."""

    def __init__(self, url: Any, format: Any = None, **options: Any) -> None:
        self._root = str(url).rstrip("/")
        self._format = format
        self._options = options
        self._manifest = self.file(MANIFEST, "bytes")
        self.url: str = self._manifest.url.removesuffix(MANIFEST)

    def __repr__(self) -> str:
        return f"FolderTarget({self.url!r})"

    __str__ = __repr__

    def exists(self) -> bool:
        """Whether there is a manifest: one question."""
        return bool(self._manifest.exists())

    @property
    def decided_by(self) -> Any:
        """The target whose existence is this one's: its manifest."""
        return self._manifest

    def version(self) -> str | None:
        """The generation; None where there is none. One request."""
        found = self._found(self._manifest)
        return None if found is None else found.generation

    def size(self) -> int | None:
        """Bytes of all files; None where there is no manifest."""
        found = self._found(self._manifest)
        return None if found is None else found.size

    def provenance(self) -> dict[str, Any] | None:
        """Which task wrote it and from what, where that is kept beside targets ([targets] provenance = beside)."""
        found = self._found(self._manifest)
        return None if found is None else found.provenance

    def read(self) -> "FolderReader":
        """The files as they are now, whatever is written meanwhile. Raises TargetMissing, BadManifest."""
        found = self._found(self._manifest)
        if found is None:
            raise TargetMissing(url=self.url)
        desk.read(self.url, found.generation)
        return FolderReader(self, found)

    def files(self) -> tuple[FileEntry, ...]:
        """Names, sizes and checksums of all files. Raises TargetMissing."""
        return self.read().manifest.files

    def open(self, name: str, format: Any = None) -> Any:
        """Open one file for reading; for several of one state ask `read()` once. Raises NoSuchFile, TargetMissing."""
        return self.read().open(name, format)

    def verify(self) -> list[str]:
        """Read everything again, and name each file that is missing, surplus or changed. Raises TargetMissing."""
        return self.read().verify()

    @contextmanager
    def writing(self) -> Iterator["FolderWriter"]:
        """Give a new, empty set of files; published at the end of the block, in place of what was there.

        After an exception nothing is published, and nothing left. Raises PublishedMeanwhile where another writer was
        faster, FilesUnfinished for files that were opened and not closed.
        """
        before = self._found(self._manifest)
        with self._manifest.open("w") as out:
            writer = FolderWriter(self, datetime.now(UTC))
            try:
                yield writer
                manifest = writer.manifest(before, time.time())
            except BaseException:
                self.delete(writer.generation)
                raise
            try:
                out.write(manifest.to_bytes())
                out.close()
            except PublishedMeanwhile:
                self.delete(writer.generation)  # after another error it may be the one that is there
                raise
        desk.tell(writer.record)
        self._sweep(manifest, datetime.now(UTC))

    def remove(self) -> None:
        """Delete it: the manifest first, so that it is gone at once and as a whole."""
        found = self._found(self._manifest)
        if found is not None:
            self._manifest.remove()
            for generation in filter(None, (found.generation, found.before)):
                self.delete(generation)

    def trash(self, operation: str) -> None:
        """Move it out of the way, the manifest first, into the trash of an operation; a second call does nothing."""
        self._manifest.trash(operation)
        for part in self._waiting(operation):
            part.trash(operation)

    def restore(self, operation: str) -> None:
        """Put it back, the manifest last. Raises TargetExists where it was built again, NotInTrash for a lost one."""
        if self.trashed(operation) and self.version() is not None:
            raise TargetExists(url=self.url)
        for part in self._waiting(operation):
            part.restore(operation)
        self._manifest.restore(operation)

    def purge(self, operation: str) -> None:
        """Delete for good what waits in the trash of an operation."""
        for part in self._waiting(operation):
            part.purge(operation)
        self._manifest.purge(operation)

    def trashed(self, operation: str) -> bool:
        """Whether it waits in the trash of an operation."""
        return bool(self._manifest.trashed(operation))

    def file(self, name: str, format: Any = None) -> Any:
        """The target of one file below the folder, of which the desk is not told: it is a part."""
        format = format or self._format
        made = open_file(join(self._root, name), BYTES_AND_TEXT[format] if isinstance(format, str) else format,
                         **self._options)  # fmt: skip
        made.part_of = _keep_to_itself
        return made

    def delete(self, generation: str) -> None:
        """Delete the files of a generation."""
        if isinstance(self._manifest, AtomicLocalTarget):
            shutil.rmtree(Path(self._manifest.path).with_name(generation), ignore_errors=True)
            return
        for name in list_files(join(self._root, generation)):
            self.file(join(generation, name)).remove()

    def _found(self, manifest: Any) -> Manifest | None:
        try:
            with manifest.open("r") as file:
                return Manifest.from_bytes(self.url, file.read())
        except FileNotFoundError:
            return None

    def _waiting(self, operation: str) -> list[Any]:
        """What is moved beside the manifest, as the manifest in the trash has it: a folder, or each object."""
        place = Path(FOLDER, checked(operation))
        if isinstance(self._manifest, AtomicLocalTarget):
            waiting = AtomicLocalTarget(
                str(Path(self._manifest.path).parent / place / MANIFEST), format=luigi.format.Nop
            )
        else:
            key = f"s3://{self._manifest.bucket}/{place}/{self._manifest.key}"
            waiting = open_file(key, luigi.format.Nop, **self._options)
        waiting.part_of = _keep_to_itself
        found = self._found(waiting)
        if found is None:
            return []
        if isinstance(self._manifest, AtomicLocalTarget):
            return (
                [AtomicLocalTarget(str(Path(self._manifest.path).with_name(found.generation)))] if found.files else []
            )
        return [self.file(join(found.generation, entry.name)) for entry in found.files]

    def _sweep(self, manifest: Manifest, now: datetime) -> None:
        """Delete generations that no manifest names, where they are so old that their writers are gone."""
        for generation, _ in groupby(list_files(self._root), key=lambda name: name.partition("/")[0]):
            if generation not in (MANIFEST, manifest.generation, manifest.before) and _is_abandoned(generation, now):
                self.delete(generation)


class FolderReader:
    """One state of a folder."""

    def __init__(self, target: FolderTarget, manifest: Manifest) -> None:
        self._target = target
        self.manifest = manifest

    def files(self) -> tuple[FileEntry, ...]:
        """Names, sizes and checksums of all files."""
        return self.manifest.files

    def open(self, name: str, format: Any = None) -> Any:
        """Open one of the files for reading. Raises NoSuchFile, ChangedWhileReading where the folder was removed."""
        if name not in {entry.name for entry in self.manifest.files}:
            raise NoSuchFile(url=self._target.url, name=name, count=len(self.manifest.files))
        try:
            return self._target.file(join(self.manifest.generation, name), format).open("r")
        except FileNotFoundError:
            raise ChangedWhileReading(url=self._target.url, version=self.manifest.generation) from None

    def verify(self) -> list[str]:
        """Read everything again, and name each file that is missing, surplus or changed."""
        there = set(list_files(join(self._target.url, self.manifest.generation)))
        named = {entry.name: entry for entry in self.manifest.files}
        told = [(name, "is missing") for name in named.keys() - there]
        told += [(name, "is surplus") for name in there - named.keys()]
        told += [(name, "has changed") for name in there & named.keys() if self._read(name) != named[name]]
        return [f"{name} {what}" for name, what in sorted(told)]

    def _read(self, name: str) -> FileEntry:
        digest, size = hashlib.sha256(), 0
        with self.open(name, "bytes") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                size += len(block)
        return FileEntry(name=name, size=size, sha256=digest.hexdigest())


class FolderWriter:
    """A generation that is being written."""

    def __init__(self, target: FolderTarget, now: datetime) -> None:
        self._target = target
        self._opened: dict[str, FileEntry | None] = {}
        self.generation = f"{now:{_BEGAN}}-{secrets.token_hex(6)}"
        self.record: Any = None

    def open(self, name: str, format: Any = None) -> AtomicWriter:
        """Open a file of this name for writing; `name` may have slashes. Raises BadFileName, also for one that is
        there.
        """
        checked_name(self._target.url, name)
        if self._opened.get(name) is not None:
            raise FileExistsError(f"{name} has been written already")
        self._opened[name] = None
        file = self._target.file(join(self.generation, name), format)
        file.part_of = lambda published: self._published(name, published)
        writer: AtomicWriter = file.open("w")
        return writer

    def add(self, path: str | Path, name: str = "") -> None:
        """Copy a local file into the folder, under its own name or another one."""
        source = Path(path)
        with source.open("rb") as file, self.open(name or source.name, "bytes") as copy:
            shutil.copyfileobj(file, copy, _BLOCK)

    def manifest(self, before: Manifest | None, now: float) -> Manifest:
        """What is to be published. Raises FilesUnfinished."""
        if unfinished := [name for name, entry in self._opened.items() if entry is None]:
            raise FilesUnfinished(url=self._target.url, names=", ".join(sorted(unfinished)))
        files = tuple(entry for _, entry in sorted(self._opened.items()) if entry is not None)
        old = "" if before is None else before.generation
        made = Manifest(generation=self.generation, before=old, time=now, files=files)
        published = Published(version=self.generation, size=made.size, sha256=made.sha256)
        self.record = desk.record(self._target.url, published)
        if self.record is None or settings().provenance != "beside":
            return made
        return Manifest(**{**vars(made), "provenance": self.record.to_json()})

    def _published(self, name: str, published: Published) -> None:
        self._opened[name] = FileEntry(name=name, size=published.size, sha256=published.sha256)


def _is_abandoned(generation: str, now: datetime) -> bool:
    try:
        began = datetime.strptime(generation.partition("-")[0], _BEGAN).replace(tzinfo=UTC)
    except ValueError:
        return False  # none of ours
    return (now - began).total_seconds() > ABANDONED_S


def _keep_to_itself(_published: Published) -> None:
    """A part is told of with its whole."""
