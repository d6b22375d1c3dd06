"""File sensors: where files arrive, which of them are new and settled, and what is handed on of them. Pure.

Paths are relative to their inbox, with `/` between the names. Times are seconds since the epoch.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Dict, List, Literal, Mapping, Optional, Tuple

from trigger_service.domain.errors import Problem
from trigger_service.domain.mistakes import Mistake

#: `new` is still written to, or waits for its batch; `taken` is on record as a delivery; `existing` was there before.
FileState = Literal["new", "taken", "existing"]
InboxKind = Literal["folder", "s3"]

_S3 = "s3://"
DAY_S = 24 * 3600
#: Seconds without a change after which a file is whole, and between two looks, where the sensor does not say.
SETTLE_S: Mapping[InboxKind, float] = {"folder": 2.0, "s3": 0.0}
POLL_S: Mapping[InboxKind, float] = {"folder": 30.0, "s3": 60.0}
#: Seconds; the least between two looks.
LEAST_POLL_S = 1.0
#: Files that one delivery holds at most.
BATCH_FILES = 1000
#: What a pattern is made of, as far as groups go: a quotation, an escape, a class of characters, the start of a group.
_PIECE = re.compile(r"\\Q.*?(?:\\E|\Z)|\\.|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|\(\?P?<(\w+)>", re.DOTALL)
#: Names that stand for what is not to be seen yet.
_HIDDEN = "."
_TEMPORARY = (".tmp", ".part")


@dataclass(frozen=True)
class Inbox:
    """`[inbox:NAME]`: a place where files arrive. Credentials are found as boto3 finds them."""

    #: A folder, absolute, or `s3://bucket/prefix`.
    url: str
    endpoint_url: str = ""
    region: str = ""
    profile: str = ""

    @property
    def kind(self) -> InboxKind:
        """What it is."""
        return "s3" if self.url.startswith(_S3) else "folder"

    @property
    def bucket(self) -> str:
        """Of an S3 prefix; empty where the URL has none."""
        return self.url[len(_S3) :].partition("/")[0] if self.kind == "s3" else ""

    @property
    def prefix(self) -> str:
        """What the keys of its objects begin with: nothing, or a text that ends with a slash."""
        prefix = self.url[len(_S3) :].partition("/")[2].strip("/")
        return f"{prefix}/" if prefix else ""

    def url_of(self, path: str) -> str:
        """Where a file of it is: an absolute path, or an address in S3."""
        return f"{_S3}{self.bucket}/{self.prefix}{path}" if self.kind == "s3" else f"{self.url.rstrip('/')}/{path}"


@dataclass(frozen=True)
class FileSource:
    """Which files start runs, and when. `pattern` is matched by RE2 over the whole path."""

    kind: ClassVar[Literal["file"]] = "file"

    inbox: str
    pattern: str
    #: Seconds without a change after which a file is whole; None for what is usual in such an inbox.
    settle_s: Optional[float] = None
    #: Whether a file that was taken is taken again once it has changed.
    changed: bool = False
    #: Whether files are taken that were there before the sensor was.
    existing: bool = True
    #: Files with equal groups that settle within so many seconds of the first are handed on together; 0: one by one.
    batch_s: float = 0.0
    #: Seconds between two looks; None for what is usual in such an inbox.
    poll_s: Optional[float] = None
    #: Whether later names are always greater, so that only what follows the last one is listed (S3).
    ordered: bool = False

    def problems(self) -> List[Problem]:
        """What is wrong with it, as far as its inbox need not be known for it; pointers are from the source on."""
        found = []
        if self.ordered and self.changed:
            detail = "does not go with ordered: what comes before the last name is not listed again"
            found.append(Problem("/changed", detail))
        for name in sorted({name for name in self.groups if self.groups.count(name) > 1}):
            position = self.pattern.rindex(f"<{name}>") + 1
            mistake = Mistake(position, f"there is a group {name!r} already; give each a name of its own")
            found.append(Problem("/pattern", mistake.told(self.pattern)))
        return found

    @property
    def groups(self) -> Tuple[str, ...]:
        """The names of the groups in the pattern."""
        return tuple(piece[1] for piece in _PIECE.finditer(self.pattern) if piece[1])

    def default_mapping(self, document: Any = None) -> Mapping[str, Any]:
        """The parameters where no mapping names any: each named group is one, of a document those that took part."""
        took_part = document.get("groups") if isinstance(document, dict) else None
        names = [name for name in self.groups if not isinstance(took_part, dict) or name in took_part]
        return {name: f"/groups/{name}" for name in names}

    def settled_after(self, kind: InboxKind) -> float:
        """Seconds without a change after which a file is whole."""
        return SETTLE_S[kind] if self.settle_s is None else self.settle_s

    def poll(self, kind: InboxKind) -> float:
        """Seconds between two looks."""
        return POLL_S[kind] if self.poll_s is None else max(LEAST_POLL_S, self.poll_s)


@dataclass(frozen=True)
class Found:
    """A file as a listing tells of it; `version` changes whenever its content may have."""

    path: str
    size: int
    modified: float
    version: str


@dataclass(frozen=True)
class KnownFile:
    """A file that is on record for a sensor."""

    path: str
    version: str
    size: int
    modified: float
    state: FileState
    #: When it was seen first, and in this version.
    seen_at: float
    changed_at: float


@dataclass(frozen=True)
class Batch:
    """Files that are handed on together."""

    groups: Mapping[str, str]
    files: Tuple[KnownFile, ...]

    def key(self, inbox: Inbox) -> str:
        """Names the delivery: always the same for the same versions of the same files of an inbox."""
        if len(self.files) == 1:
            return f"{inbox.url_of(self.files[0].path)} {self.files[0].version}"
        digest = hashlib.sha256()
        for file in sorted(self.files, key=lambda file: file.path):
            digest.update(f"{inbox.url_of(file.path)}\0{file.version}\0".encode())
        return f"{len(self.files)} files {digest.hexdigest()[:32]}"

    def document(self, inbox: Inbox) -> Dict[str, Any]:
        """What parameters are taken from; `path`, `name`, `url` and `size` are those of the first file."""
        files = [
            {
                "path": file.path,
                "name": name_of(file.path),
                "url": inbox.url_of(file.path),
                "size": file.size,
                "modified": file.modified,
            }
            for file in self.files
        ]
        return {"groups": dict(self.groups), "files": files, **files[0]}


@dataclass
class Batches:
    """Puts settled files together: those with equal groups that settle within `batch_s` seconds of the first.

    Files are added in the order in which they have settled.
    """

    batch_s: float
    settle_s: float
    _open: Dict[Tuple[Tuple[str, str], ...], List[KnownFile]] = field(default_factory=dict)

    def add(self, file: KnownFile, groups: Mapping[str, str]) -> Optional[Batch]:
        """The batch that this file finds closed or full; it is the first of the next one then."""
        key = tuple(sorted(groups.items()))
        waiting = self._open.get(key)
        if waiting and (self._settled(file) > self._ends(waiting) or len(waiting) == BATCH_FILES):
            self._open[key] = [file]
            return Batch(dict(key), tuple(waiting))
        self._open.setdefault(key, []).append(file)
        return None

    def closed(self, now: float) -> List[Batch]:
        """The batches to which nothing can be added any more."""
        return [Batch(dict(key), tuple(files)) for key, files in self._open.items() if self._ends(files) <= now]

    def next_end(self, now: float) -> Optional[float]:
        """When the next of the others is closed."""
        return min((end for files in self._open.values() if (end := self._ends(files)) > now), default=None)

    def _settled(self, file: KnownFile) -> float:
        return file.changed_at + self.settle_s

    def _ends(self, files: List[KnownFile]) -> float:
        return self._settled(files[0]) + self.batch_s


def name_of(path: str) -> str:
    """The last name of a path."""
    return path.rpartition("/")[2]


def is_to_be_seen(path: str) -> bool:
    """Whether no name in a path is hidden, and the last one does not stand for a file that is being written."""
    names = path.split("/")
    return not any(name.startswith(_HIDDEN) for name in names) and not names[-1].endswith(_TEMPORARY)


def noticed(found: Found, known: Optional[KnownFile], changed: bool, now: float) -> Optional[KnownFile]:
    """The row of a file that is new or has changed; None where nothing is to be stored.

    `changed` tells whether one that was taken counts again.
    """
    if known is None:
        return KnownFile(found.path, found.version, found.size, found.modified, "new", now, now)
    same = known.version == found.version
    if known.state != "new" and (same or not changed):
        return None
    # a clock that was put back must not keep a file waiting until it has caught up
    if same and known.changed_at <= now:
        return None
    is_now: Dict[str, Any] = {"version": found.version, "size": found.size, "modified": found.modified}
    return replace(known, **is_now, state="new", changed_at=now)


def pattern_mistake(pattern: str, told: str) -> Mistake:
    """What RE2 says of a pattern that it does not take (`missing ): a(`), with the position of what it names."""
    what, _, piece = told.partition(": ")
    position = pattern.find(piece) if piece and piece != pattern else len(pattern)
    expected = r"expected an expression of RE2, as in flights_(?P<month>\d{4}-\d{2})\.csv"
    return Mistake(max(0, position) + 1, f"{what}; {expected}")
