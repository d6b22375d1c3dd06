"""The judge: a process with users' modules imported that answers questions about them, one at a time.

Users' code answers (`parse`, `normalize`, `__init__`, properties), so it may hang, or end the process: whoever asks has
to wait with a limit, and to start another judge.
"""

from __future__ import annotations

import configparser
from dataclasses import asdict
from typing import Any, Dict, Mapping

from luigi import configuration
from luigi.task_register import Register

from trigger_service.domain.errors import InvalidParameters, PipelineNotFound, Problem
from trigger_service.runner import catalog, parameters
from trigger_service.runner.importing import broken
from trigger_service.runner.ipc import BlockingChannel
from trigger_service.runner.loading import find_task
from trigger_service.runner.patience import patience
from trigger_service.runner.privacy import say_nothing
from trigger_service.runner.register import restored

#: Seconds after which a value's code is told to give up, so that the answer can name the parameter. Code that does not
#: heed is ended with the judge, half a second later.
PATIENCE_S = 1.5


def serve(channel: BlockingChannel) -> None:
    """Answer until the other side closes."""
    say_nothing()
    Register.disable_instance_cache()  # a judge lives long and sees every task once
    while True:
        question = channel.receive()
        if question is None:
            return
        channel.send(_answer(question))


def _answer(question: Mapping[str, Any]) -> Dict[str, Any]:
    try:
        if question["op"] == "catalogue":
            return {"parts": catalog.catalogue(question["modules"])}
        with restored():  # the next question may be about another module
            return validate(question["module"], question["family"], question["parameters"])
    except BaseException as error:  # its message is not told: it may hold a private value
        return _problem(
            "/parameters", f"{question['op']} of {question.get('module', 'all')} raised {type(error).__name__}"
        )


def validate(module: str, family: str, given: Mapping[str, Any]) -> Dict[str, Any]:
    """The reply to `validate`, without the fingerprint of the code."""
    try:
        cls = find_task(module, family)
    except PipelineNotFound as error:
        return _problem("/pipeline", str(error))
    except BaseException as error:
        return {"broken": asdict(broken(module, error))}
    try:
        with patience(PATIENCE_S):
            return {"ok": {**asdict(parameters.judge(cls, given)), "workers": workers()}}
    except InvalidParameters as error:
        return {"problems": [problem.to_json() for problem in error.problems]}


def workers() -> int:
    """How many tasks of a run `luigi` would run at a time, by its configuration; 0 where that cannot be read."""
    try:
        return max(0, configuration.get_config().getint("core", "workers", 1))
    except (configparser.Error, TypeError, ValueError):
        return 0


def _problem(pointer: str, detail: str) -> Dict[str, Any]:
    return {"problems": [Problem(pointer, detail).to_json()]}
