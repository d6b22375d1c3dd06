"""Each of luigi's parameter classes with values that it takes: what is sent, what is told of it, and its text."""

import datetime
import enum
import json
import operator

import luigi


class Colour(enum.Enum):
    red = 1
    green = 2


class Reversed(luigi.Parameter):
    """A user's own: written backwards."""

    def parse(self, text):
        return text[::-1]

    def serialize(self, value):
        return value[::-1]


class Words(luigi.Parameter):
    """A user's own that takes any text."""

    def parse(self, text):
        return tuple(text.split(","))

    def serialize(self, value):
        return ",".join(value)


class Json(luigi.Parameter):
    """A user's own that is written as JSON."""

    def parse(self, text):
        return json.loads(text)

    def serialize(self, value):
        return json.dumps(value)


class Even(luigi.IntParameter):
    def normalize(self, value):
        return value // 2 * 2


class Plain(luigi.IntParameter):
    """A user's own that changes nothing about reading and writing."""


class Missing(luigi.Task):
    """Required by nobody."""


small = {"var_type": int, "min_value": 0, "max_value": 5}
half = {"var_type": float, "min_value": 0.0, "max_value": 1.0, "left_op": operator.lt, "right_op": operator.le}
colours = {"choices": ["red", "green"]}

#: parameter, value sent, value told, text for the child
ACCEPTED = [
    (luigi.Parameter(), "a b\n\u00e9", "a b\n\u00e9", "a b\n\u00e9"),
    (luigi.Parameter(), "", "", ""),
    (luigi.StrParameter(), "x", "x", "x"),
    (luigi.OptionalParameter(), None, None, ""),
    (luigi.OptionalParameter(), "x", "x", "x"),
    (luigi.OptionalStrParameter(), "", None, ""),
    (luigi.IntParameter(), 5, 5, "5"),
    (luigi.IntParameter(), "5", 5, "5"),
    (luigi.IntParameter(), 5.0, 5, "5"),
    (luigi.IntParameter(), -(10**30), -(10**30), str(-(10**30))),
    (luigi.OptionalIntParameter(), None, None, ""),
    (luigi.OptionalIntParameter(), 7, 7, "7"),
    (luigi.FloatParameter(), 2, 2.0, "2.0"),
    (luigi.FloatParameter(), 2.5, 2.5, "2.5"),
    (luigi.FloatParameter(), "1e3", 1000.0, "1000.0"),
    (luigi.FloatParameter(), "nan", "nan", "nan"),
    (luigi.OptionalFloatParameter(), 1.5, 1.5, "1.5"),
    (luigi.BoolParameter(), True, True, "True"),
    (luigi.BoolParameter(), "false", False, "False"),
    (luigi.OptionalBoolParameter(), None, None, ""),
    (luigi.OptionalBoolParameter(), True, True, "True"),
    (luigi.DateParameter(), "2013-01-31", "2013-01-31", "2013-01-31"),
    (luigi.DateParameter(interval=7, start=datetime.date(2013, 1, 1)), "2013-01-10", "2013-01-08", "2013-01-08"),
    (luigi.MonthParameter(), "2013-01", "2013-01", "2013-01"),
    (luigi.YearParameter(), "2013", "2013", "2013"),
    (luigi.DateHourParameter(), "2013-01-31T19", "2013-01-31T19", "2013-01-31T19"),
    (luigi.DateMinuteParameter(), "2013-01-31T1907", "2013-01-31T1907", "2013-01-31T1907"),
    (luigi.DateMinuteParameter(interval=10), "2013-01-31T1907", "2013-01-31T1900", "2013-01-31T1900"),
    (luigi.DateSecondParameter(), "2013-01-31T190738", "2013-01-31T190738", "2013-01-31T190738"),
    (luigi.DateIntervalParameter(), "2013-W05", "2013-W05", "2013-W05"),
    (luigi.DateIntervalParameter(), "2013-01-01-2013-02-01", "2013-01-01-2013-02-01", "2013-01-01-2013-02-01"),
    (luigi.TimeDeltaParameter(), "1 h 30 m", "0 w 0 d 1 h 30 m 0 s", "0 w 0 d 1 h 30 m 0 s"),
    (luigi.TimeDeltaParameter(), 90, "0 w 0 d 0 h 1 m 30 s", "0 w 0 d 0 h 1 m 30 s"),
    (luigi.TimeDeltaParameter(), 0.5, 0.5, "0.5"),
    (luigi.TimeDeltaParameter(), "P1DT1H", "0 w 1 d 1 h 0 m 0 s", "0 w 1 d 1 h 0 m 0 s"),
    (luigi.TaskParameter(), "Missing", "Missing", "Missing"),
    (luigi.EnumParameter(enum=Colour), "red", "red", "red"),
    (luigi.EnumListParameter(enum=Colour), ["red", "green", "red"], ["red", "green", "red"], "red,green,red"),
    (luigi.EnumListParameter(enum=Colour), [], [], ""),
    (luigi.EnumListParameter(enum=Colour), "red,green", ["red", "green"], "red,green"),
    (luigi.ChoiceParameter(**colours), "red", "red", "red"),
    (luigi.ChoiceParameter(choices=[1, 2], var_type=int), 2, 2, "2"),
    (luigi.ChoiceParameter(choices=[1, 2], var_type=int), "2", 2, "2"),
    (luigi.OptionalChoiceParameter(**colours), None, None, ""),
    (luigi.ChoiceListParameter(**colours), ["red"], ["red"], "red"),
    (luigi.ChoiceListParameter(**colours), [], [], ""),
    (luigi.DictParameter(), {"b": [None], "a": {"c": 1}}, {"b": [None], "a": {"c": 1}}, '{"b": [null], "a": {"c": 1}}'),
    (luigi.DictParameter(), '{"a": 1}', {"a": 1}, '{"a": 1}'),
    (luigi.OptionalDictParameter(), None, None, ""),
    (luigi.ListParameter(), [1, [2, "x"], {"a": None}], [1, [2, "x"], {"a": None}], '[1, [2, "x"], {"a": null}]'),
    (luigi.ListParameter(), "[1]", [1], "[1]"),
    (luigi.OptionalListParameter(), [1], [1], "[1]"),
    (luigi.TupleParameter(), [[1, 2], [3, 4]], [[1, 2], [3, 4]], "[[1, 2], [3, 4]]"),
    (luigi.TupleParameter(), "((1, 2), (3, 4))", [[1, 2], [3, 4]], "[[1, 2], [3, 4]]"),
    (luigi.TupleParameter(), [1, True, None], [1, True, None], "(1, True, None)"),
    (luigi.OptionalTupleParameter(), None, None, ""),
    (luigi.NumericalParameter(**small), 4, 4, "4"),
    (luigi.NumericalParameter(**half), 1, 1.0, "1.0"),
    (luigi.OptionalNumericalParameter(default=None, **small), None, None, ""),
    (luigi.PathParameter(), "/a/b", "/a/b", "/a/b"),
    (luigi.OptionalPathParameter(), None, None, ""),
    (luigi.OptionalPathParameter(), "/a", "/a", "/a"),
    (Reversed(), "abc", "abc", "abc"),
    (Words(), "a,b", "a,b", "a,b"),
    (Json(), [1, {"a": 2}], '[1, {"a": 2}]', '[1, {"a": 2}]'),
    (Even(), 5, 4, "4"),
    (Even(), "5", 4, "4"),
    (Plain(), 5, 5, "5"),
]  # fmt: skip
