"""The manifest of a folder: which files belong to it, with their sizes and checksums."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from typing import Any, Self

from targets.errors import BadFileName, BadManifest

#: What may stand between slashes: nothing hidden, nothing that leads out, nothing that other systems read otherwise.
_PART = re.compile(r"[^./\\\x00-\x1f\x7f][^/\\\x00-\x1f\x7f]{0,199}")


@dataclass(frozen=True, kw_only=True)
class FileEntry:
    """One file; `size` in bytes, `sha256` in hexadecimal."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One state of the folder. Its files lie below `generation`; those of the state before, below `before`.

    `time` in seconds since the epoch; `provenance` says who wrote it, where that is kept beside the target.
    """

    generation: str
    before: str
    time: float
    files: tuple[FileEntry, ...]
    provenance: dict[str, Any] | None = None

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.files)

    @property
    def sha256(self) -> str:
        """A checksum of all names and contents, whatever generation they are."""
        lines = "".join(f"{entry.sha256}  {entry.name}\n" for entry in self.files)
        return hashlib.sha256(lines.encode()).hexdigest()

    def to_bytes(self) -> bytes:
        """As JSON."""
        return json.dumps(asdict(self), indent=1).encode() + b"\n"

    @classmethod
    def from_bytes(cls, url: str, text: bytes) -> Self:
        """Read what `to_bytes` gave. Raises BadManifest."""
        try:
            found = json.loads(text)
            files = tuple(FileEntry(**entry) for entry in found.pop("files"))
            for name in (found["generation"], *(entry.name for entry in files)):
                checked_name(url, name)
            return cls(**found, files=files)
        except (ValueError, TypeError, KeyError, AttributeError, BadFileName) as error:
            raise BadManifest(url=url, reason=f"{type(error).__name__}: {error}") from None


def checked_name(url: str, name: str) -> str:
    """The name of a file below a folder; raises BadFileName for one that leads elsewhere, or is hidden."""
    if not all(_PART.fullmatch(part) for part in name.split("/")):
        raise BadFileName(url=url, name=name)
    return name
