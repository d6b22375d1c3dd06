"""The child that looks at the targets of tasks, moves them into the trash and puts them back, as it was ordered.

Each target answers for itself; nothing of a task but `output()` is called. It may be killed anywhere and started again.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from dataclasses import dataclass
from functools import partial
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

import luigi
from luigi.task import flatten

from trigger_service.domain.failpoints import fail_point
from trigger_service.domain.moves import MOVING, Order, Piece, Said, Status
from trigger_service.domain.spec import RunSpec
from trigger_service.runner.asking import Asking
from trigger_service.runner.foresight import Foresight
from trigger_service.runner.hooks import describe_target
from trigger_service.runner.loading import find_task
from trigger_service.runner.planning import TimeIsUp, fault_of
from trigger_service.runner.trash import Built, FileMover, Lost, mover_of, url_of

#: Tasks whose targets are looked at in bulk.
TOGETHER = 1000


class Unwanted(Exception):
    """Whoever gave the order is gone."""


class Impossible(Exception):
    """The targets of a task cannot be moved; says why."""


@dataclass(frozen=True)
class _Output:
    """An output that a task has now."""

    #: As runs record it.
    name: str
    #: Canonical; the name again where nothing moves it.
    url: str
    #: None where nothing does.
    mover: Any
    kind: str


class Moving(Asking):
    """One order in this process."""

    def __init__(
        self,
        spec: RunSpec,
        secrets: Mapping[str, str],
        write: Callable[[Dict[str, Any]], object],
        order: Order,
        is_wanted: Callable[[], bool],
    ) -> None:
        """`is_wanted` is asked before each move."""
        super().__init__(spec, secrets, write)
        self._order = order
        self._is_wanted = is_wanted
        self._foresight = Foresight(self._alarm.guard)

    def _root(self) -> Any:
        self._privacy.begin()

    def _ask_about(self, root: luigi.Task) -> None:
        del root
        if self._order.verb in MOVING:
            lock = os.open(self._order.lock_file, os.O_RDWR | os.O_CREAT, 0o600)  # held until this process ends
            self._alarm.guard(lambda: fcntl.lockf(lock, fcntl.LOCK_EX, 1, self._order.lock_byte))
        numbered = list(enumerate(self._order.pieces))
        while numbered:
            together, numbered = numbered[:TOGETHER], numbered[TOGETHER:]
            if self._order.verb == "look":
                self._foresee([piece for _, piece in together])
            for number, piece in together:
                for said in self._answers(number, piece):
                    why = " ".join(self._privacy.mask.text(said.why).split())
                    self._write({"said": {**said.__dict__, "why": why}})
            self._foresight.end()

    def _foresee(self, pieces: Sequence[Piece]) -> None:
        """Ask for targets that are far away in bulk; what fails is asked, and told, one by one."""
        movers: List[Any] = []
        for piece in pieces:
            with contextlib.suppress(Exception):
                movers += [output.mover for output in self._alarm.guard(partial(self._built, piece))[1]]
        self._foresight.look([getattr(mover, "decided_by", mover) for mover in movers])

    def _answers(self, number: int, piece: Piece) -> List[Said]:
        """What is said of each target of a piece."""
        self._walker.asked = (piece.family, "output")
        try:
            task, outputs = self._alarm.guard(lambda: self._built(piece))
        except TimeIsUp:
            raise
        except Impossible as error:
            return self._without_code(number, piece, str(error))
        except BaseException as error:  # users' code may raise anything
            fault = fault_of(error, None, "output")
            return self._without_code(number, piece, f"its code of now cannot say: {fault.type}: {fault.message}")
        if self._order.verb == "look":
            return self._look(number, piece, task, outputs)
        movers = {output.url: output.mover for output in outputs}
        return [self._step(number, url, movers.get(url)) for url in piece.targets]

    def _built(self, piece: Piece) -> Tuple[luigi.Task, List[_Output]]:
        """The task of a piece, and the outputs that it has now; raises Impossible."""
        cls = find_task(self._spec.module, piece.family)
        given = dict(self._given) if piece.root else {}
        private = [name for name in self._privacy.private_of(cls) if name not in given]
        self._privacy.expect(cls, given)
        try:
            task = cls.from_str_params({**piece.parameters, **given})
        except luigi.parameter.MissingParameterException as error:
            if not private:
                raise
            names = ", ".join(private)
            raise Impossible(f"it has private parameters ({names}), whose values are on no record") from error
        return task, [_output(target) for target in flatten(task.output())]

    def _look(self, number: int, piece: Piece, task: luigi.Task, outputs: List[_Output]) -> List[Said]:
        if task.run is None or task.run == NotImplemented:
            why = "external data, which no task can build"
            return [Said(number, "kept", self._privacy.mask.text(output.url), why) for output in outputs]
        mask = self._privacy.mask.text
        known = {mask(name) for output in outputs for name in (output.name, output.url)}
        gone = [name for name in piece.targets if name not in known]
        if gone:
            now = ", ".join(output.name for output in outputs) or "none"
            why = f"its code of now has other outputs than the one on record: {now}"
            return [Said(number, "cannot", name, why) for name in gone]
        usual = type(task).complete in (luigi.Task.complete, luigi.WrapperTask.complete)
        if not outputs and not usual:
            why = "it has no output that could be moved, and a complete() of its own"
            return [Said(number, "cannot", "", why)]
        return [self._seen(number, output) for output in outputs]

    def _seen(self, number: int, output: _Output) -> Said:
        """One output, looked at; nothing is kept under a name that gives a private value away."""
        shown = self._privacy.mask.text(output.url)
        if shown != output.url:
            return Said(
                number, "cannot", shown, "a private value is part of its name, which would have to be on record"
            )
        return self._guarded(number, output.url, partial(_seen, output))

    def _step(self, number: int, url: str, mover: Any) -> Said:
        """One target, looked at or moved; files can be put back whatever became of the code."""
        if mover is None and url.startswith("/"):
            mover = FileMover(url)
        if mover is None:
            return Said(number, "cannot", url, "its code of now has no such output")
        if self._order.verb not in MOVING:
            return self._guarded(number, url, partial(_seen_back, mover, self._order.operation))
        if not self._is_wanted():
            raise Unwanted
        fail_point("child before a target is moved")
        said = self._guarded(number, url, partial(_moved, mover, self._order))
        fail_point("child after a target is moved")
        return said

    def _without_code(self, number: int, piece: Piece, why: str) -> List[Said]:
        if self._order.verb in ("look", "trash"):
            return [Said(number, "cannot", url, why) for url in piece.targets or ("",)]
        return [
            self._step(number, url, None) if url.startswith("/") else Said(number, "cannot", url, why)
            for url in piece.targets
        ]

    def _guarded(self, number: int, url: str, question: Callable[[], Tuple[Status, Optional[int], str]]) -> Said:
        """What a target says, whatever it raises."""
        self._walker.asked = (url, self._order.verb)
        try:
            status, size, why = self._alarm.guard(question)
        except TimeIsUp:
            raise
        except BaseException as error:  # targets may be users' code as well
            if isinstance(error, Built) or type(error).__name__ == "TargetExists":
                return Said(number, "taken", url, "it has been built again meanwhile")
            if isinstance(error, Lost) or type(error).__name__ == "NotInTrash":
                return Said(number, "lost", url, "it is neither in its place nor in the trash")
            fault = fault_of(error, None, self._order.verb)
            return Said(number, "cannot", url, f"{fault.type}: {fault.message}")
        return Said(number, status, url, why, size)


def _output(target: Any) -> _Output:
    mover, name = mover_of(target), describe_target(target)
    return _Output(name, name if mover is None else url_of(target), mover, type(target).__name__)


def _seen(output: _Output) -> Tuple[Status, Optional[int], str]:
    mover = output.mover
    if mover is None:
        return "cannot", None, f"a {output.kind} cannot be moved: only local files can, and the targets of `targets`"
    if not mover.exists():
        return "absent", None, ""
    return "movable", mover.size(), ""


def _seen_back(mover: Any, operation: str) -> Tuple[Status, Optional[int], str]:
    there = bool(mover.exists())
    if mover.trashed(operation):
        return ("taken", None, "it has been built again meanwhile") if there else ("waiting", None, "")
    return ("back", None, "") if there else ("lost", None, "it is neither in its place nor in the trash")


def _moved(mover: Any, order: Order) -> Tuple[Status, Optional[int], str]:
    getattr(mover, order.verb)(order.operation)
    if order.verb == "trash":
        return ("trashed", None, "") if mover.trashed(order.operation) else ("absent", None, "")
    return ("restored", None, "") if order.verb == "restore" else ("purged", None, "")
