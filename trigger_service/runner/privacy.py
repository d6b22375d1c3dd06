"""What an attempt may tell to the outside: its private values hidden, its tasks under ids that give none away."""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import Any, Callable, Dict, Iterator, List, Mapping, Tuple

import luigi
from luigi.freezing import FrozenOrderedDict
from luigi.parameter import Parameter, ParameterVisibility
from luigi.task_register import Register

from trigger_service.domain.errors import NoMemoryForOutput
from trigger_service.runner.mask import HIDDEN, Mask
from trigger_service.runner.patience import NoAnswer, Patience

#: Tells the pump texts to hide, by parameter.
Publish = Callable[[Mapping[str, List[str]]], None]
#: Arguments of luigid's methods that are text from users' code; the rest are ids, statuses and numbers.
FREE_TEXT = frozenset({"expl", "tracking_url", "status_message", "task_name", "message", "response", "owners"})
#: Hexadecimal digits that tell variants of a task, or values, apart.
_DIGITS = 10
_NOTHING = object()


class Privacy:
    """The private values that an attempt has come to know, and what stands for them outside of its processes."""

    def __init__(self, secrets: Mapping[str, str], digest: str, in_memory: bool, publish: Publish) -> None:
        """`secrets` were given with the request; `digest` is equal for requests with equal ones, empty for none.

        `in_memory`: whether what is printed, and published, is on no disk.
        """
        self.mask = Mask()
        self._digest = digest
        self._in_memory = in_memory
        self._publish = publish
        #: Makes equal values recognisable as such, to nobody who does not know it.
        self._key = os.urandom(16)
        self._names: Dict[type, Dict[str, Parameter]] = {}
        self._families: Dict[str, Dict[str, Parameter]] = {}
        self._shown: Dict[str, str] = {}
        self._told: Dict[str, str] = {}
        self._own: Dict[str, str] = {}
        #: By task id and parameter, what luigid has in place of a private value that decides about batches.
        self._tokens: Dict[str, Dict[str, str]] = {}
        self._given = {name: self.mask.learn(name, [text]) for name, text in secrets.items()}

    def begin(self) -> None:
        """Learn the defaults that users' code, imported by now, and luigi.cfg give to private parameters.

        Raises NoMemoryForOutput for values that are not in such a file anyway, and could be printed to a disk.
        """
        self._demand_memory(self._given)
        found = dict(self._given)
        for name, texts in defaults():
            found[name] = [*found.get(name, ()), *self.mask.learn(name, texts)]
        self._publish(found)

    def expect(self, cls: Any, secrets: Mapping[str, str]) -> None:
        """Learn what the request's values are to a task class before a task is made of them."""
        self._learn({name: _parsed(p, secrets[name]) for name, p in self.private_of(cls).items() if name in secrets})

    def learn(self, task: luigi.Task, is_root: bool = False) -> None:
        """Hide the private values of a task from now on; what a person has asked the root for in public stays so.

        Raises NoMemoryForOutput.
        """
        names = self.private_of(type(task))
        self._learn({name: texts_of(parameter, task.param_kwargs[name]) for name, parameter in names.items()})
        if task.task_id not in self._shown:
            self._name(task, names, is_root)

    def private_of(self, cls: Any) -> Mapping[str, Parameter]:
        """The parameters of a task class that are private or hidden."""
        if cls not in self._names:
            self._names[cls] = {name: p for name, p in cls.get_params() if is_private(p)}
            self._families[cls.get_task_family()] = self._names[cls]
        return self._names[cls]

    def sets_apart(self, task: luigi.Task) -> bool:
        """Whether the task is another one in a run with other private values."""
        return _differs(task, self.private_of(type(task)))

    def shown(self, task_id: str) -> str:
        """A task's id in events, the log and the outcome."""
        return self._shown.get(task_id, task_id)

    # -- luigid

    def outgoing(self, arguments: Mapping[str, Any]) -> Dict[str, Any]:
        """Arguments as luigid may have them."""
        changed = {
            key: self.mask.value(value) if key in FREE_TEXT else _renamed(value, self._told)
            for key, value in arguments.items()
        }
        if arguments.get("params"):
            names = self._families.get(arguments.get("family", ""), {})
            public = {name: self.mask.text(text) for name, text in arguments["params"].items() if name not in names}
            tokens = self._tokens.get(arguments.get("task_id", ""), {})
            changed["params"] = {**public, **tokens}
            changed["param_visibilities"] = {
                **dict.fromkeys(public, ParameterVisibility.PUBLIC.serialize()),
                **dict.fromkeys(tokens, ParameterVisibility.HIDDEN.serialize()),
            }
        return changed

    def incoming(self, answer: Any) -> Any:
        """luigid's answer, with the ids that the tasks have here."""
        return _renamed(answer, self._own)

    def complete_batch(self, work: Dict[str, Any], members: List[luigi.Task]) -> None:
        """Put the private values of a batch's members into what luigid says the batch's parameters are."""
        cls = type(members[0])
        for name, parameter in self.private_of(cls).items():
            texts = [parameter.serialize(member.param_kwargs[name]) for member in members]
            token = work["task_params"].pop(name, None)
            if isinstance(token, list):
                work["task_params"][name] = texts
            elif members[0].param_kwargs[name] != _default(cls, name, parameter):
                work["task_params"][name] = texts[0]

    def _learn(self, texts: Mapping[str, List[str]]) -> None:
        new = {name: self.mask.learn(name, texts[name]) for name in texts}
        if any(new.values()):
            self._demand_memory(new)
            self._publish(new)

    def _name(self, task: luigi.Task, names: Mapping[str, Parameter], is_root: bool) -> None:
        shown = task.task_id
        if not is_root and any(self._tells(value) for name, value in task.param_kwargs.items() if name not in names):
            shown = f"{task.task_family}_hidden_{task.task_id.rpartition('_')[2]}"
            self.mask.replace(task.task_id, shown)
        told = shown
        if self._digest and _differs(task, names):
            told += "-" + hashlib.sha256(f"{self._digest} {task.task_id}".encode()).hexdigest()[:_DIGITS]
        self._shown[task.task_id] = shown
        if told != task.task_id:
            self._told[task.task_id], self._own[told] = told, task.task_id
        if task.batchable and names:
            values = {name: repr(task.param_kwargs[name]) for name in names}
            self._tokens[task.task_id] = {name: HIDDEN + self._token(value) for name, value in values.items()}

    def _token(self, value: str) -> str:
        return hmac.new(self._key, value.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()[:_DIGITS]

    def _tells(self, value: Any) -> bool:
        text = str(value) if self.mask else ""
        return self.mask.text(text) != text

    def _demand_memory(self, values: Mapping[str, List[str]]) -> None:
        if not self._in_memory and any(values.values()):
            raise NoMemoryForOutput(names=", ".join(values))


def say_nothing() -> None:
    """Send nowhere what users' code prints in this process: it may be private, and no log of a run would have it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


def is_private(parameter: Parameter) -> bool:
    """Whether values of a parameter must never be shown: what Luigi calls hidden is so, too."""
    return bool(parameter.visibility != ParameterVisibility.PUBLIC)


def texts_of(parameter: Parameter, value: Any) -> List[str]:
    """The texts that give a value away: as Luigi and as Python write it, and of a collection every item."""
    texts = [str(item) for item in _items(value)]
    try:
        texts.append(str(parameter.serialize(value)))
    except Exception:
        return texts
    return texts


def _parsed(parameter: Parameter, text: str) -> List[str]:
    try:
        return texts_of(parameter, parameter.normalize(parameter.parse(text)))
    except Exception:  # which making the task will show
        return [text]


def defaults() -> Iterator[Tuple[str, List[str]]]:
    """Names and texts of all defaults of private parameters of the task and configuration classes that there are."""
    having = tuple(cls for cls in Register._reg if any(_is_private_one(item) for item in vars(cls).values()))
    patience = Patience()
    for cls in Register._reg if having else ():
        if issubclass(cls, having):
            for name, parameter in cls.get_params():
                if is_private(parameter):
                    yield name, _texts_of_default(cls, name, parameter, patience)


def _texts_of_default(cls: Any, name: str, parameter: Parameter, patience: Patience) -> List[str]:
    """Empty where there is no default, and where it cannot be read: of such a one nobody gets to know."""
    try:
        value = patience.ask(type(parameter), lambda: _default(cls, name, parameter))
    except (NoAnswer, SystemExit):
        return []
    return [] if value is _NOTHING else texts_of(parameter, value)


def mask_of_defaults() -> Mask:
    """Hides what users' code and luigi.cfg give to private parameters."""
    mask = Mask()
    for name, texts in defaults():
        mask.learn(name, texts)
    return mask


def _is_private_one(item: Any) -> bool:
    return isinstance(item, Parameter) and is_private(item)


def _items(value: Any) -> Iterator[Any]:
    """A value, and all that is in it; of a mapping only the values, since keys are names."""
    yield value
    if isinstance(value, (dict, FrozenOrderedDict)):
        value = tuple(value.values())
    if isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from _items(item)


def _default(cls: Any, name: str, parameter: Parameter) -> Any:
    """What holds where nothing is given; `_NOTHING` where there is no such thing."""
    family = cls.get_task_family()
    try:
        return parameter.task_value(family, name) if parameter.has_task_value(family, name) else _NOTHING
    except Exception:  # of a default that cannot be read nobody gets to know
        return _NOTHING


def _differs(task: luigi.Task, names: Mapping[str, Parameter]) -> bool:
    """Whether the task has private values that Luigi counts as significant, and that are not the defaults."""
    return any(p.significant and task.param_kwargs[n] != _default(type(task), n, p) for n, p in names.items())


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if not names:
        return value
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, dict):
        return {_renamed(key, names): _renamed(item, names) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_renamed(item, names) for item in value]
    return value
