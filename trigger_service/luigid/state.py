"""luigid's folder: the pickled state of a clean exit, and whether the last exit was one."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class StateFolder:
    """`state.pickle`, written at a clean exit, and `boot.json` {"boot_id", "ended"}, by which one is told."""

    path: Path

    @property
    def state_file(self) -> Path:
        """What luigi's scheduler pickles."""
        return self.path / "state.pickle"

    @property
    def boot_file(self) -> Path:
        """The newest boot, and whether it has ended cleanly."""
        return self.path / "boot.json"

    def begin(self, boot_id: str) -> bool:
        """Note that a boot begins; whether the last one was killed. Then no state can be trusted, and it is removed."""
        self.path.mkdir(parents=True, exist_ok=True)
        killed = self._was_killed()
        if killed:
            self.state_file.unlink(missing_ok=True)
        self._note(boot_id, ended=False)
        return killed

    def end(self, boot_id: str) -> None:
        """Note that this boot ends cleanly, its state saved."""
        self._note(boot_id, ended=True)

    def _was_killed(self) -> bool:
        try:
            return not json.loads(self.boot_file.read_bytes())["ended"]
        except FileNotFoundError:
            return False
        except (ValueError, KeyError, TypeError):
            return True

    def _note(self, boot_id: str, *, ended: bool) -> None:
        replace_file(self.boot_file, json.dumps({"boot_id": boot_id, "ended": ended}))


def replace_file(path: Path, text: str) -> None:
    """Write a small file so that it is seen whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text)
    beside.replace(path)
