"""`upstreams ...` and `presets ...` against a running service: what they print, and what they refuse."""

import json

SAVE = ("upstreams", "save", "then", "Hello")


def test_a_sensor_is_saved_listed_tried_paused_and_removed(luigi_trigger, served, tmp_path):
    # Given
    condition = '{"pointer": "/labels/team", "equals": "data"}'
    mapping = ("--map", "who=/parameters/n", "--map", 'times:={"value": 2}')
    said = luigi_trigger(*SAVE, "--after", "Gated", *mapping, "--filter", condition, "--label", "by=sensor")
    assert said.code == 0, said.err
    # Then
    assert luigi_trigger("upstreams", "list").out == "then\tHello\tGated\t\n"
    shown = json.loads(luigi_trigger("--json", "upstreams", "show", "then").out)
    assert shown["mapping"] == {"who": "/parameters/n", "times": {"value": 2}}
    assert shown["source"] == {"kind": "pipeline", "pipelines": ["Gated"], "environment": "default", "match": None}
    file = tmp_path / "run.json"
    file.write_text('{"parameters": {"n": "7"}, "labels": {"team": "data"}}')
    tried = json.loads(luigi_trigger("--json", "upstreams", "try", "then", str(file)).out)
    assert tried == {"passes": True, "reason": "", "parameters": {"who": "7", "times": 2}}
    assert luigi_trigger("upstreams", "pause", "then").out == "then\tpaused\n"
    assert luigi_trigger("upstreams", "resume", "then").out == "then\tgoing on\n"
    assert luigi_trigger("upstreams", "deliveries", "then").out == ""
    assert luigi_trigger("upstreams", "remove", "then").code == 0
    assert luigi_trigger("upstreams", "list").out == ""


def test_a_preset_is_saved_listed_used_and_removed(luigi_trigger, served):
    said = luigi_trigger("presets", "save", "Hello", "ada", "-p", "who=Ada", "--description", "for tests")
    assert said.code == 0, said.err
    assert luigi_trigger("presets", "list").out == 'Hello\tada\t{"who": "Ada"}\tfor tests\n'
    run = json.loads(luigi_trigger("--json", "run", "Hello", "--preset", "ada", "-p", "times=2").out)
    assert run["parameters"] == {"who": "Ada", "times": "2"}
    assert luigi_trigger("presets", "remove", "Hello", "ada").code == 0
    refused = luigi_trigger("run", "Hello", "--preset", "ada")
    assert refused.code == 2
    assert "Hello has no preset 'ada'; it has none" in refused.err


WRONG = (
    (SAVE, 2, "Missing option '--after'"),
    ((*SAVE, "--after", "Nothing"), 2, "/source/pipelines/0: There is no pipeline 'Nothing'"),
    ((*SAVE, "-p", "who=x", "--after", "Hello"), 2, "its success would start it again, without end: Hello -> Hello"),
    ((*SAVE, "--after", "Gated", "--map", "who"), 2, "expected NAME=POINTER"),
    ((*SAVE, "--after", "Gated", "--map", "who=n"), 2, "a JSON pointer, which begins with /"),
    ((*SAVE, "--after", "Gated", "--map", "wh=/n"), 2, "did you mean 'who'?"),
    ((*SAVE, "--after", "Gated", "--filter", "{"), 2, "--filter is not JSON"),
    ((*SAVE, "--after", "Gated", "--filter", '{"pointer": "ref"}'), 2, "/filter"),
    ((*SAVE, "--after", "Gated", "--after", "Fails"), 2, "which successes of several pipelines go together"),
    (("upstreams", "show", "nothing"), 3, "There is no sensor 'nothing'"),
    (("upstreams", "deliveries", "nothing"), 3, "There is no sensor 'nothing'"),
    (("presets", "show", "Hello", "nothing"), 3, "has no preset 'nothing'"),
    (("presets", "save", "Hello", "x", "-p", "wo=1"), 2, "Hello has no parameter 'wo'"),
    (("presets", "save", "Secretive", "x", "-p", "password=s3cret"), 2, "is private"),
)


def test_what_is_wrong_is_said(luigi_trigger, served):
    for words, code, told in WRONG:
        refused = luigi_trigger(*words)
        assert (refused.code, told in refused.err) == (code, True), (words, refused.err)
        assert "s3cret" not in refused.err
