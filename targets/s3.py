"""A target in S3, or in anything that speaks its protocol: published whole, read whole, and asked for in one request.

Stock `luigi.contrib.s3.S3Target` asks four times to learn that a key is missing, makes a client for each target, and
sends a local copy of the whole. This one streams, and tells the slower of two writers that it was the slower one.
"""

import io
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import luigi
import luigi.format

from targets.errors import NothingWritten, TargetMissing
from targets.foresight import Foreseen, view
from targets.provenance import desk
from targets.s3_copy import Copy
from targets.s3_download import ForPrograms, S3Reader
from targets.s3_listing import ObjectKeys, existing_keys
from targets.s3_object import WRITER, S3Object
from targets.s3_settings import OPTIONS, S3Options
from targets.s3_trash import S3Trash
from targets.s3_upload import S3Sink
from targets.trashable import Trashable
from targets.writing import AtomicWriter, Published

SCHEME = "s3://"
_BLOCK = 1 << 20


class S3Target(luigi.Target, Foreseen, Trashable):
    """One object: `S3Target("s3://bucket/key", format=...)`; options are those of `[targets_s3]`, for this one."""

    #: Told of each write in place of the desk, where this file is a part of another target.
    part_of: Callable[[Published], None] | None = None

    def __init__(self, url: str, format: luigi.format.Format | None = None, **options: Any) -> None:
        """Nothing is asked for yet. Raises ValueError for what names no object, TypeError for an unknown option."""
        bucket, _, key = str(url).removeprefix(SCHEME).partition("/")
        if not str(url).startswith(SCHEME) or not bucket or not key or key.endswith("/"):
            raise ValueError(f"{url!r} names no object: it is s3://BUCKET/KEY, where KEY does not end with a slash")
        if unknown := sorted(options.keys() - {*OPTIONS}):
            raise TypeError(f"{', '.join(unknown)}: unknown; the options of a target in S3 are {', '.join(OPTIONS)}")
        self.path = str(url)
        self.bucket, self.key = bucket, key
        self.format = format or luigi.format.get_default_format()
        self._given = options

    @property
    def url(self) -> str:
        """`s3://bucket/key`."""
        return self.path

    @cached_property
    def object(self) -> S3Object:
        """The object, by the requests that it takes; options that were not given are read from luigi.cfg here."""
        return S3Object(self.bucket, self.key, S3Options.read(self._given))

    def exists(self) -> bool:
        """Whether there is an object of exactly this key: one request, also where there is none."""
        known = view.answer(self.url) if view else None
        return self.object.head() is not None if known is None else known

    @classmethod
    def existing(cls, targets: Sequence[Self]) -> list[bool]:
        """Say of each of `targets` whether it exists: by listings, a thousand keys a request."""
        return [size is not None for size in cls._sizes(targets)]

    @classmethod
    def foresee(cls, targets: Sequence[Self]) -> list[bool]:
        """As `existing`; and until `forget()` is called, `exists()` and `size()` answer from what was listed."""
        sizes = list(zip((target.url for target in targets), cls._sizes(targets), strict=True))
        answers = [(url, size is not None) for url, size in sizes]
        view.learn(answers, [(url, size) for url, size in sizes if size is not None])
        return [there for _, there in answers]

    @classmethod
    def _sizes(cls, targets: Sequence[Self]) -> list[int | None]:
        buckets: defaultdict[Any, list[Self]] = defaultdict(list)
        for target in targets:
            buckets[target.bucket, tuple(sorted(target._given.items()))].append(target)
        found = {
            where: existing_keys(ObjectKeys(members[0].object), [target.key for target in members])
            for where, members in buckets.items()
        }
        return [found[target.bucket, tuple(sorted(target._given.items()))].get(target.key) for target in targets]

    def version(self) -> str | None:
        """The version id in a bucket that keeps versions, else the ETag; None where there is none. One request."""
        found = self.object.head()
        return found.version if found else None

    def size(self) -> int | None:
        """Bytes; None where there is none. One request."""
        known = view.size(self.url) if view else None
        if known is not None:
            return known
        found = self.object.head()
        return found.size if found else None

    def open(self, mode: str = "r") -> Any:
        """Open for reading (`r`) or writing (`w`); bytes need `format=luigi.format.Nop`, as in stock Luigi.

        A reader is seekable and of the one version that it has opened. A writer publishes on `close()` or at the end
        of its `with` block, and nothing after an exception, after `abort()`, or when it is dropped unclosed. Raises
        TargetMissing, PublishedMeanwhile, and the errors of `targets.errors` that say why a bucket refuses.
        """
        match mode.replace("b", "").replace("t", ""):
            case "r":
                return self._reader()
            case "w":
                return self._writer(self.format)
        raise ValueError(f"mode {mode!r}: it is r or w")

    @contextmanager
    def temporary_path(self) -> Iterator[str]:
        """Give a local path for another program to write a file to, which is published at the end of the block.

        The path ends with the target's own name. Nothing is published after an exception.
        """
        with (
            self._writer(luigi.format.Nop) as writer,
            tempfile.TemporaryDirectory(prefix="luigi-s3-", ignore_cleanup_errors=True) as folder,
        ):
            path = Path(folder, os.path.basename(self.key))  # noqa: PTH119 - a key is no path of this machine
            yield str(path)
            if not path.is_file():
                raise NothingWritten(path=self.url)
            with path.open("rb") as file:
                shutil.copyfileobj(file, writer, _BLOCK)

    def remove(self) -> None:
        """Delete it; nothing where there is none."""
        self.object.delete()
        view.forget()

    def copy(self, url: str, raise_if_exists: bool = False) -> None:
        """Copy by the server, also into another bucket. Raises RuntimeError if that exists and `raise_if_exists`."""
        other = S3Target(url, **self._given)
        found = self.object.head()
        if found is None:
            raise TargetMissing(url=self.url)
        before = other.object.head()
        if before is not None and raise_if_exists:
            raise RuntimeError(f"Destination exists: {url}")
        metadata = {name: value for name, value in found.metadata.items() if name != WRITER}
        Copy(source=self.object, found=found, destination=other.object).publish(before, metadata)
        view.published(other.url)

    def move(self, url: str, raise_if_exists: bool = False) -> None:
        """Copy, and delete this one. Both are there for a moment: there is no renaming in S3."""
        self.copy(url, raise_if_exists)
        self.remove()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"

    __str__ = __repr__

    def _reader(self) -> Any:
        raw = S3Reader(self.object)
        if self.part_of is None:
            desk.read(self.url, raw.found.version)
        buffered = ForPrograms(raw) if _starts_a_program(self.format) else io.BufferedReader(raw, 1 << 16)
        return self.format.pipe_reader(buffered)

    def _writer(self, format: luigi.format.Format) -> AtomicWriter:
        return AtomicWriter(self.url, lambda: S3Sink(self.object, self.object.head()), format, self._published)

    def _published(self, published: Published) -> None:
        view.published(self.url)
        if self.part_of is not None:
            return self.part_of(published)
        return desk.written(self.url, published, beside=self._write_beside)

    def _write_beside(self, record: bytes) -> None:
        beside = self.object.other(self._record)
        with beside.explained("Writing"):
            beside.put(record)

    def _trash(self, operation: str) -> S3Trash:
        return S3Trash(self.object, operation, self._record)

    @property
    def _record(self) -> str:
        """Key of the object beside it that says who wrote it."""
        folder, slash, name = self.key.rpartition("/")
        return f"{folder}{slash}.{name}.provenance.json"


def _starts_a_program(format: luigi.format.Format) -> bool:
    """Whether what reads the bytes itself is none of Luigi's wrappers of Python streams."""
    while isinstance(format, luigi.format.ChainFormat):
        format = format.args[-1]
    return not isinstance(format, luigi.format.NopFormat | luigi.format.WrappedFormat)
