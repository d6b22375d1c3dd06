"""What each of luigi's parameter classes accepts in JSON, what it gives back, and what it refuses."""

import datetime
import warnings

import luigi
import pytest
from luigi.parameter import ParameterVisibility
from parameter_samples import ACCEPTED, Colour, Even, Plain, Reversed, Words, colours, half, small

from trigger_service.domain.errors import InvalidParameters
from trigger_service.runner.kinds import kind_of
from trigger_service.runner.parameters import judge
from trigger_service.runner.schemas import schema_of


def task(**parameters):
    return type("Sample", (luigi.Task,), {**parameters, "__module__": __name__})


def read(parameter, value):
    """The one parameter `p` of a task, as JSON and as text, for a request with `value`."""
    judged = judge(task(p=parameter), {"p": value})
    return judged.parameters["p"], judged.texts["p"]


def refused(cls, given):
    with pytest.raises(InvalidParameters) as caught:
        judge(cls, given)
    return {problem.pointer: problem.detail for problem in caught.value.problems}


#: parameter, value sent, part of what is told
REFUSED = [
    (luigi.Parameter(), 5, '5 cannot be used: expected text, for example "some text"'),
    (luigi.Parameter(), None, "null cannot be used"),
    (luigi.StrParameter(), ["a"], "expected text"),
    (luigi.IntParameter(), True, "true cannot be used: expected an integer, for example 5"),
    (luigi.IntParameter(), 1.5, "1.5 cannot be used"),
    (luigi.IntParameter(), "abc", '"abc" cannot be used'),
    (luigi.IntParameter(), float("inf"), "expected an integer"),
    (luigi.OptionalIntParameter(), "x", "expected an integer"),
    (luigi.FloatParameter(), "x", "expected a number, for example 2.5"),
    (luigi.FloatParameter(), False, "false cannot be used"),
    (luigi.BoolParameter(), 1, "1 cannot be used: expected true or false"),
    (luigi.BoolParameter(), "yes", '"yes" cannot be used'),
    (luigi.BoolParameter(), None, "null cannot be used"),
    (luigi.DateParameter(), "2013-02-30", 'expected a date YYYY-MM-DD, for example "2013-01-31"'),
    (luigi.DateParameter(), 20130131, "expected a date"),
    (luigi.MonthParameter(), "2013-13", 'expected a month YYYY-MM, for example "2013-01"'),
    (luigi.YearParameter(), "x", "expected a year YYYY"),
    (luigi.DateHourParameter(), "2013-01-31T25", 'for example "2013-01-31T19"'),
    (luigi.DateMinuteParameter(), "2013-01-31", "expected a date, hour and minute"),
    (luigi.DateSecondParameter(), "now", "expected a date and time"),
    (luigi.DateIntervalParameter(), "spring", "expected a year, month, week, day"),
    (luigi.TimeDeltaParameter(), "soon", "expected a number of seconds,"),
    (luigi.TaskParameter(), "Nowhere", "expected the family of a task"),
    (luigi.EnumParameter(enum=Colour), "blue", '"blue" cannot be used: expected one of "red", "green"'),
    (luigi.EnumParameter(enum=Colour), 1, "1 cannot be used"),
    (luigi.EnumListParameter(enum=Colour), ["red", "blue"], 'a list of any of "red", "green", for example ["red"]'),
    (luigi.ChoiceParameter(**colours), "blue", 'expected one of "green", "red"'),
    (luigi.ChoiceParameter(choices=[1, 2], var_type=int), 3, "expected one of 1, 2"),
    (luigi.ChoiceParameter(choices=[1, 2], var_type=int), True, "true cannot be used"),
    (luigi.ChoiceListParameter(**colours), ["red,green"], "a list of any of"),
    (luigi.ChoiceListParameter(**colours), [""], "a list of any of"),
    (luigi.DictParameter(), [1], "expected an object"),
    (luigi.DictParameter(), "[1]", "expected an object"),
    (luigi.DictParameter(), "{", "JSONDecodeError"),
    (luigi.ListParameter(), {"a": 1}, "expected a list, for example [1, 2]"),
    (luigi.ListParameter(), "null", "expected a list"),
    (luigi.TupleParameter(), "'abc'", "expected a list"),
    (luigi.NumericalParameter(**small), 5, "expected an integer at least 0 and less than 5, for example 0"),
    (luigi.NumericalParameter(**small), 1.5, "1.5 cannot be used"),
    (luigi.NumericalParameter(**half), 0, "a number more than 0.0 and at most 1.0, for example 1.0"),
    (luigi.PathParameter(exists=True), "/no/such/path", "The path /no/such/path does not exist"),
    (Even(), "x", "expected an integer, for example 5 (ValueError: invalid literal"),
    (Plain(), "x", "expected an integer"),
    (Words(), ["a", "b"], "expected a text that its own parse accepts"),
    (Words(), {"a": 1}, "expected a text that its own parse accepts"),
]  # fmt: skip


@pytest.mark.parametrize(("parameter", "sent", "told", "text"), ACCEPTED)
def test_a_value_is_read_as_its_class_reads_it_and_can_be_sent_again(parameter, sent, told, text):
    cls = task(p=parameter)

    judged = judge(cls, {"p": sent})

    assert (judged.parameters["p"], judged.texts["p"]) == (told, text)
    assert type(judged.parameters["p"]) is type(told)
    assert judge(cls, judged.parameters) == judged
    assert cls.from_str_params(judged.texts).task_id == judged.task_id


@pytest.mark.parametrize(("parameter", "sent", "told"), REFUSED)
def test_a_value_that_does_not_fit_is_refused_with_what_was_expected(parameter, sent, told):
    problems = refused(task(p=parameter), {"p": sent})

    assert problems.keys() == {"/parameters/p"}
    assert told in problems["/parameters/p"]


def test_every_public_class_of_luigi_has_a_form_and_is_tried_above():
    public = {value for name, value in vars(luigi).items() if name.endswith("Parameter") and isinstance(value, type)}

    assert len(public) >= 34
    assert public <= {type(row[0]) for row in ACCEPTED}
    assert "own" not in {kind_of(row[0]) for row in ACCEPTED if type(row[0]) in public}


def test_every_problem_of_a_request_is_told_at_once():
    cls = task(month=luigi.MonthParameter(), count=luigi.IntParameter(), colour=luigi.ChoiceParameter(**colours))

    problems = refused(cls, {"mont": "2013-01", "count": "x", "colour": "blue", "a/b~c": 1})

    assert problems.keys() == {
        "/parameters/mont",
        "/parameters/a~1b~0c",
        "/parameters/month",
        "/parameters/count",
        "/parameters/colour",
    }
    assert problems["/parameters/mont"] == "there is no parameter \"mont\"; did you mean 'month'?"
    assert problems["/parameters/a~1b~0c"] == 'there is no parameter "a/b~c"; there are: month, count, colour'
    assert problems["/parameters/month"] == 'is required: a month YYYY-MM, for example "2013-01"'


def test_defaults_are_filled_in_also_those_of_the_configuration(configured):
    configured("[Sample]\nn = 7\n")
    cls = task(n=luigi.IntParameter(default=1), d=luigi.DateParameter(default=datetime.date(2013, 1, 2)))

    assert judge(cls, {}).parameters == {"n": 7, "d": "2013-01-02"}
    assert judge(cls, {}).texts == {"n": "7", "d": "2013-01-02"}


def test_a_default_that_cannot_be_read_from_the_configuration_is_told(configured):
    configured("[Sample]\nn = many\n")

    problems = refused(task(n=luigi.IntParameter(default=1)), {})

    assert "its default, in the code or in luigi.cfg, cannot be used: ValueError" in problems["/parameters/n"]


@pytest.mark.parametrize("default", [None, 5, float("nan"), ("a", 1)])
def test_a_default_that_no_text_expresses_stays_what_it_is(default):
    cls = task(p=luigi.Parameter(default=default))

    judged = judge(cls, {})

    assert judged.texts == {}
    assert repr(cls.from_str_params(judged.texts).p) == repr(default)
    assert judge(cls, judged.parameters) == judged


def test_private_and_hidden_values_are_in_secrets_only():
    cls = task(
        p=luigi.Parameter(),
        hidden=luigi.IntParameter(visibility=ParameterVisibility.HIDDEN, default=1),
        private=luigi.Parameter(visibility=ParameterVisibility.PRIVATE),
    )

    judged = judge(cls, {"p": "x", "hidden": 77, "private": "sesame"})

    assert (judged.parameters, judged.texts) == ({"p": "x"}, {"p": "x"})
    assert judged.secrets == {"hidden": "77", "private": "sesame"}
    assert judged.task_id == judge(cls, {"p": "x", "private": "other"}).task_id


def test_a_private_value_is_in_no_problem():
    def explode(self, *args, **kwargs):
        raise ValueError(f"cannot use {kwargs}")

    hidden = luigi.IntParameter(visibility=ParameterVisibility.PRIVATE)
    private = luigi.Parameter(visibility=ParameterVisibility.PRIVATE)

    assert "sesame" not in str(refused(task(p=hidden), {"p": "sesame"}))
    assert "sesame" not in str(refused(task(p=private, __init__=explode), {"p": "sesame"}))


def test_a_task_that_cannot_be_made_says_why():
    def explode(self, *args, **kwargs):
        raise RuntimeError("not today")

    problems = refused(task(__init__=explode), {})

    assert problems == {"/parameters": "Sample cannot be made: RuntimeError: not today"}


def test_a_long_value_is_told_in_short():
    assert len(refused(task(p=luigi.IntParameter()), {"p": "x" * 10_000})["/parameters/p"]) < 300


@pytest.mark.parametrize(
    ("parameter", "schema"),
    [
        (luigi.IntParameter(), {"type": "integer"}),
        (luigi.OptionalIntParameter(), {"type": ["integer", "null"]}),
        (luigi.BoolParameter(), {"type": "boolean"}),
        (luigi.ChoiceParameter(**colours), {"enum": ["green", "red"]}),
        (luigi.OptionalChoiceParameter(**colours), {"enum": ["green", "red", None]}),
        (luigi.EnumListParameter(enum=Colour), {"type": "array", "items": {"enum": ["red", "green"]}}),
        (luigi.NumericalParameter(**small), {"type": "integer", "minimum": 0, "exclusiveMaximum": 5}),
        (luigi.NumericalParameter(**half), {"type": "number", "exclusiveMinimum": 0.0, "maximum": 1.0}),
        (luigi.DictParameter(), {"type": "object"}),
        (luigi.TupleParameter(), {"type": "array"}),
        (luigi.MonthParameter(),
         {"type": "string", "format": "month", "examples": ["2013-01"],
          "pattern": r"^(?!0000)\d{4}-(0?[1-9]|1[0-2])$"}),
        (luigi.PathParameter(), {"type": "string", "format": "path"}),
        (Reversed(), {"type": ["string", "number", "boolean", "array", "object"]}),
        (Plain(), {"type": "integer"}),
    ],
)  # fmt: skip
def test_the_schema_of_a_class_says_what_it_accepts(parameter, schema):
    assert schema_of(parameter) == schema


def test_a_users_schema_is_shown():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jsonschema may be missing: then luigi drops it
        parameter = luigi.ListParameter(schema={"type": "array", "minItems": 1})
    parameter.schema = {"type": "array", "minItems": 1}

    assert schema_of(parameter) == {"type": "array", "minItems": 1}
