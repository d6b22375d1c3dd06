"""Private values are found in the ways in which programs write them down, and nothing else is hidden."""

import base64
import html
import json
import sys
from urllib.parse import quote, quote_plus

import pytest

from trigger_service.runner.mask import Mask

ODD = "p4ss\"wörd/\\ +&<\n\tsecond line 'x"


def mask_of(*texts, name="password"):
    mask = Mask()
    mask.learn(name, texts)
    return mask


@pytest.mark.parametrize(
    "write",
    [
        str,
        repr,
        lambda text: repr(text.encode()),
        json.dumps,
        lambda text: json.dumps(text, ensure_ascii=False),
        lambda text: json.dumps({"traceback": repr(text)}),
        lambda text: json.dumps(json.dumps(text)),
        quote,
        quote_plus,
        lambda text: quote(text, safe=""),
        html.escape,
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
        *(lambda text, n=n: base64.b64encode(b"user:"[:n] + text.encode() + b"\n").decode() for n in range(3, 6)),
    ],
)
def test_a_value_is_hidden_however_it_is_written(write):
    shown = mask_of(ODD).text(f"before {write(ODD)} after")

    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert "***" in shown
    for part in ("p4ss", "rd/", "second", write("wörd").strip("\"'"), base64.b64encode(ODD.encode())[8:16].decode()):
        assert part not in shown


def test_each_line_of_a_value_of_several_lines_is_hidden():
    pem = "-----BEGIN KEY-----\r\nMIIEpAIBAAKC\r\n}\r\n-----END KEY-----\r\n"
    mask = mask_of(pem)

    assert [mask.text(line) for line in pem.splitlines()] == ["***", "***", "}", "***"]
    assert mask.text(f"key: {pem!r}.") == "key: '***'."


def test_a_short_or_common_value_is_hidden_beside_its_name_only():
    mask = mask_of("42", name="pin_code")
    mask.learn("flag", ["True"])

    text = "T(pin_code=42, n=42, pin_code=421) --pin-code 42 'pin_code': '42' \"pin_code\": 42, flag=True, True, 42"
    shown = "T(pin_code=***, n=42, pin_code=421) --pin-code *** 'pin_code': '***' \"pin_code\": ***, flag=***, True, 42"
    assert mask.text(text) == shown


def test_a_value_that_is_part_of_another_leaves_nothing_of_the_longer_one():
    assert mask_of("secret", "secret-and-more").text("x secret-and-more secret y") == "x *** *** y"


def test_nothing_is_learned_of_blank_values_and_nothing_twice():
    mask = Mask()

    assert mask.learn("password", ["", "  ", "sesame", "sesame"]) == ["sesame"]
    assert mask.learn("password", ["sesame"]) == []
    assert not Mask()
    assert mask_of("", " ").text("a b") == "a b"


def test_keys_stay_and_all_texts_in_a_value_are_masked():
    told = mask_of("sesame").value({"sesame": ["open sesame", {"n": 1}], "t": ("sesame",), "none": None})

    assert told == {"sesame": ["open ***", {"n": 1}], "t": ["***"], "none": None}


def test_a_line_is_cut_where_no_value_is_torn():
    mask = mask_of("sesame", "same-thing")
    content = b"x" * 10 + b"sesame-thing" + b"y" * 10

    assert mask.safe_cut(content, 5) == 5
    assert mask.safe_cut(content, 13) == 10
    assert mask.safe_cut(content, 18) == 10, "the second begins inside the first"
    assert mask.safe_cut(content, 22) == 22
    assert mask.safe_cut(b"sesame and more", 3) == 6, "behind a value that begins the line"


def test_a_line_is_cut_where_no_character_is_torn():
    mask = mask_of("sesame")
    content = "aü€ sesame".encode() + b"\xff\xe2\x82"

    assert [mask.safe_cut(content, at) for at in range(1, 16)] == [1, 1, 3, 3, 3, 6, 7, 7, 7, 7, 7, 7, 13, 14, 14]


def test_values_that_overlap_are_hidden_whole():
    mask = mask_of("sesame", "same-thing")

    assert mask.text("open sesame-things or sesame, same-thing") == "open ***s or ***, ***"


def steps(work):
    """How many instructions of Python `work` takes."""
    taken = 0

    def trace(frame, event, _):
        nonlocal taken
        frame.f_trace_opcodes = True
        taken += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return taken


@pytest.mark.parametrize("item", ["{n:05}-of-many", "host-{n:05}.internal"])
def test_a_list_of_thousands_takes_no_longer_to_be_looked_for_than_one_of_dozens(item):
    dozens, thousands = [mask_of(*(item.format(n=n) for n in range(count))) for count in (40, 4000)]
    line = "a row of host-table 00017 was read and written: " * 10 + item.format(n=7)

    assert thousands.text(line) == line.replace(item.format(n=7), "***")
    assert steps(lambda: thousands.text(line)) < 2 * steps(lambda: dozens.text(line))
    assert steps(lambda: thousands.text(10 * line)) < 11 * steps(lambda: thousands.text(line))
    assert steps(lambda: thousands.safe_cut(line.encode(), 99)) < 2 * steps(lambda: dozens.safe_cut(line.encode(), 99))


def test_to_learn_one_value_more_takes_no_longer_after_thousands():
    dozens, thousands = [mask_of(*(f"host-{n:05}" for n in range(count))) for count in (40, 4000)]

    assert steps(lambda: thousands.learn("more", ["one-more"])) < 2 * steps(lambda: dozens.learn("more", ["one-more"]))


def test_a_value_of_thousands_of_lines_is_found_whole_and_by_the_line():
    key = "\n".join(f"line {n} of a long private key" for n in range(3_000))

    mask = mask_of(key)

    assert mask.text(f"key: {json.dumps({'key': key})}") == 'key: {"key": "***"}'
    assert mask.text("line 2999 of a long private key, at last") == "***, at last"
