"""Every public parameter class of luigi, and what to try it with: texts, JSON and values."""

import contextlib
import datetime
import enum
import io
import operator
import warnings
from dataclasses import dataclass
from pathlib import Path

import luigi
from hypothesis import Phase, settings
from hypothesis import strategies as st
from luigi import date_interval
from luigi.cmdline_parser import CmdlineParser
from luigi.task_register import Register

from trigger_service.domain.errors import InvalidParameters
from trigger_service.runner.parameters import judge

#: The same examples each time.
FEW = settings(derandomize=True, database=None, deadline=None, max_examples=15, phases=[Phase.generate, Phase.shrink])


class Colour(enum.Enum):
    red = 1
    green = 2
    rouge = 1


class Named(luigi.Task):
    """A task that a TaskParameter may name."""

    task_namespace = "of.others"


SCHEMA = {"type": "array", "items": {"type": "integer", "minimum": 0}, "maxItems": 3}
INT = {"var_type": int, "min_value": -3, "max_value": 7}
FLOAT = {"var_type": float, "min_value": 0.0, "max_value": 1.5, "left_op": operator.lt, "right_op": operator.le}
COLOURS = {"choices": ["red", "gr een", "3", ""]}
FLOATS = {"choices": [0.5, 1.0, 1e22], "var_type": float}
START = datetime.date(2013, 1, 3)
INSTANT = datetime.datetime(2013, 1, 3, 4, 5, 6)
HOURLY = datetime.datetime(2013, 1, 3, 4)

#: Anything that JSON can say, small.
SCALARS = st.sampled_from([None, True, False, 0, 1, -7, 5.0, 0.5, 1e22, 10**400, "", "a", "5", "red", "\u00e9"])
OBJECTS = st.dictionaries(st.sampled_from(["", "a", "b/~"]), SCALARS | st.just([1, {}]), max_size=2)
LISTS = st.lists(st.one_of(SCALARS, SCALARS, OBJECTS, st.sampled_from([[], [1, True], [["a"], {}]])), max_size=3)
JSON = st.one_of(SCALARS, SCALARS, OBJECTS, LISTS)
DAYS = st.dates(datetime.date(1, 1, 8))
MOMENTS = st.datetimes(datetime.datetime(1, 1, 8))
PRETTY = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SHELL = [
    "$(reboot)",
    "`id`; rm -rf / #",
    "a b\n\t'\"\\",
    "--p=1",
    "-",
    "%s %(x)s {}",
    "\u00e9\u4e2d\U0001f600",
    "x" * 4096,
]


@dataclass(frozen=True)
class Case:
    """One way to use one class."""

    parameter: luigi.Parameter
    #: What the command line may be given; near misses are made of them.
    texts: tuple
    #: Values that a task may be built with in code.
    values: st.SearchStrategy

    @property
    def name(self):
        return type(self.parameter).__name__


def _date_texts(*good):
    return (*good, "2013-02-30", "0999-01-01", "9999-12-31", "2013-1-5", "\u0662\u0660\u0661\u0663-01-01", "today")


DAY, MONTH, YEAR = _date_texts("2013-01-31"), _date_texts("2013-01"), _date_texts("2013", "0001", "0000")
HOUR, MINUTE = _date_texts("2013-01-31T19", "2013-01-31T24"), _date_texts("2013-01-31T1907", "2013-01-31T19H07")
SECOND = _date_texts("2013-01-31T190738", "2013-01-31T190760")
NUMBERS = ("5", "-5", " 5 ", "1_000", "2.5", "1e3", "nan", "-inf", "\u0665", "0x10", "1" * 400, "5.0")
TRUTHS = ("true", "FALSE", "True", "yes", "1", "none")
INTERVALS = ("2013", "2013-01", "2013-W05", "2013-01-31", "2013-01-01-2013-02-01", "2013-13", "2014-W53", "9999")
DELTAS = (
    "90",
    "0.5",
    "-5",
    "1 h 30 m",
    "2 weeks 3 d",
    "P1DT1H",
    "P3W",
    "PT0S",
    "1 hour and more",
    "nan",
    "1e300",
    "inf",
)
MEMBERS = ("red", "green", "rouge", "blue", "red,green", "red,red", ",", "1")
OBJECT = ('{"a": {"b": [1, null]}}', '{"a": NaN}', "[1]", "null", '"x"', "{", '{"a": 1, "a": 2}', "5")
LIST = ("[1, [2]]", '["x", {"a": 1}]', "[]", "null", '{"a": 1}', '"abc"', "[1", "[NaN]", "5")
TUPLE = (*LIST, "((1, 2), (3, 4))", "(1, 'x')", "[1, true]", "'abc'", "(1)", "[[1, true], null]", "__import__('os')")
CHOICE = ("red", "gr een", "3", "green", " red", "red,3", "red,,3")

CASES = (
    Case(luigi.Parameter(), SHELL, PRETTY),
    Case(luigi.StrParameter(), SHELL, PRETTY),
    Case(luigi.OptionalParameter(default="d"), SHELL, PRETTY.filter(bool) | st.none()),
    Case(luigi.OptionalStrParameter(default=None), SHELL, PRETTY.filter(bool) | st.none()),
    Case(luigi.IntParameter(), NUMBERS, st.integers()),
    Case(luigi.OptionalIntParameter(), NUMBERS, st.integers() | st.none()),
    Case(luigi.FloatParameter(), NUMBERS, st.floats()),
    Case(luigi.OptionalFloatParameter(), NUMBERS, st.floats() | st.none()),
    Case(luigi.BoolParameter(parsing="explicit"), TRUTHS, st.booleans()),
    Case(luigi.OptionalBoolParameter(parsing="explicit"), TRUTHS, st.booleans() | st.none()),
    Case(luigi.NumericalParameter(**INT), NUMBERS, st.integers(-3, 6)),
    Case(luigi.NumericalParameter(**FLOAT), NUMBERS, st.floats(0, 1.5, exclude_min=True)),
    Case(luigi.OptionalNumericalParameter(default=None, **INT), NUMBERS, st.integers(-3, 6) | st.none()),
    Case(luigi.DateParameter(), DAY, DAYS),
    Case(luigi.DateParameter(interval=7, start=START), DAY, DAYS),
    Case(luigi.MonthParameter(), MONTH, DAYS | st.just(date_interval.Month(2013, 5))),
    Case(luigi.MonthParameter(interval=5, start=START), MONTH, st.dates(datetime.date(2, 1, 1))),
    Case(luigi.YearParameter(), YEAR, DAYS | st.just(date_interval.Year(2013))),
    Case(luigi.YearParameter(interval=4, start=START), YEAR, st.dates(datetime.date(5, 1, 1))),
    Case(luigi.DateHourParameter(), HOUR, MOMENTS),
    Case(luigi.DateHourParameter(interval=6, start=HOURLY), HOUR, MOMENTS),
    Case(luigi.DateMinuteParameter(), MINUTE, MOMENTS),
    Case(luigi.DateMinuteParameter(interval=15), MINUTE, MOMENTS),
    Case(luigi.DateSecondParameter(), SECOND, MOMENTS),
    Case(luigi.DateSecondParameter(interval=7, start=INSTANT), SECOND, MOMENTS),
    Case(luigi.DateIntervalParameter(), INTERVALS,
         st.builds(date_interval.Month.from_date, st.dates(datetime.date(1000, 1, 1), datetime.date(9990, 1, 1)))
         | st.builds(date_interval.Custom, st.dates(datetime.date(1000, 1, 1)), st.dates(datetime.date(1000, 1, 1)))),
    Case(luigi.TimeDeltaParameter(), DELTAS, st.timedeltas(datetime.timedelta(-99999), datetime.timedelta(99999))),
    Case(luigi.TaskParameter(), ("of.others.Named", "Named", "Sample", "any"), st.just(Named)),
    Case(luigi.EnumParameter(enum=Colour), MEMBERS, st.sampled_from(Colour)),
    Case(luigi.EnumListParameter(enum=Colour), MEMBERS, st.lists(st.sampled_from(Colour), max_size=3).map(tuple)),
    Case(luigi.ChoiceParameter(**COLOURS), CHOICE, st.sampled_from(COLOURS["choices"])),
    Case(luigi.ChoiceParameter(**FLOATS), NUMBERS, st.sampled_from(FLOATS["choices"])),
    Case(luigi.ChoiceParameter(choices=[True, False], var_type=bool), TRUTHS, st.booleans()),
    Case(luigi.OptionalChoiceParameter(default=None, **COLOURS), CHOICE, st.sampled_from(["red", "3", None])),
    Case(luigi.ChoiceListParameter(**COLOURS), CHOICE,
         st.lists(st.sampled_from(COLOURS["choices"]), max_size=3).filter(lambda value: value != [""])),
    Case(luigi.DictParameter(), OBJECT, OBJECTS),
    Case(luigi.OptionalDictParameter(default=None), OBJECT, OBJECTS | st.none()),
    Case(luigi.ListParameter(), LIST, LISTS),
    Case(luigi.ListParameter(schema=SCHEMA), ("[1, 2]", "[-1]", "[1, 2, 3, 4]", '["x"]', "null"),
         st.lists(st.integers(0), max_size=3)),
    Case(luigi.OptionalListParameter(default=None), LIST, LISTS | st.none()),
    Case(luigi.TupleParameter(), TUPLE, LISTS.map(tuple)),
    Case(luigi.OptionalTupleParameter(default=None), TUPLE, LISTS.map(tuple) | st.none()),
    Case(luigi.PathParameter(), SHELL, PRETTY.map(Path)),
    Case(luigi.PathParameter(absolute=True), SHELL, PRETTY.map(Path)),
    Case(luigi.PathParameter(exists=True), ("/", ".", "/no/such/path", "/dev/null", "a\x00b"), st.just(Path("/dev"))),
    Case(luigi.OptionalPathParameter(default=None), SHELL, PRETTY.filter(bool).map(Path) | st.none()),
)  # fmt: skip


def near(texts):
    """The texts, texts that differ from them a little, and any texts."""
    whole = st.sampled_from(texts)
    position = st.integers(0, 40)
    character = st.sampled_from(["", "0", "1", "9", "-", " ", ",", ".", "T", "x", "[", '"', "\u00e9", "\n"])

    def changed(text, at, put, drop):
        return text[:at] + put + text[at + drop :]

    mutated = st.builds(changed, whole.filter(lambda text: len(text) < 40), position, character, st.integers(0, 1))
    return st.one_of(whole, mutated, mutated, PRETTY)


def task(parameter):
    """A task class with the one parameter `value`."""
    return type("Sample", (luigi.Task,), {"value": parameter, "__module__": __name__})


def by_command_line(cls, *arguments):
    """The task that plain `luigi` builds, or None where it refuses."""
    with alone(cls), contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with CmdlineParser.global_instance(["Sample", *arguments]) as parser:
                return parser.get_task_obj()
        except (Exception, SystemExit):
            return None


def by_api(cls, value, *others):
    """The task that a request with this JSON for `value` gives in its child, or None where it is refused."""
    with alone(cls, *others), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            judged = judge(cls, {"value": value})
        except InvalidParameters:
            return None
        built = cls.from_str_params(judged.texts)
        assert built.task_id == judged.task_id
        return built


def same(one, other):
    """Whether two tasks are the same to luigi, and have equal values of the same type."""
    return (
        one.task_id == other.task_id
        and type(one.value) is type(other.value)
        and (one.value == other.value or _nan(one.value, other.value))
    )


def _nan(one, other):
    """NaN equals nothing, wherever it stands in a value."""
    return repr(one) == repr(other) and "nan" in repr(one)


@contextlib.contextmanager
def alone(*classes):
    """Luigi's register with that of its own options, the task that may be named, and these."""
    before = Register._reg
    Register._reg = [each for each in before if each.__module__ == "luigi.interface"] + [Named, *classes]
    try:
        yield
    finally:
        Register._reg = before
