"""Every error the product raises on purpose, in one tree; the docstring of a class is its message.

TriggerError
|- NotFound            |- PipelineNotFound  |- RunNotFound       |- AmbiguousRun      |- UnknownPlace
                       |- TokenNotFound     |- PoolNotFound      |- ScheduleNotFound
                       |- SensorNotFound    |- PresetNotFound    |- RuleNotFound
                       |- BackfillNotFound  |- TargetNotFound    |- OperationNotFound |- TaskNotFound
|- Conflict            |- StateConflict     |- AlreadyActive   |- AmbiguousPipeline |- PlanEnded
                       |- PrivateValuesLost |- TokenExists     |- PoolInUse         |- ScheduleManaged
                       |- BackfillOver      |- TargetsStay   |- TargetsInUse      |- OperationConflict
|- Unauthenticated     |- SignatureRefused
|- ScopeMissing
|- IdempotencyMismatch
|- DeliveryFailed
|- Busy                |- TooOften
|- InvalidRequest      |- InvalidParameters |- InvalidCursor   |- InvalidSpec
|- PipelineBroken
|- Unavailable         |- ZygoteUnavailable |- SchedulerUnavailable |- StoreUnavailable |- PipelineUnknown
                       |- HookSecretsLost
|- DatabaseTooNew      |- DatabaseTooOld    |- NoDatabase        |- BackupFailed
|- LaunchFailed        |- NoMemoryForOutput |- NoSharedMemory
|- InvalidSettings
`- CannotStart
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Tuple


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a request.

    `pointer` is a JSON pointer into the request body (`/parameters/month`); `detail` names the value, what was expected
    and the mend.
    """

    pointer: str
    detail: str

    def to_json(self) -> Dict[str, str]:
        """The object as an RFC 9457 `errors` entry."""
        return {"pointer": self.pointer, "detail": self.detail}


class TriggerError(Exception):
    """Something went wrong."""

    def __init__(self, **ids: Any) -> None:
        self.ids = ids
        message = " ".join((type(self).__doc__ or "").split("\n\n")[0].split())
        super().__init__(message.format(**ids) if ids else message)


class NotFound(TriggerError):
    """There is no {what} {name!r}."""


class PipelineNotFound(NotFound):
    """There is no pipeline {name!r}.{hint}"""

    def __init__(self, *, name: str, nearest: Tuple[str, ...] = (), broken: Tuple[str, ...] = ()) -> None:
        hint = f" The nearest names: {', '.join(nearest)}." if nearest else ""
        hint += f" It may be in what cannot be imported now: {', '.join(broken)}." if broken else ""
        super().__init__(name=name, hint=hint)
        self.nearest = nearest


class RunNotFound(NotFound):
    """There is no run {run_id!r}."""


class AmbiguousRun(NotFound):
    """Several runs start with {prefix!r}, for instance {run_ids}; give more of the id."""


class Conflict(TriggerError):
    """The request does not fit the present state."""


class StateConflict(Conflict):
    """Run {run_id} is {state}, so it cannot be {verb}."""


class AlreadyActive(Conflict):
    """Run {run_id} of this pipeline with these parameters is {state} already, and the request says if_active=reject."""


class AmbiguousPipeline(Conflict):
    """Several modules have a pipeline {name!r}: {modules}. Say which one is meant, by its {key}."""


class PlanEnded(Conflict):
    """The plan was ended before it was made, as its client asked, or because the service stops."""


class Busy(TriggerError):
    """{reason} Try again in a moment."""


class TooOften(Busy):
    """{reason} Try again in {retry_after_s} seconds."""


class IdempotencyMismatch(TriggerError):
    """Idempotency-Key {key!r} was used before with another body; send a new key, or the same body."""


class InvalidRequest(TriggerError):
    """The request has {count} problem(s): {summary}"""

    def __init__(self, problems: List[Problem]) -> None:
        summary = "; ".join(f"{p.pointer}: {p.detail}" for p in problems)
        super().__init__(count=len(problems), summary=summary)
        self.problems = problems


class InvalidParameters(InvalidRequest):
    """{count} parameter(s) cannot be used: {summary}"""


class DeliveryFailed(TriggerError):
    """Delivery {delivery!r} was accepted and makes no run: {reason}"""


class InvalidCursor(TriggerError):
    """The cursor {cursor!r} is none that this service gave out; start again without one."""


class InvalidSpec(TriggerError):
    """The run folder's spec.json cannot be used: {reason}"""


class PipelineBroken(TriggerError):
    """Module {module} cannot be imported: {reason}"""

    def __init__(self, *, module: str, reason: str, traceback: str = "") -> None:
        super().__init__(module=module, reason=reason)
        self.traceback = traceback


class UnknownPlace(NotFound):
    """There is no place {place} (location/environment) in the configuration; there are: {known}."""


class PoolNotFound(NotFound):
    """There is no pool {name!r}; GET /api/v1/pools lists those that there are."""


class ScheduleNotFound(NotFound):
    """There is no schedule {name!r}; GET /api/v1/schedules lists those that there are."""


class ScheduleManaged(Conflict):
    """Schedule {name!r} {who}. It can be paused and resumed all the same."""


class BackfillNotFound(NotFound):
    """There is no backfill {backfill_id!r}; GET /api/v1/backfills lists those that there are."""


class TargetNotFound(NotFound):
    """No run is known to have written {url!r}.{hint}"""

    def __init__(self, *, url: str, nearest: Tuple[str, ...] = ()) -> None:
        hint = f" The nearest that are known: {', '.join(nearest)}." if nearest else ""
        super().__init__(url=url, hint=hint)
        self.nearest = nearest


class OperationNotFound(NotFound):
    """There is no operation {operation_id!r}; GET /api/v1/operations lists those that there are."""


class OperationConflict(Conflict):
    """Operation {operation_id} {reason}."""


class TargetsStay(Conflict):
    """Nothing was moved. {reason}"""


class TargetsInUse(Conflict):
    """Nothing was moved: run {run_id} is {state}, and builds or reads some of these targets. Wait for its end, or
    cancel it; to move them all the same, say even_if_running."""


class TaskNotFound(NotFound):
    """Run {run_id} has no task {task_id!r} in its newest attempt; GET /api/v1/runs/{run_id}/tasks lists them."""


class BackfillOver(Conflict):
    """Backfill {backfill_id} is {state}, so it cannot be {verb}."""


class SensorNotFound(NotFound):
    """There is no sensor {name!r}; GET /api/v1/sensors lists those that there are."""


class PresetNotFound(NotFound):
    """Pipeline {pipeline} has no preset {name!r}; GET /api/v1/presets lists those that there are."""


class RuleNotFound(NotFound):
    """There is no notification rule {name!r}; GET /api/v1/notifications lists those that there are."""


class PoolInUse(Conflict):
    """Pool {name!r} cannot be removed: run {run_id} names it and has not ended."""


class TokenNotFound(NotFound):
    """There is no token {name!r} that could be revoked. To see what there is: luigi-trigger tokens list"""


class TokenExists(Conflict):
    """There is a token {name!r} already, and it is {state}: revoke that one, or choose another name."""


class Unauthenticated(TriggerError):
    """This request needs a token (Authorization: Bearer lt_...): {reason}."""


class SignatureRefused(Unauthenticated):
    """The signature of the delivery is no good: {reason}."""


class ScopeMissing(TriggerError):
    """Token {name!r} has the scope {held}, and this needs the scope {needed}."""


class Unavailable(TriggerError):
    """{what} cannot be reached: {reason}"""


class ZygoteUnavailable(Unavailable):
    """The zygote cannot be reached: {reason}"""


class SchedulerUnavailable(Unavailable):
    """luigid at {url} cannot be reached: {reason}"""


class StoreUnavailable(Unavailable):
    """The database cannot be used: {reason}"""


class PipelineUnknown(Unavailable):
    """Whether there is a pipeline {name!r} is not known now: {module}: {reason}. Try again in a moment."""


class HookSecretsLost(Unavailable):
    """The secrets of webhook {name!r} cannot be read: the key file was lost or replaced since they were sealed with it.
    Put the old file back and restart, or make a new secret (POST /api/v1/sensors/{name}/secret)."""


class DatabaseTooNew(TriggerError):
    """The database {path} has version {version}, which a newer luigi-trigger has written; this one knows {known}."""


class DatabaseTooOld(TriggerError):
    """The database {path} has version {version}, and this luigi-trigger works with {known}. To bring it there:
    luigi-trigger db upgrade"""


class NoDatabase(TriggerError):
    """There is no database {path}. The first start in this folder makes it (luigi-trigger up); is this the folder of
    your project?"""


class BackupFailed(TriggerError):
    """The backup {target} cannot be made: {reason}"""


class LaunchFailed(TriggerError):
    """The attempt could not be started: {reason}"""


class NoMemoryForOutput(TriggerError):
    """The run has private values ({names}), and what it prints would be written to a disk: /dev/shm must be a file
    system in memory (tmpfs) with 16 MiB free."""


class NoSharedMemory(TriggerError):
    """Luigi's worker cannot be made: {reason}. Its queues between processes need a folder /dev/shm that can be written,
    and has room. Mount one in memory (mount -t tmpfs tmpfs /dev/shm), or delete what fills it."""


class PrivateValuesLost(Conflict):
    """The private values of run {run_id} cannot be read: {key_file} was lost or replaced since they were sealed with
    it. Put the old file back and restart, or ask for a new run with the values."""


class InvalidSettings(TriggerError):
    """luigi.cfg cannot be used:{problems}"""


class CannotStart(TriggerError):
    """The service cannot start: {reason}"""
