"""What a request may contain, and from whom it may come."""

import pytest
from werkzeug.exceptions import BadRequest, Forbidden

from trigger_service.web.guard import LOOPBACK, check_host, check_origin, request_id
from trigger_service.web.submissions import preferred_wait_s
from trigger_service.web.validation import parse_json, shown


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"a": }', "Expecting value at line 1, column 7"),
        (b'{"a": 1', "delimiter at line 1, column 8"),
        (b'{\n"a": 1\n"b"}', "line 3, column 1"),
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b'{"a": -Infinity}', "Infinity is no JSON number"),
        (b'{"a": "\xff"}', "not UTF-8: invalid start byte at byte 7"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b"[" * 100_000, "nested too deeply"),
        (b"1" * 5000, "not JSON"),
    ],
)
def test_a_body_that_is_no_json_is_refused_with_the_place_of_its_fault(content, said):
    with pytest.raises(BadRequest) as refused:
        parse_json(content)
    assert said in refused.value.description


def test_a_refused_value_is_shown_short():
    assert shown("x" * 1000) == '"' + "x" * 79 + "... (1002 characters)"


@pytest.mark.parametrize("host", ["127.0.0.1:8090", "localhost", "LOCALHOST:1", "[::1]:8090"])
def test_loopback_names_are_answered_on_any_port(host):
    check_host(host, LOOPBACK)


@pytest.mark.parametrize(
    "host", [None, "", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8090", "[::1", "a b", "@"]
)
def test_any_other_name_is_refused(host):
    with pytest.raises(Forbidden):
        check_host(host, LOOPBACK)


def test_the_own_origin_is_accepted_and_none_too():
    check_origin(None, "localhost:8090")
    check_origin("http://localhost:8090", "localhost:8090")
    check_origin("https://console.example", "console.example")


@pytest.mark.parametrize("origin", ["null", "http://evil.example", "http://localhost:8091", "http://localhost", ""])
def test_every_other_origin_is_refused(origin):
    with pytest.raises(Forbidden):
        check_origin(origin, "localhost:8090")


def test_a_request_id_is_kept_only_where_it_is_harmless():
    assert request_id("abc-1.2_3") == "abc-1.2_3"
    for sent in (None, "", "a b", "a\nb", "x" * 129, "<script>"):
        assert request_id(sent) not in (None, "", sent)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("wait=30", 30), ("respond-async, wait=5", 5), ('WAIT = "7"', 7), ("", 0), ("await=3", 0), ("wait=x", 0)],
)
def test_the_preference_for_waiting_is_read_as_rfc_7240_writes_it(header, seconds):
    assert preferred_wait_s(header) == seconds
