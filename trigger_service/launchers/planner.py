"""Plans on this machine: a child that the zygote forks writes what it finds into a folder, which is read meanwhile."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from trigger_service.domain.errors import PlanEnded, ZygoteUnavailable
from trigger_service.domain.plan import Fault, Finding, Walk
from trigger_service.domain.spec import Handle, RunFolder, RunSpec, plan_folder
from trigger_service.launchers.base import Planner
from trigger_service.launchers.places import Places
from trigger_service.launchers.processes import child_of, kill_attempt
from trigger_service.launchers.zygote_client import ZygoteClient

#: Seconds between two looks at what the child has written.
LOOK_S = 0.005
#: Seconds before the deadline at which the child ends by itself and says what it was at; it is killed at the deadline.
LAST_WORD_S = 0.5
#: Seconds to wait for the word of how a child went.
WORD_PATIENCE_S = 1.0


class LocalPlanner(Planner):
    """Has tasks asked by a child of the zygote."""

    def __init__(self, home: Path, places: Places[ZygoteClient]) -> None:
        """Removes what plans of an earlier service have left in `home`."""
        self._home = home.absolute()
        self._places = places
        shutil.rmtree(self._home / "plans", ignore_errors=True)

    def walk(self, spec: RunSpec, secrets: Mapping[str, str], unwanted: Callable[[], bool]) -> Walk:
        """See the interface."""
        zygote = self._places.at(spec.place)
        folder = plan_folder(self._home, spec.run_id)
        deadline = spec.deadline or time.time()
        handle: Handle | None = None
        try:
            folder.write_spec(spec.evolve(deadline=deadline - LAST_WORD_S))
            handle = zygote.plan(folder.path, spec.module, secrets)
            return self._follow(zygote, handle, folder, deadline, unwanted)
        finally:
            kill_attempt(handle, folder)
            shutil.rmtree(folder.path.parent, ignore_errors=True)

    def _follow(
        self, zygote: ZygoteClient, handle: Handle, folder: RunFolder, deadline: float, unwanted: Callable[[], bool]
    ) -> Walk:
        """Read what the child writes until it is through, dead, out of time or unwanted."""
        reading = Reading(folder.plan_file)
        while True:
            alive = child_of(handle) is not None  # asked before its file is read, so that its last word is not missed
            reading.go_on()
            if reading.end is not None:
                return reading.walk()
            if not alive:
                return reading.walk(f"the process that asked the tasks {_word(zygote, handle)}")
            if unwanted():
                raise PlanEnded
            if time.time() > deadline:
                return reading.walk(
                    f"the time was over while {reading.asked} was asked, which could not be interrupted"
                )
            time.sleep(LOOK_S)


def _word(zygote: ZygoteClient, handle: Handle) -> str:
    """How the child went; the zygote, its parent, may learn of it a moment later."""
    end = time.monotonic() + WORD_PATIENCE_S
    word = ""
    with contextlib.suppress(ZygoteUnavailable):
        while not word and time.monotonic() < end:
            word = zygote.words([handle.pid]).get(handle.pid, "")
            time.sleep(LOOK_S)
    return f"was {word}" if word.startswith("killed") else word or "is gone"


class Reading:
    """The content of a plan's file, read as it grows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._rest = b""
        self._findings: list[Finding] = []
        #: What was asked when the time was over, as far as the child could say it.
        self.asked = "a task"
        #: The last record, once it is there.
        self.end: Mapping[str, Any] | None = None

    def go_on(self) -> None:
        """Read what was added."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                added = file.read()
        except FileNotFoundError:
            return
        self._offset += len(added)
        *lines, self._rest = (self._rest + added).split(b"\n")
        for line in lines:
            record = json.loads(line)
            if "finding" in record:
                self._findings.append(Finding.from_json(record["finding"]))
            self.asked = record.get("asked", self.asked)
            self.end = record.get("end")

    def walk(self, cut: str = "") -> Walk:
        """What was found; `cut` says why there is no more."""
        end = self.end or {"cut": cut, "refusal": None, "printed": ""}
        refusal = Fault(**end["refusal"]) if end["refusal"] else None
        return Walk(tuple(self._findings), end["cut"], refusal, end["printed"])
