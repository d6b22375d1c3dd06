"""The run folder: what a launcher tells a child, how a child is found again, and what a child leaves behind.

`docs/protocol.md` is the reference for the files.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Dict, Iterator, Literal, Mapping, Optional, Tuple

from trigger_service.domain.calendars import Question
from trigger_service.domain.errors import InvalidSpec
from trigger_service.domain.halves import without_halves
from trigger_service.domain.moves import Order
from trigger_service.domain.place import DEFAULT, Place
from trigger_service.domain.run import RunError
from trigger_service.domain.verification import Claims

PROTOCOL_VERSION = 1

Outcome = Literal["succeeded", "failed", "cancelled", "lost"]


@dataclass(frozen=True)
class RunSpec:
    """Everything a child needs to know, except private values, which never touch a folder."""

    run_id: str
    attempt: int
    module: str
    family: str
    #: Public parameters as Luigi serializes them.
    parameters: Mapping[str, str]
    scheduler_url: str
    workers: int = 1
    location: str = DEFAULT
    environment: str = DEFAULT
    #: The abstract socket (without its leading NUL) that is rung when there is news; empty for none.
    doorbell: str = ""
    #: Seconds a child keeps trying to reach luigid before it gives up: `up` may be stopped and started meanwhile.
    scheduler_patience_s: float = 3600.0
    code_fingerprint: str = ""
    #: When a plan has to end (seconds since the epoch); None for a run, whose limits the service keeps.
    deadline: Optional[float] = None
    #: Equal for runs that were given equal private values, and tells nothing of them; empty for none.
    private_digest: str = ""
    protocol: int = PROTOCOL_VERSION

    @property
    def place(self) -> Place:
        """Whose zygote starts it."""
        return Place(self.location, self.environment)

    def evolve(self, **changes: Any) -> RunSpec:
        """A copy with `changes` applied."""
        return replace(self, **changes)

    def to_json(self) -> Dict[str, Any]:
        """The content of `spec.json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> RunSpec:
        """Read the content of `spec.json`; raises InvalidSpec for another protocol version or a missing key."""
        protocol = value.get("protocol")
        if protocol != PROTOCOL_VERSION:
            raise InvalidSpec(reason=f"protocol version {protocol!r}, this child speaks {PROTOCOL_VERSION}")
        try:
            return cls(**value)
        except TypeError as error:
            raise InvalidSpec(reason=str(error)) from error


@dataclass(frozen=True)
class Handle:
    """How a launched process is found again after a restart of the service.

    A pid alone may belong to another process by then; with its start time (clock ticks since boot, field 22 of
    /proc/PID/stat) and the id of the boot it is unique.
    """

    pid: int
    started: int
    boot_id: str
    launcher: str = "local"

    def to_json(self) -> Dict[str, Any]:
        """The object that is stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Handle:
        """Read what `to_json` gave."""
        return cls(**value)


@dataclass(frozen=True)
class ExitReport:
    """How an attempt ended: the content of `exit.json`."""

    outcome: Outcome
    #: What `complete()` of the root said when it was asked at the end; None where it could not be asked.
    root_complete: Optional[bool] = None
    #: False where the root ran but nothing can vouch for it (no outputs, `complete()` false).
    verified: Optional[bool] = None
    #: Name of Luigi's own LuigiStatusCode; empty where Luigi never got that far.
    luigi_status: str = ""
    #: Number of tasks by status.
    counts: Mapping[str, int] = field(default_factory=dict)
    error: Optional[RunError] = None
    finished_at: float = 0.0

    def to_json(self) -> Dict[str, Any]:
        """The content of `exit.json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ExitReport:
        """Read the content of `exit.json`."""
        error = value.get("error")
        return cls(**{**value, "error": RunError.from_json(error) if error else None})


def write_whole(path: Path, content: bytes) -> None:
    """Write a small file so that it is seen whole or not at all, whatever process is killed: beside, then rename.

    Not synced to the disk: what a power cut tears belongs to an attempt that the same power cut has ended, and a torn
    `exit.json` counts as none.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


@dataclass(frozen=True)
class RunFolder:
    """The paths of one attempt's folder, and its small files."""

    path: Path

    @property
    def spec_file(self) -> Path:
        """Written by the launcher before the start."""
        return self.path / "spec.json"

    @property
    def exit_file(self) -> Path:
        """Written by the child as its last act, or by whoever declares the attempt lost."""
        return self.path / "exit.json"

    @property
    def lock_file(self) -> Path:
        """Held with flock by the child and everything it forked."""
        return self.path / "alive.lock"

    @property
    def pump_lock_file(self) -> Path:
        """Held with flock by the pump, so that there is one at a time."""
        return self.path / "pump.lock"

    @property
    def pumped_file(self) -> Path:
        """Exists once every byte of output of an ended attempt stands in `log.jsonl`."""
        return self.path / "pumped"

    @property
    def plan_file(self) -> Path:
        """What a plan child has found, in the folder of a plan; there is none in that of a run."""
        return self.path / "plan.jsonl"

    @property
    def question_file(self) -> Path:
        """What a plan child is asked instead of a plan, in the folder of a calendar."""
        return self.path / "question.json"

    @property
    def order_file(self) -> Path:
        """Which targets a plan child is to move instead, in the folder of a move."""
        return self.path / "order.json"

    @property
    def claims_file(self) -> Path:
        """Which targets a plan child is to read instead, in the folder of a verification."""
        return self.path / "claims.json"

    @property
    def log_file(self) -> Path:
        """The log of this host's processes of the attempt; written by the pump only."""
        return self.writer(0) / "log.jsonl"

    @property
    def spool(self) -> Path:
        """Raw output that the pump has yet to turn into log lines: a link to a folder in memory, where that can be."""
        return self.path / "spool"

    def writer(self, number: int) -> Path:
        """The folder of one writer: 0 is the child, the others are task processes it forked."""
        return self.path / str(number)

    def events_file(self, writer: int) -> Path:
        """The stream of one writer's events."""
        return self.writer(writer) / "events.jsonl"

    def writers(self) -> Iterator[int]:
        """The numbers of all writers that have a folder, in order."""
        if self.path.is_dir():
            yield from sorted(int(entry.name) for entry in self.path.iterdir() if entry.name.isdigit())

    def write_spec(self, spec: RunSpec) -> None:
        """Create the folder and put `spec.json` into it."""
        self.writer(0).mkdir(parents=True, exist_ok=True)
        write_whole(self.spec_file, json.dumps(spec.to_json(), indent=1).encode())

    def read_spec(self) -> RunSpec:
        """The content of `spec.json`; raises InvalidSpec where there is none that can be read."""
        try:
            return RunSpec.from_json(json.loads(self.spec_file.read_bytes()))
        except (OSError, ValueError) as error:
            raise InvalidSpec(reason=str(error)) from error

    def write_question(self, question: Question) -> None:
        """Put `question.json` beside `spec.json`."""
        write_whole(self.question_file, json.dumps(question.to_json()).encode())

    def read_question(self) -> Optional[Question]:
        """The content of `question.json`; None in a folder that has none."""
        try:
            return Question.from_json(json.loads(self.question_file.read_bytes()))
        except FileNotFoundError:
            return None

    def write_order(self, order: Order) -> None:
        """Put `order.json` beside `spec.json`."""
        write_whole(self.order_file, json.dumps(order.to_json()).encode())

    def read_order(self) -> Optional[Order]:
        """The content of `order.json`; None in a folder that has none."""
        try:
            return Order.from_json(json.loads(self.order_file.read_bytes()))
        except FileNotFoundError:
            return None

    def write_claims(self, claims: Claims) -> None:
        """Put `claims.json` beside `spec.json`."""
        write_whole(self.claims_file, json.dumps(claims.to_json()).encode())

    def read_claims(self) -> Optional[Claims]:
        """The content of `claims.json`; None in a folder that has none."""
        try:
            return Claims.from_json(json.loads(self.claims_file.read_bytes()))
        except FileNotFoundError:
            return None

    def write_exit(self, report: ExitReport) -> None:
        """Put `exit.json` into the folder. The caller holds the lock."""
        write_whole(self.exit_file, json.dumps(report.to_json(), indent=1).encode())

    def read_exit(self) -> Optional[ExitReport]:
        """The content of `exit.json`, or None while there is none (or only one that a power cut has torn)."""
        try:
            return ExitReport.from_json(without_halves(json.loads(self.exit_file.read_bytes())))
        except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
            return None


def attempt_folder(home: Path, run_id: str, attempt: int) -> RunFolder:
    """Where an attempt's folder stands below the home folder. `run_id` must have been checked with `is_run_id`."""
    return RunFolder(home / "runs" / run_id / str(attempt))


def plan_folder(home: Path, plan_id: str) -> RunFolder:
    """Where a plan's folder stands below the home folder, as long as the plan is made."""
    return RunFolder(home / "plans" / plan_id / "0")


def parse_worker_id(worker_id: str) -> Optional[Tuple[str, int]]:
    """Run id and attempt of a worker of ours (`run:<run>:<attempt>:<writer>`); None for anybody else's."""
    parts = worker_id.split(":")
    if len(parts) == 4 and parts[0] == "run" and parts[2].isdigit():
        return parts[1], int(parts[2])
    return None
