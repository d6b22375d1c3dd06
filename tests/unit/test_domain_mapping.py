"""Mappings take parameters from a document, and say all at once what is wrong in them, or lacking in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trigger_service.domain.errors import InvalidParameters
from trigger_service.domain.mapping import BRACES, parse_mapping
from trigger_service.domain.mistakes import MAX_DEPTH
from trigger_service.domain.pointers import Pointer

PAYLOAD = {
    "ref": "refs/heads/main",
    "repository": {"full_name": "acme/etl", "id": 5, "private": False, "topics": ["a", "b"], "owner": {"id": 1}},
    "before": None,
    "a{b}": 7,
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
TEXTS = st.lists(st.sampled_from(["{", "}", "/", "~", "~1", "a", "ref", "{/ref}"]), max_size=8).map("".join)
SOURCES = JSON | TEXTS | st.dictionaries(st.sampled_from(["pointer", "default", "value", "x"]), TEXTS | JSON)


def problems(call, *arguments):
    with pytest.raises(InvalidParameters) as refused:
        call(*arguments)
    return [(problem.pointer, problem.detail) for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("/repository/full_name", "acme/etl"),
        ("/repository/id", 5),
        ("/repository/private", False),
        ("/repository/topics", ["a", "b"]),
        ("/repository/topics/1", "b"),
        ("/repository/owner", {"id": 1}),
        ("/before", None),
        ("", PAYLOAD),
        ({"pointer": "/ref"}, "refs/heads/main"),
        ({"pointer": "/a{b}"}, 7),
        ({"pointer": "/ref", "default": "x"}, "refs/heads/main"),
        ({"pointer": "/missing", "default": "x"}, "x"),
        ({"pointer": "/missing", "default": None}, None),
        ({"pointer": "/before", "default": "x"}, None),
        ({"value": "/ref"}, "/ref"),
        ({"value": None}, None),
        ("s3://{/repository/id}/{/ref}", "s3://5/refs/heads/main"),
        ("{/repository/private}", "false"),
        ("/data/{/repository/topics/0}.csv", "/data/a.csv"),
        ("{{}}{/ref}}", "{}}refs/heads/main}"),
        ("{{/ref}", "{/ref}"),
    ],
)
def test_a_parameter_is_taken_from_its_source(source, expected):
    found = parse_mapping({"a": source}).parameters(PAYLOAD)["a"]
    assert (found, type(found)) == (expected, type(expected))


def test_everything_that_a_document_lacks_is_told_at_once():
    mapping = parse_mapping(
        {
            "name": "/repository/name",
            "path": "s3://{/repository/topics}{/ref}/{/before}/{/key}",
            "good": "/ref",
            "topic": {"pointer": "/repository/topics/2"},
        }
    )
    assert problems(mapping.parameters, PAYLOAD) == [
        (
            "/parameters/name",
            '/repository/name is absent: /repository has "full_name", "id", "private", "topics", "owner"; did you mean'
            " 'full_name'?",
        ),
        (
            "/parameters/path",
            '\'s3://{/repository/topics}{/ref}/{/before}/{/key}\': /repository/topics is ["a", "b"]; expected a text, a'
            " number, true or false",
        ),
        (
            "/parameters/path",
            "'s3://{/repository/topics}{/ref}/{/before}/{/key}': /before is null; expected a text, a number, true or"
            " false",
        ),
        (
            "/parameters/path",
            "'s3://{/repository/topics}{/ref}/{/before}/{/key}': /key is absent: the whole document has \"ref\","
            ' "repository", "before", "a{b}"',
        ),
        (
            "/parameters/topic",
            "/repository/topics/2 is absent: /repository/topics is a list of length 2, counted from 0",
        ),
    ]


@pytest.mark.parametrize("document", [None, 5, "text", [], True])
def test_a_document_that_is_no_object_lacks_everything(document):
    ((pointer, detail),) = problems(parse_mapping({"a": "/b"}).parameters, document)
    assert (pointer, detail.startswith("/b is absent: the whole document is ")) == ("/parameters/a", True)


@pytest.mark.parametrize(
    ("source", "pointer", "detail"),
    [
        (
            "main",
            "",
            '"main", position 1: expected a JSON pointer, which begins with / (a constant is written {"va',
        ),
        (
            5,
            "",
            'expected a JSON pointer, a text with pointers in braces, or an object (a constant is written {"val',
        ),
        ([], "", "expected a JSON pointer, a text with"),
        ({}, "", 'expected one of "pointer" and "value"'),
        ({"pointer": "/a", "value": 5}, "", 'expected one of "pointer" and "value"'),
        ({"ponter": "/a"}, "/ponter", """there is no key "ponter"; did you mean 'pointer'?"""),
        ({"value": 1, "default": 2}, "/default", "a constant needs none; a default goes with a pointer"),
        ({"pointer": 5}, "/pointer", 'expected a JSON pointer, as in "/ref", not 5'),
        ({"pointer": "/a~"}, "/pointer", "'/a~', position 3: a ~ stands before"),
        ("/~x", "", "'/~x', position 2: a ~ stands before"),
        ("s3://{/a", "", "'s3://{/a', position 6: the { is not closed; expected } (a literal { is written {{)"),
        ("{/a{/b}", "", "'{/a{/b}', position 1: the { is not closed; expected } before the next { at position 4"),
        ("x{}", "", "'x{}', position 3: expected a JSON pointer, as in {/key}, not the end"),
        ("x{ref}", "", "'x{ref}', position 3: a JSON pointer begins with /; did you mean '/ref'?"),
        ("x{/a~2}", "", "'x{/a~2}', position 5: a ~ stands before"),
    ],
)
def test_a_mistake_in_a_source_is_told_with_its_place(source, pointer, detail):
    ((place, told),) = problems(parse_mapping, {"a/b": source})
    assert place == f"/parameters/a~1b{pointer}"
    assert told.startswith(detail)


def test_all_mistakes_of_a_mapping_are_told_at_once():
    found = problems(
        parse_mapping, {"a": "main", "b": "{", "c": "/ok", "d": {"pointer": "~", "x": 1}}, Pointer(("map",))
    )
    assert [pointer for pointer, _ in found] == ["/map/a", "/map/b", "/map/d/x", "/map/d/pointer", "/map/d/pointer"]


@pytest.mark.parametrize("definition", [None, [], "/a", 5])
def test_a_mapping_is_an_object(definition):
    ((pointer, detail),) = problems(parse_mapping, definition)
    assert pointer == "/parameters"
    assert detail.startswith('expected an object, as in {"day": "/date"}, not ')


def test_a_mapping_that_is_nested_too_deep_is_a_problem():
    value = []
    for _ in range(100_000):
        value = [value]
    told = f"is nested deeper than {MAX_DEPTH} lists and objects"
    assert problems(parse_mapping, {"a": {"value": value}}) == [("/parameters", told)]


@given(st.dictionaries(st.text(), SOURCES, max_size=4), JSON)
def test_any_definition_is_a_mapping_or_has_problems_and_so_has_any_document(definition, document):
    try:
        values = parse_mapping(definition).parameters(document)
    except InvalidParameters as error:
        assert {problem.pointer.split("/")[1] for problem in error.problems} == {"parameters"}
        assert all(problem.detail.isprintable() for problem in error.problems)
    else:
        assert values.keys() == definition.keys()


@given(st.text())
def test_an_escaped_text_is_itself(text):
    assert parse_mapping({"a": BRACES.escaped(text) + "{/x}"}).parameters({"x": "!"})["a"] == text + "!"
