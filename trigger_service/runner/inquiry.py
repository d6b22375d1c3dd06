"""What the base zygote answers about users' code: the catalogue, and whether a request's parameters are right."""

from __future__ import annotations

from functools import partial
from typing import Dict, List

from trigger_service.runner import catalog
from trigger_service.runner.brood import Brood
from trigger_service.runner.broods import Broods
from trigger_service.runner.ipc import Message
from trigger_service.runner.judging import KILLED, Question, Reply
from trigger_service.runner.spares import RETIRED

#: Seconds a judge may be silent about one request's parameters, and about a whole catalogue.
VALIDATE_LIMIT_S = 2.0
CATALOGUE_LIMIT_S = 25.0


class Inquiry:
    """Puts questions to the judges."""

    def __init__(self, broods: Broods) -> None:
        self._broods = broods

    def catalogue(self, message: Message, reply: Reply) -> None:
        """All pipelines of the named modules, and what is broken among them."""
        names: List[str] = list(dict.fromkeys(message["modules"]))
        parts: Dict[str, Message] = {}

        def on_part(name: str, part: Message) -> None:
            parts[name] = part
            if len(parts) == len(names):
                reply(_merged([parts[name] for name in names]))

        for name in names:
            self._part(name, message, partial(on_part, name))
        if not names:
            reply(_merged([]))

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

    def _part(self, name: str, message: Message, on_part: Reply) -> None:
        """The catalogue of one named module, with what is broken and why it is cold filled in."""

        def on_answer(brood: Brood, answer: Message) -> None:
            if _is_to_be_asked_again(answer, message):
                self._part(name, {**message, **_noted(answer)}, on_part)
                return
            broken = list(brood.broken)
            if "pipelines" in answer:
                brood.catalogue = answer
            elif "problems" in answer:
                broken.append({"module": name, "reason": answer["problems"][0]["detail"], "traceback": ""})
            pipelines = [{**entry, "cold": brood.cold} for entry in answer.get("pipelines", ())]
            on_part({"pipelines": pipelines, "mentions": answer.get("mentions", {}), "broken": broken})

        def on_brood(brood: Brood) -> None:
            if not brood.modules:
                on_answer(brood, {"pipelines": []})
            elif brood.catalogue is not None:
                on_answer(brood, brood.catalogue)
            else:
                question = {"op": "catalogue", "modules": brood.modules}
                brood.ask(Question(question, CATALOGUE_LIMIT_S, partial(on_answer, brood)))

        self._broods.get(name, on_brood)


def _is_to_be_asked_again(answer: Message, message: Message) -> bool:
    """Whether there was no answer: the code has changed meanwhile, or the judge was killed, for the first time."""
    killed = answer.pop(KILLED, False) and not message.get(KILLED, False)
    return (RETIRED in answer or killed) and not message["asker_is_gone"]()


def _noted(answer: Message) -> Message:
    """What the next try has to know of this one."""
    return {} if RETIRED in answer else {KILLED: True}


def _merged(parts: List[Message]) -> Message:
    return {"pipelines": catalog.merge(parts), "broken": [item for part in parts for item in part["broken"]]}


def _stamped(answer: Message, brood: Brood) -> Message:
    """The answer with the state of the code that gave it."""
    if "ok" not in answer:
        return answer
    return {"ok": {**answer["ok"], "code_fingerprint": brood.fingerprint.digest}}
