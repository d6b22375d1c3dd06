"""Verifications: whether targets still are what is on record, read by the code that wrote them, in its environment."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby

from trigger_service.domain.errors import Busy, RunNotFound
from trigger_service.domain.ids import uuid7
from trigger_service.domain.run import Run
from trigger_service.domain.spec import RunSpec
from trigger_service.domain.target_writes import TargetWrite
from trigger_service.domain.verification import Claim, Claims, Found, Reading, Verified, superseded, unread, verified
from trigger_service.launchers.base import Planner
from trigger_service.service.target_catalogue import TargetCatalogue

#: Seconds that one may take.
DEADLINE_S, LONGEST_S = 600.0, 4 * 3600.0
#: Seconds that a look at the beginning of a target may take, and waits for its turn; so many are taken at a time.
PREVIEW_S, MOST_PREVIEWS = 10.0, 2
#: Gives a run's private values by its id; raises RunNotFound, PrivateValuesLost.
SecretsOf = Callable[[str], Mapping[str, str]]


@dataclass(frozen=True)
class Progress:
    """How far a target has been read: bytes or, of a table, rows."""

    write: TargetWrite
    amount: int


@dataclass(frozen=True)
class Preview:
    """The beginning of a target, or why it cannot be shown."""

    write: TargetWrite
    found: Found


#: Is told how far a verification is, and what it has found.
Hear = Callable[[Progress | Verified], object]


class Verifications:
    """Makes verifications, one at a time: each may read for minutes. Safe for any thread."""

    def __init__(self, *, catalogue: TargetCatalogue, planner: Planner, secrets_of: SecretsOf) -> None:
        self._catalogue = catalogue
        self._planner = planner
        self._secrets_of = secrets_of
        self._turn = threading.Lock()
        self._looks = threading.BoundedSemaphore(MOST_PREVIEWS)

    def of_url(self, url: str) -> list[TargetWrite]:
        """The write on record of a URL; raises TargetNotFound."""
        return [self._catalogue.history(url, 0).newest]

    def of_run(self, run_id: str) -> list[TargetWrite]:
        """All that a run has written, each URL once; raises RunNotFound."""
        return list({write.url: write for write in self._catalogue.of_run(run_id)}.values())

    def verify(
        self, writes: Iterable[TargetWrite], timeout_s: float, hear: Hear, unwanted: Callable[[], bool]
    ) -> list[Verified]:
        """Read these targets again, and compare.

        Raises Busy where another one is under way, PlanEnded once `unwanted` says that nobody waits for it;
        UnknownPlace, LaunchFailed, ZygoteUnavailable.
        """
        with self._taken():
            deadline = time.time() + timeout_s
            said: list[Verified] = []

            def tell(news: Verified) -> None:
                said.append(news)
                hear(news)

            for _, of_place in groupby(sorted(writes, key=_place), key=_place):
                group = list(of_place)
                for write in (write for write in group if not write.current):
                    tell(superseded(write))
                self._read([write for write in group if write.current], deadline, tell, hear, unwanted)
            return said

    def preview(self, run_id: str, write_id: int, unwanted: Callable[[], bool]) -> Preview:
        """What stands now at the beginning of a target that a run has written, as the code that wrote it reads it.

        Raises TargetNotFound for one of another run; Busy where others are looked at already, PlanEnded, and what
        `verify` raises.
        """
        write = self._catalogue.written(run_id, write_id)
        if not self._looks.acquire(timeout=PREVIEW_S):
            raise Busy(reason="Other targets are being looked at; try again later.")
        try:
            run, secrets = self._run(run_id)
            is_root = run is not None and write.task_id == run.task_id
            claims = Claims((Claim(write.url, write.family, dict(write.parameters), is_root),), preview=True)
            found: list[Found] = []

            def listen(news: Reading | Found) -> None:
                if isinstance(news, Found):
                    found.append(news)

            cut = self._planner.verify(_spec(write, time.time() + PREVIEW_S), secrets, claims, listen, unwanted)
            return Preview(write, found[0] if found else Found(0, why=cut or "its reader has said nothing"))
        finally:
            self._looks.release()

    def _read(
        self,
        writes: Sequence[TargetWrite],
        deadline: float,
        tell: Callable[[Verified], object],
        hear: Hear,
        unwanted: Callable[[], bool],
    ) -> None:
        """Have one child read what one run has written."""
        if not writes:
            return
        run, secrets = self._run(writes[0].run_id)
        root = run.task_id if run else ""
        claims = tuple(Claim(w.url, w.family, dict(w.parameters), w.task_id == root) for w in writes)
        known: set[int] = set()

        def listen(news: Reading | Found) -> None:
            if isinstance(news, Reading):
                hear(Progress(writes[news.claim], news.amount))
            else:
                known.add(news.claim)
                tell(verified(writes[news.claim], news))

        cut = self._planner.verify(_spec(writes[0], deadline), secrets, Claims(claims), listen, unwanted)
        for number, write in enumerate(writes):
            if number not in known:
                tell(unread(write, cut or "its reader has said nothing"))

    def _run(self, run_id: str) -> tuple[Run | None, Mapping[str, str]]:
        """The run that wrote, and its private values; nothing where it has been deleted."""
        run = self._catalogue.run(run_id)
        try:
            return run, self._secrets_of(run_id) if run else {}
        except RunNotFound:
            return None, {}

    @contextmanager
    def _taken(self) -> Iterator[None]:
        if not self._turn.acquire(blocking=False):
            raise Busy(reason="Targets are being verified already, which is done once at a time; try again later.")
        try:
            yield
        finally:
            self._turn.release()


def _place(write: TargetWrite) -> tuple[str, ...]:
    """What one child can read: what one run has written."""
    return write.location, write.environment, write.module, write.run_id


def _spec(write: TargetWrite, deadline: float) -> RunSpec:
    return RunSpec(
        run_id=uuid7(time.time(), os.urandom(10)),
        attempt=0,
        module=write.module,
        family=write.family,
        parameters=write.parameters,
        scheduler_url="",
        location=write.location,
        environment=write.environment,
        deadline=deadline,
    )
