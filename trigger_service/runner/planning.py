"""The walk through a task's tree that a plan is made of: Luigi's own questions in Luigi's own order, nothing run.

As in `Worker.add`: the task that was found last is the next to be asked whether it is complete; a complete one is asked
nothing more, one that is not is asked what it requires. Every answer, also a raised one, becomes a finding.
"""

from __future__ import annotations

import inspect
import traceback
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

import luigi
from luigi.task import flatten

from trigger_service.domain.plan import Fault, Finding, FindingKind
from trigger_service.domain.urls import shown_url
from trigger_service.runner.foresight import Foresight
from trigger_service.runner.hooks import describe_target
from trigger_service.runner.privacy import Privacy
from trigger_service.runner.tracebacks import message_of, relative, users_part, users_place

#: Puts a question to user code; raises what that raises, or TimeIsUp.
Guard = Callable[[Callable[[], Any]], Any]

#: Characters of a traceback that are kept, of its beginning and of its end.
TRACEBACK_HEAD, TRACEBACK_TAIL = 4 << 10, 12 << 10
#: Characters of a message that are kept.
MESSAGE_LIMIT = 2000


class TimeIsUp(BaseException):
    """Raised in user code that is being asked when the walk has to end."""


@dataclass(frozen=True)
class Completeness:
    """What a task said of its completeness; None where it raised."""

    complete: Optional[bool]
    why: str
    #: Where `output()` was asked for it.
    outputs: Optional[Tuple[str, ...]] = None
    fault: Optional[Fault] = None


class Walker:
    """One walk."""

    def __init__(self, guard: Guard, task_limit: Optional[int], privacy: Privacy) -> None:
        """`task_limit` is Luigi's `[worker] task_limit`; `privacy` learns the private values of all tasks."""
        self._guard = guard
        self._privacy = privacy
        self._task_limit = task_limit
        self.foresight = Foresight(guard, self._note)
        self._parameters: Dict[type, Dict[str, luigi.Parameter]] = {}
        #: Why Luigi would refuse the whole run; the walk has ended then.
        self.refusal: Optional[Fault] = None
        #: Id and method of what is being asked.
        self.asked: Tuple[str, str] = ("", "")

    def walk(self, root: luigi.Task) -> Iterator[Finding]:
        """Every task of the tree, each once."""
        self._privacy.learn(root, is_root=True)
        seen = {root.task_id}
        waiting = [root]
        number = 0
        self.foresight.ahead(waiting)
        try:
            while waiting and self.refusal is None:
                task = waiting.pop()
                finding, required = self._finding(task, self.completeness(task), number)
                number += 1
                yield finding
                fresh = {other.task_id: other for other in required if other.task_id not in seen}
                seen.update(fresh)
                for other in fresh.values():
                    self._privacy.learn(other)
                self.foresight.ahead(list(fresh.values()))
                waiting += fresh.values()
        finally:
            self.foresight.end()

    def completeness(self, task: luigi.Task) -> Completeness:
        """Ask whether a task is complete; the usual way, by its outputs, shows which of them is missing."""
        usual = type(task).complete is luigi.Task.complete and "complete" not in vars(task)
        answer, fault = self._ask(task, "complete", lambda: _by_outputs(task) if usual else _by_itself(task))
        return answer if fault is None else Completeness(None, f"{fault.method}() raised {fault.type}", None, fault)

    def _note(self, task_id: str, method: str) -> None:
        self.asked = (task_id, method)

    def _finding(self, task: luigi.Task, completeness: Completeness, number: int) -> Tuple[Finding, List[luigi.Task]]:
        """What is to be said of a task, and the tasks to go on with."""
        kind, why, fault, required = self._kind(task, completeness, number)
        disabled, odd = self._ask(task, "disabled", lambda: bool(task.disabled))
        if odd is None and disabled:
            kind, why = "withheld", "it is disabled: its attribute `disabled` is true"
        texts, unreadable = self._ask(task, "to_str_params", lambda: self._public(task))
        _, unranked = self._ask(task, "priority", lambda: (task.priority, task.process_resources()))
        refusal = odd or unreadable or unranked
        if refusal is not None:
            self.refusal = self.refusal or refusal
            kind, why, fault = "broken", f"{refusal.method} raised {refusal.type}", refusal
        outputs = completeness.outputs
        if outputs is None and kind != "broken":
            outputs, unknown = self._ask(task, "output", lambda: _described(task), vital=False)
            fault = fault or unknown
        return (
            Finding(
                task.task_id,
                task.task_family,
                kind,
                why,
                texts or {},
                tuple(dict.fromkeys(other.task_id for other in required)),
                outputs or (),
                fault,
                self._privacy.sets_apart(task),
            ),
            required,
        )

    def _kind(
        self, task: luigi.Task, completeness: Completeness, number: int
    ) -> Tuple[FindingKind, str, Optional[Fault], List[luigi.Task]]:
        if self._task_limit is not None and number >= self._task_limit:
            return "withheld", f"it is beyond [worker] task_limit = {self._task_limit}", None, []
        if completeness.complete is None:
            return "broken", completeness.why, completeness.fault, []
        if completeness.complete:
            return "complete", completeness.why, None, []
        if task.run is None or task.run == NotImplemented:
            return "missing", f"external data that nothing here can build: {completeness.why}", None, []
        return self._incomplete(task, completeness.why)

    def _incomplete(self, task: luigi.Task, why: str) -> Tuple[FindingKind, str, Optional[Fault], List[luigi.Task]]:
        required, fault = self._ask(task, "requires", lambda: list(task.deps()))
        if fault is None:
            fault = self._unusable(task, required)
            if fault is not None:
                return "broken", fault.message, fault, []
        if fault is not None:
            return "broken", f"{fault.method}() raised {fault.type}", fault, []
        if inspect.isgeneratorfunction(inspect.unwrap(task.run)):
            return "dynamic", f"{why}; what its run() yields is only known while it runs", None, required
        return "ready", why, None, required

    def _unusable(self, task: luigi.Task, required: List[Any]) -> Optional[Fault]:
        """What is no task among the requirements; Luigi then refuses the whole run."""
        for other in required:
            name, message = type(other).__name__, ""
            if isinstance(other, luigi.Target):
                message = f"requires() gives a Target ({name}), not a Task; wrap it in an ExternalTask"
            elif not isinstance(other, luigi.Task):
                message = f"requires() gives a {name}, not a Task"
            elif not other.initialized():
                message = f"{name} overrides __init__ and does not call that of luigi.Task"
            if message:
                file, line = _definition(type(task).requires)
                self.refusal = Fault(task.task_id, "requires", "TypeError", message, file, line)
                return self.refusal
        return None

    def _public(self, task: luigi.Task) -> Dict[str, str]:
        """The public parameters as texts."""
        known = self._parameters.get(type(task))
        if known is None:  # Luigi looks for them at each call, which is what a plan takes longest for
            private = self._privacy.private_of(type(task))
            known = self._parameters[type(task)] = {n: p for n, p in type(task).get_params() if n not in private}
        return {name: known[name].serialize(value) for name, value in task.param_kwargs.items() if name in known}

    def _ask(
        self, task: luigi.Task, method: str, question: Callable[[], Any], vital: bool = True
    ) -> Tuple[Any, Optional[Fault]]:
        """The answer, or what was raised instead; what Luigi asks (`vital`) and does not catch would end the run."""
        self.asked = (task.task_id, method)
        try:
            return self._guard(question), None
        except (TimeIsUp, KeyboardInterrupt):
            raise
        except BaseException as error:
            fault = fault_of(error, task, method)
            if vital and not isinstance(error, Exception):
                self.refusal = self.refusal or fault
            return None, fault


def fault_of(error: BaseException, task: Optional[luigi.Task], method: str) -> Fault:
    """What was raised, located in the user's code."""
    trace = users_part(error.__traceback__)
    frames = [frame for frame, _ in traceback.walk_tb(trace)]
    own = [frame.f_code.co_name for frame in frames if task is not None and frame.f_locals.get("self") is task]
    file, line = users_place(trace)
    text = "".join(traceback.format_exception(type(error), error, trace))
    if len(text) > TRACEBACK_HEAD + TRACEBACK_TAIL:
        text = f"{text[:TRACEBACK_HEAD]}\n[...]\n{text[-TRACEBACK_TAIL:]}"
    return Fault(
        "" if task is None else task.task_id,
        next((name for name in reversed(own) if name in ("complete", "requires", "output")), method),
        type(error).__name__,
        message_of(error, MESSAGE_LIMIT),
        file,
        line,
        text,
    )


def place_of(error: BaseException) -> str:
    """Where user code was when it was interrupted: " (tasks.py, line 12)"; empty where it is not known."""
    file, line = users_place(error.__traceback__)
    return f" ({file}, line {line})" if file else ""


def _by_outputs(task: luigi.Task) -> Completeness:
    """What `luigi.Task.complete` does: all outputs exist, asked one by one up to the first that does not."""
    outputs = flatten(task.output())
    shown = tuple(describe_target(output) for output in outputs)
    if not outputs:
        return Completeness(False, "it has no outputs and no complete() of its own, so it runs every time", shown)
    for number, output in enumerate(outputs):
        if not output.exists():
            return Completeness(False, f"{shown_url(shown[number])} does not exist", shown)
    return Completeness(True, "its output exists" if len(shown) == 1 else f"all {len(shown)} outputs exist", shown)


def _by_itself(task: luigi.Task) -> Completeness:
    answer = task.complete()
    if answer not in (True, False):
        raise TypeError(f"Return value of Task.complete() must be boolean (was {answer!r})")
    if isinstance(task, luigi.WrapperTask) and type(task).complete is luigi.WrapperTask.complete:
        return Completeness(bool(answer), f"{'all' if answer else 'not all'} that it wraps is complete")
    return Completeness(bool(answer), f"its complete() says {'yes' if answer else 'no'}")


def _described(task: luigi.Task) -> Tuple[str, ...]:
    return tuple(describe_target(output) for output in flatten(task.output()))


def _definition(method: Any) -> Tuple[str, int]:
    code = getattr(inspect.unwrap(method), "__code__", None)
    return ("", 0) if code is None else (relative(code.co_filename), code.co_firstlineno)
