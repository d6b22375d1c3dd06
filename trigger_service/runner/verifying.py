"""The child that reads targets again, by the code that made them, to tell whether they still are what is on record."""

from __future__ import annotations

import copy
import hashlib
import time
from dataclasses import asdict
from typing import Any, Callable, Dict, Mapping, Tuple

import luigi
import luigi.format
from luigi.task import flatten

from trigger_service.domain.spec import RunSpec
from trigger_service.domain.verification import Claim, Claims, Found
from trigger_service.runner.asking import Asking
from trigger_service.runner.loading import find_task
from trigger_service.runner.planning import TimeIsUp, fault_of
from trigger_service.runner.previewing import preview_of
from trigger_service.runner.writes import look, name_of

#: Bytes, and rows, that are read between two looks at the clock; seconds between two words of how far it is.
BLOCK, SOME_ROWS, WORD_S = 1 << 20, 10_000, 0.25


class NotThere(Exception):
    """A task has no such output now; says so."""


class Verifying(Asking):
    """The claims of one order, read one after another in this process."""

    def __init__(
        self, spec: RunSpec, secrets: Mapping[str, str], write: Callable[[Dict[str, Any]], object], claims: Claims
    ) -> None:
        super().__init__(spec, secrets, write)
        self._claims = claims
        self._spoke = time.monotonic()

    def _root(self) -> Any:
        self._privacy.begin()

    def _ask_about(self, root: luigi.Task) -> None:
        del root
        for number, claim in enumerate(self._claims.items):
            found = asdict(self._found(number, claim))
            told = self._privacy.mask.value({name: found[name] for name in ("faults", "why", "preview")})
            self._write({"found": {**found, **told}})

    def _found(self, number: int, claim: Claim) -> Found:
        """What is found of a claim, whatever its code raises."""
        self._walker.asked = (claim.url, "open")
        try:
            return self._alarm.guard(lambda: self._read(number, claim.url, self._target(claim)))
        except TimeIsUp:
            raise
        except NotThere as error:
            return Found(number, why=str(error))
        except BaseException as error:  # users' code may raise anything
            fault = fault_of(error, None, "open")
            return Found(number, why=f"{fault.type}: {fault.message}")

    def _target(self, claim: Claim) -> Any:
        """The output of the task that has this URL; a file is found whatever has become of the code."""
        try:
            found = self._output(claim)
        except Exception:
            if not claim.url.startswith("/"):
                raise
            found = None
        if found is None and claim.url.startswith("/"):
            return luigi.LocalTarget(claim.url)
        if found is None:
            raise NotThere(f"the code of now has no such output in {claim.family}")
        return found

    def _output(self, claim: Claim) -> Any:
        cls = find_task(self._spec.module, claim.family)
        given = dict(self._given) if claim.root else {}
        self._privacy.expect(cls, given)
        task = cls.from_str_params({**claim.parameters, **given})
        self._privacy.learn(task)
        named = ((self._privacy.mask.text(name_of(target)), target) for target in flatten(task.output()))
        return next((target for name, target in named if name == claim.url), None)

    def _read(self, number: int, url: str, target: Any) -> Found:
        if not target.exists():
            return Found(number, exists=False)
        version = _version(target)
        if self._claims.preview:
            seen = preview_of(url, target, lambda: _bytes_of(target).open("r"))
            return Found(number, True, version=version, preview=seen)
        if callable(getattr(target, "verify", None)):
            return Found(number, True, version=version, itself=True, faults=tuple(map(str, target.verify() or ())))
        if callable(getattr(target, "row_count", None)) and not hasattr(target, "open"):
            return Found(number, True, rows=self._rows(number, target), version=version)
        size, sha256 = self._digest(number, target)
        return Found(number, True, size=size, sha256=sha256, version=version)

    def _rows(self, number: int, target: Any) -> int:
        """The rows that are there; of what is not replaced as a whole, those that its own record tells."""
        if getattr(target, "mode", "replace") != "replace":
            return int(target.row_count() or 0)
        count = 0
        for _ in target.read():
            count += 1
            if count % SOME_ROWS == 0:
                self._say(number, count)
        return count

    def _digest(self, number: int, target: Any) -> Tuple[int, str]:
        """Size and sha256 of the bytes, read as the target itself reads them."""
        count, digest = 0, hashlib.sha256()
        with _bytes_of(target).open("r") as file:
            while True:
                block = file.read(BLOCK)
                if not block:
                    return count, digest.hexdigest()
                block = block.encode() if isinstance(block, str) else block
                count += len(block)
                digest.update(block)
                self._say(number, count)

    def _say(self, number: int, amount: int) -> None:
        if time.monotonic() - self._spoke > WORD_S:
            self._spoke = time.monotonic()
            self._write({"progress": {"claim": number, "amount": amount}})


def _bytes_of(target: Any) -> Any:
    """The target, or the file below it, in the format that changes nothing."""
    inner = getattr(target, "file", None)
    source: Any = copy.copy(inner if callable(getattr(inner, "open", None)) else target)
    if hasattr(source, "format"):
        source.format = luigi.format.Nop
    return source


def _version(target: Any) -> str:
    """What the target says of its version or, of a stock file, what a look at it says."""
    if callable(getattr(target, "version", None)):
        return str(target.version() or "")
    found = look(name_of(target))
    return str(found["version"]) if found else ""
