"""A value that the API takes gives the task that plain `luigi` builds of the same text; what one refuses, both do."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import luigi
import pytest
from hypothesis import given
from parameter_classes import CASES, FEW, by_api, by_command_line, near, same, task

from trigger_service.domain.errors import InvalidParameters
from trigger_service.runner.kinds import is_optional
from trigger_service.runner.parameters import judge


@dataclass(frozen=True)
class Difference:
    """What the API does otherwise than plain `luigi` with the same text, on purpose; docs/parameters.md has them."""

    reason: str
    #: Whether it concerns a parameter and a text.
    concerns: Callable[[luigi.Parameter, str], bool]
    #: Whether plain luigi builds a task, and whether the API does; None where that depends on the parameter.
    plain: bool | None
    api: bool | None


DIFFERENCES = (
    Difference(
        "an empty text counts as nothing given on the command line: the default holds, or the parameter is missing;"
        " who sends an empty text in a request means it",
        lambda parameter, text: text == "",
        plain=None,
        api=None,
    ),
    Difference(
        "the command line's own parser takes `--` for the end of the options, even as a value",
        lambda parameter, text: text == "--",
        plain=None,
        api=None,
    ),
    Difference(
        "luigi takes null for a list or an object, and the user's code fails over the None that it gets;"
        " who means None has an Optional class, or the default None",
        lambda parameter, text: is_structure(parameter) and not is_optional(parameter) and json_of(text) is None,
        plain=True,
        api=False,
    ),
    Difference(
        "luigi takes any JSON for an object, and the user's code fails over it",
        lambda parameter, text: (
            isinstance(parameter, luigi.DictParameter) and not isinstance(json_of(text, {}), dict | None)
        ),
        plain=True,
        api=False,
    ),
)


def is_structure(parameter):
    is_tuple = isinstance(parameter, luigi.TupleParameter)
    return isinstance(parameter, luigi.DictParameter | luigi.ListParameter) and not (is_tuple or parameter.schema)


def json_of(text, otherwise=0):
    try:
        return json.loads(text)
    except ValueError:
        return otherwise


def difference(parameter, text):
    return next((known for known in DIFFERENCES if known.concerns(parameter, text)), None)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_text_gives_the_task_that_the_command_line_builds_or_is_refused_by_both(case):
    cls = task(case.parameter)

    @FEW
    @given(near(case.texts))
    def check(text):
        plain, api = by_command_line(cls, f"--value={text}"), by_api(cls, text)
        known = difference(case.parameter, text)
        if known is None:
            assert (plain is None) == (api is None), (plain, api)
            assert plain is None or same(plain, api)
        elif known.plain is not None:
            assert (plain is not None, api is not None) == (known.plain, known.api), known.reason

    check()


def sample(**parameters):
    return type("Sample", (luigi.Task,), {**parameters, "__module__": __name__})


def test_an_implicit_bool_is_a_flag_on_the_command_line_and_a_value_in_a_request():
    cls = task(luigi.BoolParameter(default=True))

    assert by_command_line(cls, "--value").value is True
    assert by_command_line(cls, "--value=false") is None
    assert by_api(cls, False).value is False


@pytest.mark.parametrize("name", ["module", "p", "workers"])
def test_a_parameter_that_is_named_like_an_option_of_luigi_can_be_given_in_a_request_only(name):
    cls = sample(**{name: luigi.Parameter()})

    assert by_command_line(cls, f"--{name}=x") is None
    assert judge(cls, {name: "x"}).texts == {name: "x"}


def test_a_text_that_an_answer_shows_for_a_default_that_has_none_is_that_default_again():
    cls = task(luigi.Parameter(default=("a", 1)))

    assert by_command_line(cls, "--value=('a', 1)").value == "('a', 1)"
    assert judge(cls, {"value": "('a', 1)"}) == judge(cls, {})


@pytest.mark.parametrize("problem", ["--value=5 --valeu=6", "--value=5 --value", "--other=1"])
def test_what_is_unknown_or_missing_is_refused_by_both(problem):
    cls = sample(value=luigi.IntParameter())
    given = dict(word.removeprefix("--").partition("=")[::2] for word in problem.split())

    assert by_command_line(cls, *problem.split()) is None
    with pytest.raises(InvalidParameters):
        judge(cls, given)
