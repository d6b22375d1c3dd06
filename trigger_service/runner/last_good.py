"""What the modules of a project offered when they could last be imported: kept in a file, so that a start finds it."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any, Dict, Mapping

from trigger_service.domain.spec import write_whole
from trigger_service.runner import catalog

#: By name of a module: its part of the catalogue, as `catalog.catalogue` gives it.
Parts = Mapping[str, Dict[str, Any]]


class LastGood:
    """The parts of each named module. A file that another version wrote, or that cannot be read, counts as none."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._version = hashlib.sha256(Path(catalog.__file__).read_bytes()).hexdigest()[:16]
        self._parts: Dict[str, Parts] = self._read()

    def of(self, name: str) -> Parts:
        """The parts of a named module, by the modules in it."""
        return self._parts.get(name, {})

    def keep(self, name: str, parts: Parts) -> None:
        """From now on these are the parts of a named module. A disk that is full costs the next start its memory."""
        if parts == self.of(name):
            return
        self._parts[name] = parts
        try:
            write_whole(self._file, json.dumps({"version": self._version, "parts": self._parts}).encode())
        except OSError as error:
            sys.stderr.write(f"{self._file} cannot be written: {error}\n")

    def _read(self) -> Dict[str, Parts]:
        try:
            kept = json.loads(self._file.read_bytes())
            return dict(kept["parts"]) if kept["version"] == self._version else {}
        except (OSError, ValueError, TypeError, KeyError):
            return {}
