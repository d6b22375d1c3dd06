"""A request as a form, an address, JSON, curl, Python and a command line say it."""

import ast
import json
import shlex
from urllib.parse import parse_qs

import pytest

from trigger_service.cli.parameters import parse_labels, parse_parameters
from trigger_service.domain.pointers import ABSENT
from trigger_service.web.pages import drafts, scripts
from trigger_service.web.pages.kinds import Parameter, same

SENDER = scripts.Sender("http://127.0.0.1:8090", "k1", token=False)
#: Whatever a shell, JSON or Python might take for something else, and what cannot be seen.
NASTY = 'it\'s $HOME `id` \\ "q" !! \u00e9\u202e\x1b[31m\x7f\n-p x=1'


def parameter(name, schema, required=False, visibility="public"):
    shown = {"name": name, "type": "Parameter", "schema": schema, "required": required, "visibility": visibility}
    return Parameter({**shown, "description": "", "expectation": "text"})


PARAMETERS = [
    parameter("who", {"type": "string"}, required=True),
    parameter("times", {"type": "integer", "default": 1}),
    parameter("loud", {"type": "boolean", "default": True}),
    parameter("some", {"type": "array", "items": {"enum": ["a", "b"]}, "default": []}),
    parameter("limits", {"type": "object", "default": {}}),
    parameter("secret", {"type": "string"}, visibility="private"),
]
BODY = {
    "pipeline": "Hello",
    "parameters": {"who": NASTY, "times": 3, "loud": False, "some": ["a", "b"], "limits": {"a": [1.5, None, "'"]}},
    "workers": 4,
    "timeout_s": 1.5,
    "pools": ["lake", "o'hare"],
    "labels": {"reason": "board $meeting", "x": "1"},
    "if_active": "attach",
}


def body(form):
    return drafts.body_of("Hello", PARAMETERS, list(form), lambda name: form.get(name, []))


def test_what_is_written_becomes_a_body_without_what_holds_anyhow():
    form = {"who": ["ada"], "times": ["1"], "loud": ["false"], "_priority": ["0"], "_environment": ["default"]}

    made = body({**form, "_workers": ["many"], "_labels": ["a=b\r\nc = d=e\r\n\r\n"], "_pools": ["", "lake"]})

    assert made["parameters"] == {"who": "ada", "loud": False}
    rest = {name: made[name] for name in made if name not in ("pipeline", "parameters")}
    assert rest == {"workers": "many", "labels": {"a": "b", "c": "d=e"}, "pools": ["lake"]}


def test_a_name_that_nobody_knows_is_in_the_body_so_that_it_is_told():
    assert body({"whoo": ["ada"], "_do": ["launch"]})["parameters"] == {"whoo": "ada"}


def test_an_address_says_the_same_but_for_what_is_private():
    given = {**BODY, "parameters": {**BODY["parameters"], "secret": "sesame", "whoo": 5}}

    address = drafts.address_of(PARAMETERS, given, started="r1")

    again = body(parse_qs(address, keep_blank_values=True))
    assert again == {**BODY, "parameters": {**BODY["parameters"], "whoo": "5"}}
    assert "sesame" not in address
    assert address.endswith("&_started=r1")


def test_values_of_a_preset_stand_below_those_that_were_given_and_defaults_say_nothing():
    over = drafts.over(PARAMETERS, {"who": "eve", "times": 1, "loud": False}, {"parameters": {"who": "ada"}})

    assert over == {"parameters": {"who": "ada", "loud": False}}


def test_the_options_are_told_in_one_line():
    assert drafts.summary(BODY) == "workers 4, if active attach, time limit 1.5 s, 2 pools, 2 labels"
    assert drafts.summary({"parameters": {}}) == ""


def test_a_schedule_is_prefilled_by_one_text_for_each():
    told = drafts.schedule_of(
        PARAMETERS, {**BODY, "environment": "staging", "parameters": {"some": ["a"], "secret": "s"}}
    )

    assert (told["pipeline"], told["some"], told["_environment"]) == ("Hello", '["a"]', "staging")
    assert (told["pools"], told["labels"]) == ("lake, o'hare", "reason=board $meeting\nx=1")
    assert "secret" not in told


def test_json_is_the_body_and_shows_all_of_it():
    text = scripts.as_json(BODY)

    assert json.loads(text) == BODY
    assert [c for c in text if not c.isprintable() and c != "\n"] == []
    assert "\u00e9" in text


def test_curl_sends_the_body():
    words = shlex.split(scripts.as_curl(BODY, SENDER).replace("\\\n", ""))

    assert words[:4] == ["curl", "-X", "POST", "http://127.0.0.1:8090/api/v1/runs"]
    assert json.loads(words[words.index("-d") + 1]) == BODY
    assert "Idempotency-Key: k1" in words
    assert "Authorization: Bearer $LUIGI_TRIGGER_TOKEN" in scripts.as_curl(
        BODY, scripts.Sender("http://h", "k", token=True)
    )


def test_the_command_line_says_the_same():
    words = shlex.split(scripts.as_command(BODY, SENDER).replace("\\\n", ""))
    given = {
        flag: [words[i + 1] for i, word in enumerate(words) if word == flag] for flag in set(words) if flag[0] == "-"
    }

    assert words[:3] == ["luigi-trigger", "run", "Hello"]
    assert parse_parameters(given["-p"]) == BODY["parameters"]
    assert parse_labels(given["--label"]) == BODY["labels"]
    assert (given["--pool"], given["--workers"], given["--run-timeout"]) == (["lake", "o'hare"], ["4"], ["1.5"])
    assert (given["--if-active"], given["--url"], given["--idempotency-key"]) == (["attach"], [SENDER.url], ["k1"])


def test_python_calls_the_client_with_the_same():
    source = scripts.as_python({**BODY, "parameters": {**BODY["parameters"], "more": list(range(80))}}, SENDER)

    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and node.keywords]
    (call,) = calls
    name, values = (ast.literal_eval(argument) for argument in call.args)
    more = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    assert (name, values) == ("Hello", {**BODY["parameters"], "more": list(range(80))})
    assert more == {**{k: BODY[k] for k in BODY if k not in ("pipeline", "parameters")}, "idempotency_key": "k1"}
    assert max(map(len, source.splitlines())) <= 120


@pytest.mark.parametrize(
    ("one", "other", "alike"), [(1, True, False), (1, 1, True), (None, None, True), (1, ABSENT, False)]
)
def test_values_are_alike_where_their_types_are(one, other, alike):
    assert same(one, other) is alike
