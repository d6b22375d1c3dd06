"""Parameters as users make them: own classes, wrappers, mixins, odd names and defaults, code that raises."""

import datetime
import enum
import functools
import json

import luigi
import luigi.util
import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from luigi.parameter import OptionalParameterMixin, ParameterVisibility

from trigger_service.domain.errors import InvalidParameters
from trigger_service.runner import catalog
from trigger_service.runner.kinds import kind_of
from trigger_service.runner.parameters import judge
from trigger_service.runner.patience import Patience


class Colour(enum.Enum):
    red = 1
    green = 2


class Whisper(luigi.Parameter):
    """Reads anything but what it shouts over, and None."""

    def parse(self, text):
        return {"none": None, "exit": exit}.get(text, text.lower())


class Json(luigi.Parameter):
    def parse(self, text):
        return luigi.freezing.recursively_freeze(json.loads(text))

    def serialize(self, value):
        return json.dumps(luigi.freezing.recursively_unfreeze(value))


class Semicolons(luigi.EnumListParameter):
    _sep = ";"


class Dotted(luigi.DateParameter):
    date_format = "%d.%m.%Y"


class Thousands:
    """A mixin: 2k is 2000."""

    def parse(self, text):
        return super().parse(text.replace("k", "000"))


class Many(Thousands, luigi.IntParameter):
    pass


class OptionalEnum(OptionalParameterMixin, luigi.EnumParameter):
    expected_type = Colour


class Loose(luigi.ChoiceParameter):
    def normalize(self, value):
        return super().normalize(value.lower())


def doubled(parameter):
    """Wraps an instance's parse, as a decorator does."""
    plain = parameter.parse
    parameter.parse = functools.wraps(plain)(lambda text: plain(text) * 2)
    return parameter


def task(**parameters):
    return type("Sample", (luigi.Task,), {**parameters, "__module__": __name__})


def problems_of(cls, given):
    with pytest.raises(InvalidParameters) as caught:
        judge(cls, given)
    return {problem.pointer: problem.detail for problem in caught.value.problems}


def described(cls, name, parameter):
    return catalog.described(cls, name, parameter, Patience())[0]


def schema(parameter):
    return described(task(p=parameter), "p", parameter)["schema"]


@pytest.mark.parametrize(
    ("parameter", "kind", "sent", "value", "text"),
    [
        (Whisper(), "own", "Hush", "hush", "hush"),
        (Whisper(), "own", "none", None, "none"),
        (Json(), "own", {"a": [1, None]}, '{"a": [1, null]}', '{"a": [1, null]}'),
        (Json(), "own", 5, "5", "5"),
        (Semicolons(enum=Colour), "enums", ["red", "green"], ["red", "green"], "red;green"),
        (Semicolons(enum=Colour), "enums", "green;red", ["green", "red"], "green;red"),
        (Dotted(), "own", "31.1.2013", "31.01.2013", "31.01.2013"),
        (Many(), "own", "2k", "2000", "2000"),
        (Many(), "own", 7, "7", "7"),
        (OptionalEnum(enum=Colour), "enum", None, None, ""),
        (OptionalEnum(enum=Colour), "enum", "red", "red", "red"),
        (Loose(choices=["a", "b"]), "own", "B", "b", "b"),
    ],
)  # fmt: skip
def test_a_users_own_reading_is_what_counts(parameter, kind, sent, value, text):
    cls = task(p=parameter)

    judged = judge(cls, {"p": sent})

    assert kind_of(parameter) == kind
    assert (judged.parameters["p"], judged.texts["p"]) == (value, text)
    assert cls.from_str_params(judged.texts).task_id == judged.task_id


def test_a_wrapped_parse_of_one_parameter_is_what_counts():
    judged = judge(task(p=doubled(luigi.IntParameter())), {"p": "4"})

    assert (judged.parameters["p"], judged.task_id.split("_")[1]) == ("4", "8")


def test_choices_that_a_users_own_class_reads_are_examples():
    assert schema(Loose(choices=["b", "a"]))["examples"] == ["a", "b"]


def test_a_class_that_leaves_out_what_luigi_sets_up_is_the_users_own():
    class Bare(luigi.DateParameter):
        def __init__(self, **more):
            luigi.Parameter.__init__(self, **more)

        def normalize(self, value):
            return value

    parameter = Bare(default=datetime.date(2013, 1, 2))

    assert schema(parameter)["type"][0] == "string"
    assert described(task(p=parameter), "p", parameter)["expectation"] == "a text that its own parse accepts"


def test_names_may_be_keywords_of_python_and_have_dashes():
    cls = task(**{"class": luigi.IntParameter(), "my-own": luigi.Parameter(), "import": luigi.Parameter(default="x")})

    judged = judge(cls, {"class": 1, "my-own": "a b"})

    assert judged.parameters == {"class": 1, "my-own": "a b", "import": "x"}
    assert cls.from_str_params(judged.texts).task_id == judged.task_id
    assert "did you mean 'my-own'" in problems_of(cls, {"class": 1, "my_own": ""})["/parameters/my_own"]


def test_a_mixin_of_parameters_is_part_of_the_task():
    class Dated:
        day = luigi.DateParameter(default=datetime.date(2013, 1, 2))

    cls = type("Sample", (Dated, luigi.Task), {"n": luigi.IntParameter(), "__module__": __name__})

    assert judge(cls, {"n": 1}).parameters == {"day": "2013-01-02", "n": 1}


def test_defaults_come_from_the_configuration_its_path_and_the_environment(configured, monkeypatch):
    monkeypatch.setenv("REGION", "north")
    configured("[Sample]\nregion = to the ${REGION}\n[old]\nlimit = 7\n")
    limit = luigi.IntParameter(config_path={"section": "old", "name": "limit"})
    cls = task(region=luigi.Parameter(), limit=limit)

    assert judge(cls, {}).parameters == {"region": "to the north", "limit": 7}
    assert described(cls, "limit", limit)["schema"] == {"type": "integer", "default": 7}


def test_a_default_that_cannot_be_read_matters_only_where_nothing_is_given(configured):
    configured("[Sample]\np = many\n")
    cls = task(p=luigi.IntParameter())

    assert judge(cls, {"p": 5}).texts == {"p": "5"}
    assert "cannot be used: ValueError" in problems_of(cls, {})["/parameters/p"]


def test_a_private_default_that_cannot_be_read_is_not_told(configured):
    configured("[Sample]\np = sesame\n")
    parameter = luigi.IntParameter(visibility=ParameterVisibility.PRIVATE)
    cls = task(p=parameter)

    assert "sesame" not in str([problems_of(cls, {}), described(cls, "p", parameter)])


@pytest.mark.parametrize(
    ("parameter", "default"),
    [
        (luigi.IntParameter(default=None), None),
        (luigi.DateParameter(default=None), None),
        (luigi.DateParameter(default=datetime.date.min), "0001-01-01"),
        (luigi.ListParameter(default=None), None),
        (luigi.Parameter(default=5), "5"),
        (luigi.FloatParameter(default=float("inf")), "inf"),
        (luigi.TimeDeltaParameter(default=datetime.timedelta(seconds=-0.5)), -0.5),
        (luigi.ListParameter(default=[float("nan")]), "[NaN]"),
        (luigi.TupleParameter(default=({"a": (1,)},)), [{"a": [1]}]),
        (luigi.ChoiceParameter(choices=[1, 2], var_type=int, default=2), 2),
        (luigi.PathParameter(default="data"), "data"),
        (luigi.OptionalPathParameter(default=None), None),
        (luigi.EnumListParameter(enum=Colour, default=(Colour.red,)), ["red"]),
    ],
)
def test_the_schema_shows_the_default_and_accepts_it_and_so_does_the_judge(parameter, default):
    cls, shown = task(p=parameter), schema(parameter)

    assert shown["default"] == default
    assert Draft202012Validator(shown).is_valid(default)
    assert judge(cls, {"p": default}).task_id == judge(cls, {}).task_id == cls().task_id


def test_none_by_the_command_lines_text_is_taken_where_it_is_the_default():
    cls = task(p=luigi.ListParameter(default=None))

    assert judge(cls, {"p": "null"}) == judge(cls, {})


def test_a_form_finds_what_the_user_has_written_about_a_parameter():
    parameter = luigi.ChoiceParameter(choices=["b", "a"], description="Which of them.")

    shown = described(task(p=parameter), "p", parameter)

    assert shown["description"] == shown["schema"]["description"] == "Which of them."
    assert shown["expectation"] == 'one of "a", "b"'


def test_a_form_says_that_a_value_is_rounded():
    parameter = luigi.DateMinuteParameter(interval=15, batch_method=max)

    shown = described(task(p=parameter), "p", parameter)

    assert shown["expectation"].endswith('"2013-01-31T1907"; rounded down to every 15 minutes from 1970-01-01 00:00:00')
    assert shown["batch"]


@pytest.mark.parametrize("of", [dict, Draft7Validator])
def test_each_fault_by_a_users_json_schema_is_told_with_its_place(of):
    items = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 0}}, "required": ["n"]}
    cls = task(p=luigi.ListParameter(schema=of({"type": "array", "items": items})))

    problems = problems_of(cls, {"p": [{"n": -1}, {}, {"n": 2}, {"n": "x"}]})

    assert problems == {
        "/parameters/p/0/n": "-1 cannot be used: -1 is less than the minimum of 0",
        "/parameters/p/1": "{} cannot be used: 'n' is a required property",
        "/parameters/p/3/n": "\"x\" cannot be used: 'x' is not of type 'integer'",
    }


def test_a_private_value_is_in_no_fault_by_its_json_schema():
    private = luigi.ListParameter(schema={"items": {"type": "integer"}}, visibility=ParameterVisibility.PRIVATE)

    assert "sesame" not in str(problems_of(task(p=private), {"p": ["sesame"]}))


class Evil(Exception):
    def __str__(self):
        raise RuntimeError


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), KeyboardInterrupt(), Evil(), RecursionError()])
def test_whatever_a_parse_raises_is_the_problem_of_its_parameter(error):
    class Raising(luigi.Parameter):
        def parse(self, text):
            raise error

    problems = problems_of(task(p=Raising(), n=luigi.IntParameter()), {"p": "x", "n": "y"})

    assert problems.keys() == {"/parameters/p", "/parameters/n"}
    assert type(error).__name__ in problems["/parameters/p"]


@pytest.mark.parametrize("value", [10**400, -(10**400), 1e308])
def test_numbers_beyond_all_bounds_are_answered(value):
    assert judge(task(p=luigi.IntParameter()), {"p": value}).parameters["p"] == value
    if isinstance(value, int):
        assert "expected a number" in problems_of(task(p=luigi.FloatParameter()), {"p": value})["/parameters/p"]


def test_parameters_that_a_decorator_hands_on_are_those_of_the_task():
    class Given(luigi.Task):
        day = luigi.DateParameter()
        n = luigi.IntParameter(default=3)

    @luigi.util.requires(Given)
    class Handed(luigi.Task):
        out = luigi.Parameter()

    problems = problems_of(Handed, {"day": "x", "day_of": 1})

    assert problems.keys() == {"/parameters/day", "/parameters/day_of", "/parameters/out"}
    assert judge(Handed, {"day": "2013-01-31", "out": "o"}).parameters == {"day": "2013-01-31", "n": 3, "out": "o"}
