"""Fields as they are written into a page: hostile text stays text, and each is tied to its label, hint and mistake."""

import re

import pytest
from jinja2 import Environment, PackageLoader

from trigger_service.web.pages import fields
from trigger_service.web.pages.kinds import Parameter
from trigger_service.web.pages.words import install

HOSTILE = '"><script>alert(1)</script>\u202e\x1b[31m'
SCHEMAS = [
    {"type": "string", "default": HOSTILE},
    {"type": "string", "default": HOSTILE + "\n"},
    {"enum": [HOSTILE, "b"], "default": HOSTILE},
    {"enum": [HOSTILE, *"bcdefg"], "default": HOSTILE},
    {"type": "array", "items": {"enum": [HOSTILE, *"bcdefghij"]}, "default": [HOSTILE]},
    {"type": "object", "default": {HOSTILE: HOSTILE}},
    {"type": "boolean", "default": True},
    {"type": "integer", "default": 5, "minimum": 1},
]


@pytest.fixture(scope="module")
def written():
    env = Environment(loader=PackageLoader("trigger_service.web", "templates"), autoescape=True)
    install(env)
    macro = env.from_string("{{ parameter_fields(some, of, 'x.', first) }}")
    return lambda some, mistake="", first="": macro.render(some=some, of=lambda name: mistake, first=first)


def parameter(schema, name="p", visibility="public"):
    shown = {"name": name, "type": HOSTILE, "schema": schema, "required": False, "visibility": visibility}
    return Parameter({**shown, "description": HOSTILE, "expectation": HOSTILE})


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("mistake", ["", HOSTILE])
def test_hostile_text_stays_text(written, schema, mistake):
    made = written([fields.shown(parameter(schema))], mistake)

    assert "<script" not in made
    # what is read is made visible; what is sent again stays as it is
    assert HOSTILE[-6:] not in re.sub(r'value="[^"]*"|<textarea.*?</textarea>', "", made, flags=re.S)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_field_has_a_label_a_hint_and_what_is_wrong_tied_to_it(written, schema):
    made = written([fields.shown(parameter(schema))], "wrong", "p")

    assert 'aria-describedby="p-x.p-hint p-x.p-error"' in made
    assert re.search('for="p-x.p"|aria-labelledby="p-x.p-label"', made)
    assert {'id="p-x.p"', 'id="p-x.p-hint"', 'id="p-x.p-error"'} <= set(re.findall(r'id="[^"]*"', made))
    assert len(re.findall(r"\bautofocus\b", made)) == 1
    assert set(re.findall(r' name="([^"]*)"', made)) == {"x.p"}


def test_many_choices_are_folded_and_open_where_one_of_them_is_chosen(written):
    schema = {"type": "array", "items": {"enum": [*"abcdefghij"]}}

    assert re.search(
        r"<details[^>]*fold-in-line[^>]*><summary>2 more", written([fields.shown(parameter(schema), ["a"])])
    )
    assert " open><summary>2 more" in written([fields.shown(parameter(schema), ["j"])])


def test_a_line_end_at_the_beginning_of_a_text_is_kept(written):
    assert ">\n\nx</textarea>" in written([fields.shown(parameter({"type": "string"}), "\nx")])
