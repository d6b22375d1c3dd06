"""JSON pointers find what they point to, and tell what is absent from what is null."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trigger_service.domain.pointers import ABSENT, Pointer, parse_pointer

# the document of section 5 of RFC 6901
DOCUMENT = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
    "nothing": None,
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", DOCUMENT),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ("/g|h", 4),
        ("/i\\j", 5),
        ('/k"l', 6),
        ("/ ", 7),
        ("/m~0n", 8),
        ("/nothing", None),
    ],
)
def test_a_pointer_finds_what_the_standard_says(text, expected):
    pointer, mistakes = parse_pointer(text)
    assert (mistakes, str(pointer)) == ([], text)
    assert pointer.value(DOCUMENT) == expected


def test_a_pointer_is_made_of_keys_and_indexes():
    assert str(Pointer.of("parameters", "a/b~c", 0)) == "/parameters/a~1b~0c/0"
    assert str(Pointer.of("a") / 0 / "b") == "/a/0/b"
    assert str(Pointer.of()) == ""


@pytest.mark.parametrize(
    ("text", "absence"),
    [
        ("/fo", "/fo is absent: the whole document has "),
        ("/foo/2", "/foo/2 is absent: /foo is a list of length 2, counted from 0"),
        ("/foo/-", "/foo/- is absent: /foo is a list"),
        ("/foo/00", "/foo/00 is absent: /foo is a list"),
        ("/foo/+1", "/foo/+1 is absent: /foo is a list"),
        ("/foo/\u0661", "/foo/\u0661 is absent: /foo is a list"),
        ("/foo/" + "9" * 5000, "is absent"),
        ("/foo/0/x", '/foo/0/x is absent: /foo/0 is "bar"'),
        ("/nothing/x", "/nothing/x is absent: /nothing is null"),
        ("/m~0n/x", "/m~0n/x is absent: /m~0n is 8"),
        ("/foo/0\n", "/foo/0\\n is absent: /foo is a list"),
    ],
)
def test_what_is_absent_is_explained_by_what_is_there(text, absence):
    pointer, mistakes = parse_pointer(text)
    assert mistakes == []
    assert pointer.value(DOCUMENT) is ABSENT
    assert absence in pointer.absence(DOCUMENT)


def test_the_nearest_key_is_named_where_one_is_absent():
    document = {"repository": {"full_name": "a/b", "id": 5}}
    told = Pointer(("repository", "fullname")).absence(document)
    assert told == """/repository/fullname is absent: /repository has "full_name", "id"; did you mean 'full_name'?"""
    assert Pointer(("a",)).absence({}) == "/a is absent: the whole document is an empty object"
    assert Pointer(("a",)).absence(dict.fromkeys("123456")).endswith('has "1", "2", "3", "4", "5" and 1 more')


@pytest.mark.parametrize(
    ("text", "positions"), [("a", [1]), ("/~", [2]), ("/~2/~0/a~", [2, 9]), ("~", [1, 1]), ("#/a", [1])]
)
def test_every_mistake_of_a_pointer_has_its_position(text, positions):
    assert [mistake.position for mistake in parse_pointer(text)[1]] == positions


def paths(document, keys=()):
    yield keys, document
    members = dict(enumerate(document)) if isinstance(document, list) else document
    for key, value in members.items() if isinstance(members, dict) else ():
        yield from paths(value, (*keys, str(key)))


@given(JSON)
def test_a_pointer_made_of_keys_finds_its_value(document):
    for keys, value in paths(document):
        pointer, mistakes = parse_pointer(str(Pointer(keys)))
        assert mistakes == []
        assert pointer == Pointer(keys)
        assert pointer.value(document) is value


@given(st.text(st.sampled_from("/~01a\n\ud800")) | st.text(), JSON)
def test_any_text_is_a_pointer_or_has_mistakes_within_it(text, document):
    pointer, mistakes = parse_pointer(text)
    assert all(1 <= mistake.position <= len(text) for mistake in mistakes)
    if not mistakes:
        assert str(pointer) == text
        if pointer.value(document) is ABSENT:
            assert pointer.absence(document).isprintable()
            json.dumps(pointer.absence(document)).encode()
