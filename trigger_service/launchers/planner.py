"""Plans on this machine: a child that the zygote forks writes what it finds into a folder, which is read meanwhile."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from trigger_service.domain.calendars import Answer, Question, Survey
from trigger_service.domain.errors import PlanEnded, Problem, ZygoteUnavailable
from trigger_service.domain.moves import Order, Said
from trigger_service.domain.plan import Fault, Finding, Walk
from trigger_service.domain.spec import Handle, RunFolder, RunSpec, plan_folder
from trigger_service.domain.verification import Claims, Found
from trigger_service.domain.verification import Reading as Progress
from trigger_service.launchers.base import Hear, Listen, Planner
from trigger_service.launchers.places import Places
from trigger_service.launchers.processes import child_of, kill_attempt
from trigger_service.launchers.zygote_client import ZygoteClient

#: What a child has written: records of a key and what it says.
Records = list[tuple[str, Any]]
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
        return self._asked(spec, secrets, lambda _: None, unwanted).walk()

    def survey(
        self, spec: RunSpec, secrets: Mapping[str, str], question: Question, unwanted: Callable[[], bool]
    ) -> Survey:
        """See the interface."""
        return self._asked(spec, secrets, lambda folder: folder.write_question(question), unwanted).survey()

    def move(
        self, spec: RunSpec, secrets: Mapping[str, str], order: Order, hear: Hear, unwanted: Callable[[], bool]
    ) -> str:
        """See the interface. A child that a killed service has left behind stops before its next move."""
        locked = replace(order, lock_file=str(self._home / "moves.lock"))
        said = _only("said", lambda entries: hear([Said(**entry) for entry in entries]))
        return self._asked(spec, secrets, lambda folder: folder.write_order(locked), unwanted, said).why_ended()

    def verify(
        self, spec: RunSpec, secrets: Mapping[str, str], claims: Claims, listen: Listen, unwanted: Callable[[], bool]
    ) -> str:
        """See the interface."""

        def heard(records: Records) -> None:
            for kind, value in records:
                if kind in ("progress", "found"):
                    listen(Progress(**value) if kind == "progress" else Found.from_json(value))

        return self._asked(spec, secrets, lambda folder: folder.write_claims(claims), unwanted, heard).why_ended()

    def _asked(
        self,
        spec: RunSpec,
        secrets: Mapping[str, str],
        prepare: Callable[[RunFolder], None],
        unwanted: Callable[[], bool],
        hear: Callable[[Records], object] = lambda _: None,
    ) -> Reading:
        """All that a plan child has written; `prepare` says in its folder what it is asked."""
        zygote = self._places.at(spec.place)
        folder = plan_folder(self._home, spec.run_id)
        deadline = spec.deadline or time.time()
        handle: Handle | None = None
        try:
            folder.write_spec(spec.evolve(deadline=deadline - LAST_WORD_S))
            prepare(folder)
            handle = zygote.plan(folder.path, spec.module, secrets)
            watch = _Watch(deadline, unwanted, hear)
            return self._follow(zygote, handle, folder, watch)
        finally:
            kill_attempt(handle, folder)
            shutil.rmtree(folder.path.parent, ignore_errors=True)

    def _follow(self, zygote: ZygoteClient, handle: Handle, folder: RunFolder, watch: _Watch) -> Reading:
        """Read what the child writes until it is through, dead, out of time or unwanted."""
        reading = Reading(folder.plan_file)
        while True:
            alive = child_of(handle) is not None  # asked before its file is read, so that its last word is not missed
            watch.hear(reading.go_on())
            if reading.end is not None:
                return reading
            if not alive:
                return reading.cut(f"the process that asked the tasks {_word(zygote, handle)}")
            if watch.unwanted():
                raise PlanEnded
            if time.time() > watch.deadline:
                return reading.cut(f"the time was over while {reading.asked} was asked, which could not be interrupted")
            time.sleep(LOOK_S)


@dataclass(frozen=True)
class _Watch:
    """Until when a child is followed, and who hears what it says of targets."""

    deadline: float
    unwanted: Callable[[], bool]
    hear: Callable[[Records], object]


def _only(kind: str, hear: Callable[[list[Any]], object]) -> Callable[[Records], object]:
    return lambda records: hear([value for told, value in records if told == kind])


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
        #: By the key of a record: what the records of this key say, in their order.
        self._said: dict[str, list[Any]] = {}
        #: The last record, once it is there.
        self.end: Mapping[str, Any] | None = None

    @property
    def asked(self) -> str:
        """What was asked when the time was over, as far as the child could say it."""
        return str(self._said.get("asked", ["a task"])[-1])

    def go_on(self) -> Records:
        """Read what was added, and give it."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                added = file.read()
        except FileNotFoundError:
            return []
        self._offset += len(added)
        *lines, self._rest = (self._rest + added).split(b"\n")
        records = [record for line in lines for record in json.loads(line).items()]
        for kind, value in records:
            self._said.setdefault(kind, []).append(value)
        self.end = self._said.get("end", [None])[-1]
        return records

    def cut(self, why: str) -> Self:
        """There is no more, for this reason."""
        self.end = {"cut": why, "refusal": None, "printed": ""}
        return self

    def walk(self) -> Walk:
        """What the child has found of a plan."""
        findings = tuple(Finding.from_json(finding) for finding in self._said.get("finding", ()))
        return Walk(findings, *self._end())

    def survey(self) -> Survey:
        """What it has found of a calendar."""
        values = self._said.get("values")
        answers = tuple(Answer(*answer) for answer in self._said.get("answer", ()))
        problems = tuple(Problem(**problem) for told in self._said.get("problems", ()) for problem in told)
        return Survey(tuple(values[0]) if values else None, answers, problems, *self._end())

    def why_ended(self) -> str:
        """Why it ended before it was through; empty where it was."""
        cut, refusal, _ = self._end()
        return cut or (f"{refusal.type}: {refusal.message}" if refusal else "")

    def _end(self) -> tuple[str, Fault | None, str]:
        end = self.end or {}
        return end["cut"], Fault(**end["refusal"]) if end["refusal"] else None, end["printed"]
