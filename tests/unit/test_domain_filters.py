"""Filters let a document pass or say in one line why not; their mistakes are found when they are parsed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trigger_service.domain.errors import InvalidRequest
from trigger_service.domain.filters import parse_filter
from trigger_service.domain.mistakes import MAX_DEPTH

PAYLOAD = {"ref": "refs/heads/dev", "n": 1, "yes": True, "none": None, "list": [1, {"a": "x"}], "long": "x" * 200}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
POINTERS = st.sampled_from(["", "/ref", "/n", "/yes", "/none", "/list", "/list/1", "/absent", "/ref/x"])
CONDITIONS = st.one_of(
    st.builds(
        lambda at, value: {"pointer": at, "equals": value}, POINTERS, JSON | st.sampled_from(list(PAYLOAD.values()))
    ),
    st.builds(lambda at, values: {"pointer": at, "in": values}, POINTERS, st.lists(JSON, min_size=1, max_size=3)),
    st.builds(lambda at, glob: {"pointer": at, "matches": glob}, POINTERS, st.text(st.sampled_from("*?[]!-az/refs"))),
    st.builds(lambda at, value: {"pointer": at, "exists": value}, POINTERS, st.booleans()),
)
FILTERS = st.recursive(
    CONDITIONS,
    lambda inner: st.one_of(
        st.builds(lambda member: {"not": member}, inner),
        st.builds(
            lambda key, members: {key: members},
            st.sampled_from(["all", "any"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
    ),
    max_leaves=6,
)
KEYS = st.sampled_from(["pointer", "equals", "in", "matches", "exists", "all", "any", "not", "x"])
ANYTHING = st.recursive(JSON, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3))


def judge(definition, document=PAYLOAD):
    return parse_filter(definition).judge(document)


def problems(definition):
    with pytest.raises(InvalidRequest) as refused:
        parse_filter(definition)
    return [(problem.pointer, problem.detail) for problem in refused.value.problems]


def usable(definition):
    try:
        return parse_filter(definition)
    except InvalidRequest:
        return None


@pytest.mark.parametrize(
    "definition",
    [
        {"pointer": "/ref", "equals": "refs/heads/dev"},
        {"pointer": "/n", "equals": 1.0},
        {"pointer": "/none", "equals": None},
        {"pointer": "/list", "equals": [1, {"a": "x"}]},
        {"pointer": "/ref", "in": ["x", "refs/heads/dev"]},
        {"pointer": "/ref", "matches": "refs/*/d[ef]?"},
        {"pointer": "/none", "exists": True},
        {"pointer": "/absent", "exists": False},
        {"not": {"pointer": "/absent", "equals": None}},
        {"not": {"pointer": "/n", "equals": True}},
        {"not": {"pointer": "/yes", "equals": 1}},
        {"not": {"pointer": "/list", "equals": [True, {"a": "x"}]}},
        {"not": {"pointer": "/ref", "matches": "REFS/*"}},
        {"not": {"pointer": "/n", "matches": "*"}},
        {"all": [{"pointer": "/n", "equals": 1}, {"pointer": "/yes", "equals": True}]},
        {"any": [{"pointer": "/n", "equals": 2}, {"pointer": "/yes", "equals": True}]},
    ],
)
def test_what_fits_passes(definition):
    verdict = judge(definition)
    assert (verdict.passes, verdict.reason) == (True, "")


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        (
            {"pointer": "/ref", "equals": "refs/heads/main"},
            '/ref is "refs/heads/dev", expected "refs/heads/main"',
        ),
        ({"pointer": "/ref", "in": ["a", 1]}, '/ref is "refs/heads/dev", expected one of ["a", 1]'),
        ({"pointer": "/ref", "matches": "refs/tags/*"}, '/ref is "refs/heads/dev", expected a text like "refs/tags/*"'),
        ({"pointer": "/n", "matches": "1"}, '/n is 1, expected a text like "1"'),
        ({"pointer": "/absent", "equals": None}, "/absent is absent, expected null"),
        ({"pointer": "/absent", "exists": True}, "/absent is absent, expected a value"),
        ({"pointer": "/none", "exists": False}, "/none is null, expected nothing there"),
        ({"not": {"pointer": "/none", "exists": True}}, "/none is null, expected nothing there"),
        ({"not": {"pointer": "/n", "equals": 1}}, "/n is 1, expected anything but 1"),
        ({"not": {"pointer": "/n", "in": [1]}}, "/n is 1, expected none of [1]"),
        ({"not": {"pointer": "/ref", "matches": "*"}}, '/ref is "refs/heads/dev", expected no text like "*"'),
        (
            {"all": [{"pointer": "/n", "equals": 1}, {"pointer": "/n", "equals": 2}, {"pointer": "/n", "equals": 3}]},
            "/n is 1, expected 2",
        ),
        (
            {"any": [{"pointer": "/n", "equals": value} for value in (2, 3)]},
            "/n is 1, expected 2; and /n is 1, expected 3",
        ),
        (
            {"any": [{"pointer": "/n", "equals": value} for value in range(2, 9)]},
            "/n is 1, expected 2; and /n is 1, expected 3; and /n is 1, expected 4; and 4 more",
        ),
        (
            {"not": {"any": [{"pointer": "/n", "equals": 2}, {"pointer": "/yes", "equals": True}]}},
            "/yes is true, expected anything but true",
        ),
        ({"pointer": "/long", "equals": 1}, f'/long is "{"x" * 76}..., expected 1'),
    ],
)
def test_what_does_not_fit_is_told_with_its_reason(definition, reason):
    verdict = judge(definition)
    assert (verdict.passes, verdict.reason) == (False, reason)


@pytest.mark.parametrize(
    ("definition", "pointer", "detail"),
    [
        (None, "", 'expected a filter, as in {"pointer": "/ref", "equals": "refs/heads/main"}, not null'),
        ({}, "", "expected one of equals, in, matches, exists, all, any, not; there is none"),
        ({"pointer": "/a"}, "", "expected one of equals, in, matches, exists, all, any, not; there is none"),
        (
            {"pointer": "/a", "equals": 1, "in": [1]},
            "",
            "expected one of equals, in, matches, exists, all, any, not; not equals and in",
        ),
        ({"pointer": "/a", "equal": 1}, "/equal", """there is no key "equal"; did you mean 'equals'?"""),
        ({"equals": 1}, "", 'equals needs a "pointer" to what it is about, as in "/ref"'),
        ({"pointer": 5, "equals": 1}, "/pointer", 'expected a JSON pointer, as in "/ref", not 5'),
        (
            {"pointer": "ref", "equals": 1},
            "/pointer",
            "'ref', position 1: a JSON pointer begins with /; did you mean '/ref'?",
        ),
        ({"pointer": "/a", "in": []}, "/in", "expected a list of values, not []"),
        ({"pointer": "/a", "in": "abc"}, "/in", 'expected a list of values, not "abc"'),
        ({"pointer": "/a", "matches": 5}, "/matches", "expected a glob, as in refs/tags/*, not 5"),
        ({"pointer": "/a", "exists": "yes"}, "/exists", 'expected true or false, not "yes"'),
        ({"all": []}, "/all", "expected a list of filters, not []"),
        ({"any": {}}, "/any", "expected a list of filters, not {}"),
        ({"not": []}, "/not", "expected a filter, as in"),
        ({"not": {"any": [{"pointer": "/a", "in": 5}]}}, "/not/any/0/in", "expected a list of values, not 5"),
        (
            {"pointer": "/a", "any": [{"pointer": "/a", "exists": True}]},
            "/pointer",
            "goes with equals, in, matches, exists; the filters in any have their own",
        ),
    ],
)
def test_a_mistake_in_a_filter_is_told_with_its_place(definition, pointer, detail):
    ((place, told),) = problems(definition)
    assert place == f"/filter{pointer}"
    assert told.startswith(detail)


def test_all_mistakes_of_a_filter_are_told_at_once():
    found = problems({"all": [{"pointer": "a", "in": 5}, {"any": [{"exists": 1}, 7]}, {"not": {"x": 1}}]})
    assert [pointer for pointer, _ in found] == [
        "/filter/all/0/in",
        "/filter/all/0/pointer",
        "/filter/all/1/any/0/exists",
        "/filter/all/1/any/0",
        "/filter/all/1/any/1",
        "/filter/all/2/not/x",
    ]


def test_a_filter_that_is_nested_too_deep_is_a_problem():
    definition = {"pointer": "/a", "exists": True}
    for _ in range(100_000):
        definition = {"not": definition}
    assert problems(definition) == [("/filter", f"is nested deeper than {MAX_DEPTH} lists and objects")]


def test_a_deep_document_is_judged_and_shown_like_any():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    verdict = judge({"pointer": "/a", "equals": [[1]]}, {"a": deep})
    assert verdict.reason == f"/a is {'[' * 77}..., expected [[1]]"


@given(FILTERS, JSON | st.just(PAYLOAD))
def test_a_filter_and_its_opposite_never_agree_and_say_why_in_one_line(definition, document):
    made = usable(definition)
    if made is not None:  # a glob may have a range that goes downwards
        verdict, opposite = made.judge(document), judge({"not": definition}, document)
        assert verdict.passes is not opposite.passes
        for told in (verdict, opposite):
            assert bool(told.reason) is not told.passes
            assert told.reason.isprintable()
            assert len(told.reason) <= 500


@given(ANYTHING, JSON)
def test_any_definition_is_a_filter_or_has_problems(definition, document):
    try:
        parse_filter(definition).judge(document)
    except InvalidRequest as error:
        assert error.problems
        assert all(problem.pointer.startswith("/filter") for problem in error.problems)
        assert all(problem.detail.isprintable() for problem in error.problems)
