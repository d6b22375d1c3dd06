"""Templates of the fire time: what they give, and that every mistake is found when they are parsed."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import luigi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trigger_service.domain.errors import InvalidParameters
from trigger_service.domain.mistakes import MAX_DEPTH, MOST_TOLD
from trigger_service.domain.pointers import Pointer
from trigger_service.domain.templates import BRACES, parse_parameters, parse_template

FIRE_TIME = datetime(2013, 3, 31, 5, 30, 7, tzinfo=ZoneInfo("Europe/Berlin"))
#: Characters and words of which something like a template is made.
FRAGMENTS = st.lists(
    st.one_of(
        st.sampled_from(["{", "{{", "}", "}}", "|", "+", "-", "1", " ", "'", '"', "%", "%Y", "\n", "\x00", "\ud800"]),
        st.sampled_from(["fire_time", "schedule", "day", "months", "date", "format", "floor", "\u0663", "9" * 5000]),
    ),
    max_size=20,
).map("".join)


def rendered(text):
    return parse_parameters({"text": text}).render(FIRE_TIME, "nightly")["text"]


def details(parameters):
    with pytest.raises(InvalidParameters) as refused:
        parse_parameters(parameters)
    return [(problem.pointer, problem.detail) for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("no template } }} {", "no template } }} {"),
        ("{{fire_time|date}}", "2013-03-31"),
        ("{{\tfire_time\n-1day|date}}", "2013-03-30"),
        ("{{ fire_time - 1 month + 2 days - 3 hours | hour }}", "2013-03-02T02"),
        ("{{ fire_time | floor month - 1 day | date }}", "2013-02-28"),
        ("{{ fire_time | floor week | floor year | date }}", "2013-01-01"),
        ("{{ fire_time | floor day }}", "2013-03-31T00:00:00+01:00"),
        ("{{ fire_time + 0 days | second }}", "2013-03-31T053007"),
        ("{{ fire_time | format '' }}", ""),
        ("{{ fire_time | format '%d|%m}%%\"' }}", '31|03}%"'),
        ("{{ schedule }}: {{ fire_time | year }}-{{ fire_time | week }}", "nightly: 2013-2013-W13"),
        ("{{{ schedule }}}", "{nightly}"),
        ("{{{{ schedule }}", "{{ schedule }}"),
        ("{{{{{{ schedule }}}}", "{{nightly}}"),
    ],
)
def test_a_template_gives_its_text(text, expected):
    assert rendered(text) == expected


@pytest.mark.parametrize(
    ("form", "parameter", "value"),
    [
        ("date", luigi.DateParameter(), date(2013, 3, 31)),
        ("month", luigi.MonthParameter(), date(2013, 3, 1)),
        ("year", luigi.YearParameter(), date(2013, 1, 1)),
        ("hour", luigi.DateHourParameter(), datetime(2013, 3, 31, 5)),
        ("minute", luigi.DateMinuteParameter(), datetime(2013, 3, 31, 5, 30)),
        ("second", luigi.DateSecondParameter(), datetime(2013, 3, 31, 5, 30, 7)),
        ("week", luigi.DateIntervalParameter(), luigi.date_interval.Week(2013, 13)),
        ("timestamp", luigi.IntParameter(), 1364700607),
        ("iso", luigi.Parameter(), "2013-03-31T05:30:07+02:00"),
    ],
)
def test_each_filter_gives_what_a_parameter_of_luigi_takes(form, parameter, value):
    text = rendered(f"{{{{ fire_time | {form} }}}}")
    assert parameter.parse(text) == value
    assert form == "timestamp" or parameter.serialize(value) == text


def test_texts_are_templates_as_deep_as_they_stand_and_all_else_stays():
    # Given templates parsed once
    parameters = {"a": [{"{{ x": "{{ schedule }}"}, ("{{ fire_time | year }}",), 5, None, True], "b": {}, "c": 1.5}
    templates = parse_parameters(parameters)
    # When they are rendered for two fires
    first = templates.render(FIRE_TIME, "nightly")
    first["a"][0]["more"] = 1
    second = templates.render(FIRE_TIME.replace(year=2014), "daily")
    # Then each has its own
    assert second == {"a": [{"{{ x": "daily"}, ["2014"], 5, None, True], "b": {}, "c": 1.5}


def test_every_mistake_of_all_parameters_is_told_at_once_with_its_place():
    found = details({"day": "{{ fire_tim - 1 dya | dat }} {{", "conf": {"a/b": ["", "{{ fire_time | format '%Q' }}"]}})
    assert [(pointer, detail.split("position ")[1]) for pointer, detail in found] == [
        ("/parameters/day", "4: there is no variable 'fire_tim'; did you mean 'fire_time'?"),
        ("/parameters/day", "17: there is no unit 'dya'; did you mean 'day'?"),
        ("/parameters/day", "23: there is no filter 'dat'; did you mean 'date'?"),
        ("/parameters/day", "30: the {{ is not closed; expected }} (a literal {{ is written {{{{)"),
        (
            "/parameters/conf/a~1b/1",
            "24: there is no directive '%Q'; there are: %Y, %y, %m, %d, %H, %M, %S, %j, %G, %V, %u, %s, %:z, %z, %%",
        ),
    ]


def test_a_problem_points_to_where_the_parameters_stand():
    with pytest.raises(InvalidParameters) as refused:
        parse_parameters({"day": "{{"}, Pointer(("presets", "0")))
    assert [problem.pointer for problem in refused.value.problems] == ["/presets/0/day"]


def test_a_long_text_is_told_around_the_mistake():
    ((_, detail),) = details({"a": f"{'x' * 500}{{{{ y }}}}{'z' * 500}"})
    assert "{{ y }}" in detail
    assert "position 504" in detail
    assert len(detail) < 250


def test_of_very_many_mistakes_the_first_are_told():
    assert len(details({"a": "{{ x }}" * 1000})) == MOST_TOLD


def test_what_is_nested_too_deep_is_a_problem():
    value = "{{ fire_time }}"
    for _ in range(MAX_DEPTH - 1):
        value = [value]
    parse_parameters({"a": value})
    for _ in range(100_000):
        value = [value]
    assert details({"a": value}) == [("/parameters", f"is nested deeper than {MAX_DEPTH} lists and objects")]


def test_what_leads_out_of_the_calendar_is_told_for_all_parameters_when_it_is_rendered():
    templates = parse_parameters({"a": "in {{ fire_time - 2013 years | date }}", "b": ["{{ fire_time + 8000 years }}"]})
    with pytest.raises(InvalidParameters) as refused:
        templates.render(FIRE_TIME, "nightly")
    first, second = refused.value.problems
    assert first.pointer == "/parameters/a"
    assert first.detail == (
        "'in {{ fire_time - 2013 years | date }}', position 6: from 2013-03-31T05:30:07+02:00 this leads beyond the"
        " years 1 to 9999"
    )
    assert second.pointer == "/parameters/b/0"


@given(st.text() | FRAGMENTS)
def test_any_text_is_a_template_or_has_mistakes_within_it(text):
    template, mistakes = parse_template(text)
    assert all(1 <= mistake.position <= len(text) for mistake in mistakes)
    if not mistakes:
        template.render(FIRE_TIME, "nightly")


@given(st.lists(st.text(st.sampled_from("{}a "))))
def test_what_was_escaped_is_given_back_beside_any_expression(texts):
    assert rendered("{{ schedule }}".join(map(BRACES.escaped, texts))) == "nightly".join(texts)


@given(st.text())
def test_a_text_without_braces_is_itself(text):
    assert rendered(text.replace("{{", "")) == text.replace("{{", "")


@given(st.dictionaries(st.text(), FRAGMENTS, max_size=5))
def test_all_problems_are_told_at_once(parameters):
    wrong = {name for name, text in parameters.items() if parse_template(text)[1]}
    try:
        parse_parameters(parameters).render(FIRE_TIME, "nightly")
        pointers = []
    except InvalidParameters as error:
        pointers = [problem.pointer for problem in error.problems]
    assert set(pointers) == {str(Pointer(("parameters", name))) for name in wrong}
