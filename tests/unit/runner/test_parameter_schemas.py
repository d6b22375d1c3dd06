"""What a parameter's JSON Schema accepts is what the judge accepts; tasks come back from the JSON that they give."""

import contextlib
import json
import warnings

import luigi
import pytest
from hypothesis import assume, given
from jsonschema import Draft202012Validator
from parameter_classes import CASES, FEW, JSON, alone, by_api, by_command_line, near, same, task

from trigger_service.domain.errors import InvalidParameters
from trigger_service.runner.parameters import judge
from trigger_service.runner.schemas import schema_of
from trigger_service.runner.texts import to_json

#: Formats of which no pattern can say everything: days that are in no calendar, paths that are not there, ...
OPEN = ("date", "date-hour", "date-minute", "date-second", "date-interval", "path", "task")


def json_values(case):
    """JSON of the right shape, texts, and anything else."""
    return case.values.map(lambda value: shown(case.parameter, value)) | near(case.texts) | JSON


def shown(parameter, value):
    with contextlib.suppress(OverflowError, ValueError):  # a day before the first interval
        return to_json(parameter, parameter.normalize(value))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_judge_accepts_what_the_schema_accepts_and_what_the_command_line_does(case):
    cls, schema = task(case.parameter), schema_of(case.parameter)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)

    @FEW
    @given(json_values(case))
    def check(value):
        fits, built, text = validator.is_valid(value), by_api(cls, value), text_of(cls, value)
        if not isinstance(value, str):
            assert fits == (built is not None) or (isinstance(value, int) and abs(value) > 1e308)
        else:
            # the validator's $ also matches before a last line feed
            assert built or not fits or schema.get("format") in OPEN or value.endswith("\n")
            assert fits or built is None or text == value
        if built is not None and text not in ("", "--"):  # the command line cannot be given these
            assert same(by_command_line(cls, f"--value={text}"), built)

    check()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_task_comes_back_from_the_json_of_its_values(case):
    cls = task(case.parameter)

    @FEW
    @given(case.values)
    def check(value):
        built = made(cls, value)
        assume(built is not None)
        told = to_json(case.parameter, built.value)

        again = by_api(cls, json.loads(json.dumps(told, allow_nan=False)))

        assert again is not None and same(built, again)

    check()


def text_of(cls, value):
    """What the child gets for a JSON value that is accepted; an equal value's own text for a text that is."""
    with alone(cls), contextlib.suppress(InvalidParameters), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = judge(cls, {"value": value}).texts["value"]
        return value if isinstance(value, str) else text


def made(cls, value):
    """A task as users' code makes it; None where luigi itself cannot (a day before the first interval)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", luigi.parameter.OptionalParameterTypeWarning)
        try:
            return cls(value=value)
        except (OverflowError, ValueError):
            return None
