"""Fields of forms, for all of luigi's parameter classes: what is shown, and what is read from it again."""

import enum
import json

import luigi
import pytest
from luigi.parameter import ParameterVisibility
from parameter_samples import ACCEPTED, Colour, Words, colours, half, small

from trigger_service.domain.errors import InvalidParameters
from trigger_service.domain.pointers import ABSENT
from trigger_service.runner.catalog import described
from trigger_service.runner.parameters import judge
from trigger_service.runner.patience import Patience
from trigger_service.web.pages import fields
from trigger_service.web.pages.kinds import Parameter


class Many(enum.Enum):
    a, b, c, d, e, f = range(6)


def task(parameter):
    return type("Sample", (luigi.Task,), {"p": parameter, "__module__": __name__})


def in_catalogue(parameter):
    """As the pages have it."""
    return Parameter(described(task(parameter), "p", parameter, Patience())[0])


def sent(field):
    """What a browser sends of a field that nobody touched."""
    if field.control == "check":
        return ["false", "true"] if field.text else ["false"]
    if field.control == "checks":
        return ["", *(choice.text for choice in field.choices if choice.chosen)]
    if field.control in ("radios", "select"):
        return [choice.text for choice in field.choices if choice.chosen]
    return [field.text.replace("\n", "\r\n") if field.control == "area" else field.text]


def judged(parameter, value):
    return judge(task(parameter), {} if value is ABSENT else {"p": value})


@pytest.mark.parametrize("parameter", [row[0] for row in ACCEPTED])
@pytest.mark.filterwarnings("ignore")
def test_a_form_that_nobody_touched_asks_for_the_same_task_again(parameter):
    entry = in_catalogue(parameter)
    for value in [row[2] for row in ACCEPTED if row[0] is parameter]:
        # When the value is shown, and the form is sent, or the address is opened
        by_form = fields.read(entry, sent(fields.shown(entry, value)))
        by_address = fields.read(entry, fields.texts_of(entry, value))
        # Then it is the same task; but nobody can tell what is empty from nothing where something is required
        if value in ("", []) and entry.required:
            assert (by_form, by_address) == (ABSENT, ABSENT)
            continue
        assert judged(parameter, by_form) == judged(parameter, by_address) == judged(parameter, value)


#: parameter, value, control, what the browser is told, what stands in it
SHOWN = [
    (luigi.Parameter(), "a", "input", {"type": "text"}, "a"),
    (luigi.Parameter(), "a\nb", "area", {}, "a\nb"),
    (luigi.OptionalParameter(), None, "input", {"type": "text"}, ""),
    (luigi.IntParameter(), 5, "input", {"type": "number", "step": "1"}, "5"),
    (luigi.IntParameter(), "many", "input", {"type": "text", "inputmode": "numeric"}, "many"),
    (luigi.FloatParameter(), 2.5, "input", {"type": "number", "step": "any"}, "2.5"),
    (luigi.FloatParameter(), "nan", "input", {"type": "text", "inputmode": "decimal"}, "nan"),
    (luigi.NumericalParameter(**small), 4, "input", {"min": "0", "max": "4", "step": "1"}, "4"),
    (luigi.NumericalParameter(**half), 1.0, "input", {"min": "0.0", "max": "1.0", "step": "any"}, "1.0"),
    (luigi.BoolParameter(), True, "check", {}, "true"),
    (luigi.BoolParameter(), "yes", "input", {"type": "text"}, "yes"),
    (luigi.OptionalBoolParameter(), None, "radios", {}, ""),
    (luigi.DateParameter(), "2013-01-31", "input", {"type": "date"}, "2013-01-31"),
    (luigi.DateParameter(), "2013-02-30", "input", {"type": "text"}, "2013-02-30"),
    (luigi.MonthParameter(), "2013-01", "input", {"type": "month"}, "2013-01"),
    (luigi.YearParameter(), "2013", "input", {"type": "text", "inputmode": "numeric"}, "2013"),
    (luigi.DateHourParameter(), "2013-01-31T19", "input", {"step": "3600"}, "2013-01-31T19:00"),
    (luigi.DateMinuteParameter(), "2013-01-31T19H07", "input", {"step": "60"}, "2013-01-31T19:07"),
    (luigi.DateSecondParameter(), "2013-01-31T190738", "input", {"step": "1"}, "2013-01-31T19:07:38"),
    (luigi.DateHourParameter(), "2013-01-31T1907", "input", {"type": "text"}, "2013-01-31T1907"),
    (luigi.DateIntervalParameter(), "2013-W05", "input", {"type": "text"}, "2013-W05"),
    (luigi.TimeDeltaParameter(), 90, "input", {"type": "text"}, "90"),
    (luigi.ChoiceParameter(**colours), "red", "radios", {}, "red"),
    (luigi.ChoiceParameter(**colours), "blue", "radios", {}, "blue"),
    (luigi.EnumParameter(enum=Many), "c", "select", {}, "c"),
    (luigi.EnumListParameter(enum=Colour), ["red"], "checks", {}, ""),
    (luigi.EnumListParameter(enum=Colour), ["green", "red"], "area", {}, '["green", "red"]'),
    (luigi.DictParameter(), {"a": 1}, "area", {}, '{"a": 1}'),
    (luigi.DictParameter(), {"a": "x" * 60}, "area", {}, '{\n  "a": "' + "x" * 60 + '"\n}'),
    (luigi.ListParameter(), "[1,", "area", {}, "[1,"),
    (luigi.PathParameter(), "/a", "input", {"type": "text"}, "/a"),
    (luigi.TaskParameter(), "Missing", "input", {"type": "text"}, "Missing"),
    (Words(), "a,b", "input", {"type": "text"}, "a,b"),
]  # fmt: skip


@pytest.mark.parametrize(("parameter", "value", "control", "attributes", "text"), SHOWN)
def test_each_value_has_a_field_that_can_show_it(parameter, value, control, attributes, text):
    field = fields.shown(in_catalogue(parameter), value)

    assert (field.control, field.text) == (control, text)
    assert attributes.items() <= field.attributes.items()


#: parameter, what is sent under its name, value
READ = [
    (luigi.Parameter(), [], ABSENT),
    (luigi.Parameter(), [""], ABSENT),
    (luigi.Parameter(default="a"), [""], ""),
    (luigi.Parameter(default="a"), ["a"], ABSENT),
    (luigi.Parameter(default=5), ["5"], ABSENT),
    (luigi.Parameter(default=None), [""], ABSENT),
    (luigi.Parameter(), ["a\r\nb"], "a\nb"),
    (luigi.OptionalIntParameter(default=3), [""], None),
    (luigi.IntParameter(default=3), [""], ""),
    (luigi.IntParameter(default=3), ["3"], ABSENT),
    (luigi.IntParameter(), [" 4 "], 4),
    (luigi.IntParameter(), ["1e999"], "1e999"),
    (luigi.IntParameter(), ["9" * 5000], "9" * 5000),
    (luigi.BoolParameter(default=True), ["false"], False),
    (luigi.BoolParameter(), ["false", "true"], True),
    (luigi.BoolParameter(), ["false"], ABSENT),
    (luigi.DateHourParameter(), ["2013-01-31T19:00"], "2013-01-31T19"),
    (luigi.DateHourParameter(), ["2013-01-31T19:30"], "2013-01-31T19:30"),
    (luigi.DateSecondParameter(), ["2013-01-31T19:07"], "2013-01-31T190700"),
    (luigi.ChoiceParameter(choices=[1, 2], var_type=int), ["2"], 2),
    (luigi.ChoiceParameter(choices=[1, 2], var_type=int), ["3"], "3"),
    (luigi.ChoiceListParameter(**colours), [""], ABSENT),
    (luigi.ChoiceListParameter(default=("red",), **colours), [""], []),
    (luigi.ChoiceListParameter(default=("red",), **colours), ["", "red"], ABSENT),
    (luigi.ChoiceListParameter(**colours), ["red"], ["red"]),
    (luigi.ChoiceListParameter(**colours), ["green", "red"], ["green", "red"]),
    (luigi.ChoiceListParameter(**colours), ["red,green"], "red,green"),
    (luigi.ChoiceListParameter(**colours), ['["red", "red"]'], ["red", "red"]),
    (luigi.ListParameter(default=[1]), ["[true]"], [True]),
    (luigi.ListParameter(default=[1]), ["[ 1 ]"], ABSENT),
    (luigi.ListParameter(), ["null"], "null"),
    (luigi.ListParameter(), ["[NaN]"], "[NaN]"),
    (luigi.DictParameter(), ['{"a": 1'], '{"a": 1'),
    (luigi.Parameter(visibility=ParameterVisibility.PRIVATE), [""], ABSENT),
    (luigi.Parameter(visibility=ParameterVisibility.PRIVATE), ["a"], "a"),
]  # fmt: skip


@pytest.mark.parametrize(("parameter", "texts", "value"), READ)
@pytest.mark.filterwarnings("ignore")
def test_a_text_becomes_the_json_value_that_it_stands_for(parameter, texts, value):
    read = fields.read(in_catalogue(parameter), texts)

    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("parameter", "text"),
    [
        (luigi.IntParameter(), "many"),
        (luigi.MonthParameter(), "2013-13"),
        (luigi.DateHourParameter(), "2013-01-31T19:30"),
        (luigi.ChoiceParameter(**colours), "blue"),
        (luigi.DictParameter(), "{"),
        (luigi.NumericalParameter(**small), "240"),
        (luigi.IntParameter(default=3), ""),
    ],
)
def test_what_is_no_value_is_kept_and_refused_by_the_judge(parameter, text):
    entry = in_catalogue(parameter)

    value = fields.read(entry, [text])

    assert sent(fields.shown(entry, value)) == [text]
    with pytest.raises(InvalidParameters):
        judged(parameter, value)


def test_a_private_value_is_in_no_field():
    entry = in_catalogue(luigi.Parameter(default="sesame", visibility=ParameterVisibility.PRIVATE))

    field = fields.shown(entry, "sesame")

    assert (field.control, field.text) == ("password", "")
    assert "sesame" not in repr(field)


def test_the_words_beside_a_field_say_what_it_is_what_it_takes_and_what_holds_without():
    described_well = in_catalogue(luigi.NumericalParameter(default=2, description="how many", **small))
    bare = in_catalogue(luigi.TimeDeltaParameter())

    assert fields.shown(described_well).type == "NumericalParameter, from 0 below 5"
    assert (described_well.hint, described_well.default_words) == ("how many.", "2")
    assert bare.hint.startswith("Expected: a number of seconds")
    assert (fields.shown(bare).type, bare.default_words) == ("TimeDeltaParameter, required", "")
    words = [in_catalogue(luigi.Parameter(default=default)).default_words for default in ("", None, "a b")]
    assert words == ["empty", "none", "a b"]


@pytest.mark.parametrize(
    ("text", "told"), [('{"a": 1}', "1 key"), ("[]", "0 items"), ("[1, 2]", "2 items"), ("[1,", ""), ("", "")]
)
def test_json_is_checked_as_it_stands(text, told):
    field = fields.shown(in_catalogue(luigi.ListParameter()), text)

    assert field.checked == (told and f"JSON is valid, {told}")


def test_where_any_text_may_be_written_a_template_stays_what_it_is():
    entry = in_catalogue(luigi.MonthParameter())

    field = fields.shown(entry, "{{ fire_time | month }}", free=True)

    assert (field.control, field.attributes["type"]) == ("input", "text")
    assert json.dumps(fields.read(entry, sent(field))) == '"{{ fire_time | month }}"'
