"""What the base zygote answers about users' code: the catalogue, and whether a request's parameters are right."""

from __future__ import annotations

from functools import partial
from typing import Dict, List

from trigger_service.runner import catalog
from trigger_service.runner.brood import Brood
from trigger_service.runner.broods import Broods
from trigger_service.runner.ipc import Message
from trigger_service.runner.judging import KILLED, Question, Reply
from trigger_service.runner.last_good import LastGood
from trigger_service.runner.loop import Loop
from trigger_service.runner.spares import RETIRED

#: Seconds a judge may be silent about one request's parameters, and about a whole catalogue.
VALIDATE_LIMIT_S = 2.0
CATALOGUE_LIMIT_S = 25.0


class Inquiry:
    """Puts questions to the judges, and remembers what the modules offered when they last could be imported."""

    def __init__(self, loop: Loop, broods: Broods, last: LastGood) -> None:
        self._loop = loop
        self._broods = broods
        self._last = last

    def catalogue(self, message: Message, reply: Reply) -> None:
        """All pipelines of the named modules, and what is broken among them.

        A module that has broken, or whose import has not ended within `patience_s`, is there as it was last, and says
        so.
        """
        patience_s = float(message["patience_s"])
        names: List[str] = list(dict.fromkeys(message["modules"]))
        answers: Dict[str, Message] = {}
        given: List[Message] = []

        def give() -> None:
            if not given:
                given.append(_merged([answers.get(name) or self._unfinished(name, patience_s) for name in names]))
                reply(given[0])

        def on_answer(name: str, answer: Message) -> None:
            answers[name] = answer
            if len(answers) == len(names):
                give()

        for name in names:
            self._of_module(name, message, partial(on_answer, name))
        self._loop.later(patience_s if names else 0.0, give)

    def validate(self, message: Message, reply: Reply) -> None:
        """Judge a request's parameters by the code as it is now."""
        question = {key: message[key] for key in ("op", "module", "family", "parameters")}

        def on_answer(brood: Brood, answer: Message) -> None:
            if _is_to_be_asked_again(answer, message):
                self.validate({**message, **_noted(answer)}, reply)
            else:
                reply(_stamped(answer, brood))

        def on_brood(brood: Brood) -> None:
            broken = brood.broken_as(message["module"])
            if broken is not None:
                reply({"broken": broken})
                return
            brood.ask(Question(question, VALIDATE_LIMIT_S, partial(on_answer, brood)))

        name = self._broods.name_of(message)
        self._broods.forget_stale_defaults(name)
        self._broods.get(name, on_brood)

    def _of_module(self, name: str, message: Message, give: Reply) -> None:
        """Parts of the catalogue and what is broken, of one named module."""

        def on_answer(brood: Brood, answer: Message) -> None:
            if _is_to_be_asked_again(answer, message):
                self._of_module(name, {**message, **_noted(answer)}, give)
                return
            silence = answer["problems"][0]["detail"] if "problems" in answer else ""
            if not silence:
                brood.catalogue = answer
            parts = {module: _completed(part, brood, module) for module, part in answer.get("parts", {}).items()}
            give(self._with_last(name, parts, brood, silence))

        def on_brood(brood: Brood) -> None:
            if not brood.modules:
                on_answer(brood, {"parts": {}})
            elif brood.catalogue is not None:
                on_answer(brood, brood.catalogue)
            else:
                question = {"op": "catalogue", "modules": brood.modules}
                brood.ask(Question(question, CATALOGUE_LIMIT_S, partial(on_answer, brood)))

        self._broods.get(name, on_brood)

    def _with_last(self, name: str, parts: Dict[str, Message], brood: Brood, silence: str) -> Message:
        """The answer with what is known of the modules that are not in it, as far as they are broken and not gone."""
        last = self._last.of(name)
        reasons = {module: silence or brood.reason_against(module) for module in last if module not in parts}
        kept = {module: last[module] for module, reason in reasons.items() if reason}
        self._last.keep(name, {**kept, **parts})
        old = [catalog.stale(part, reasons[module]) for module, part in kept.items()]
        silent = [_late(name, silence)] if silence else []
        remarks = [remark for part in parts.values() for remark in part["remarks"]]
        return {"parts": [*parts.values(), *old], "broken": [*brood.broken, *silent, *remarks]}

    def _unfinished(self, name: str, patience_s: float) -> Message:
        """The answer for a named module that is not ready yet."""
        reason = f"its import has not ended within {patience_s:g} s"
        old = [catalog.stale(part, reason) for part in self._last.of(name).values()]
        return {"parts": old, "broken": [_late(name, reason)]}


def _is_to_be_asked_again(answer: Message, message: Message) -> bool:
    """Whether there was no answer: the code has changed meanwhile, or the judge was killed, for the first time."""
    killed = answer.pop(KILLED, False) and not message.get(KILLED, False)
    return (RETIRED in answer or killed) and not message["asker_is_gone"]()


def _noted(answer: Message) -> Message:
    """What the next try has to know of this one."""
    return {} if RETIRED in answer else {KILLED: True}


def _merged(answers: List[Message]) -> Message:
    pipelines = catalog.merge(part for answer in answers for part in answer["parts"])
    return {"pipelines": pipelines, "broken": [item for answer in answers for item in answer["broken"]]}


def _completed(part: Message, brood: Brood, module: str) -> Message:
    """The part with what the brood knows of its modules."""

    def completed(entry: Message) -> Message:
        remarks = filter(None, [brood.remark_on(module), entry["remark"]])
        return {**entry, "cold": brood.cold, "remark": "; ".join(remarks)}

    return {**part, "pipelines": [completed(entry) for entry in part["pipelines"]]}


def _late(name: str, reason: str) -> Message:
    return {"module": name, "reason": reason, "traceback": "", "late": True}


def _stamped(answer: Message, brood: Brood) -> Message:
    """The answer with the state of the code that gave it."""
    if "ok" not in answer:
        return answer
    return {"ok": {**answer["ok"], "code_fingerprint": brood.fingerprint.digest}}
