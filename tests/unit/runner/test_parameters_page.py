"""The page on parameters says what is so: every class, with JSON and text that give the same task, and its schema."""

import json
import re
from pathlib import Path

import luigi
import pytest
from parameter_classes import Colour, by_api, same, task

from trigger_service.runner.schemas import schema_of

PAGE = (Path(__file__).parents[3] / "docs" / "parameters.md").read_text()
ROWS = re.findall(r"^\| `(\w+Parameter|Parameter)` \| `(.*?)` \| (?:`(.*?)`)? ?\| `(.*)` \|$", PAGE, flags=re.MULTILINE)


class MyTask(luigi.Task):
    """What the page names."""


def made(name):
    """A parameter of this class as the page has it."""
    needed = {}
    if "Choice" in name:
        needed = {"choices": ["red", "green"]}
    if "Enum" in name:
        needed = {"enum": Colour}
    if "Numerical" in name:
        needed = {"var_type": int, "min_value": 0, "max_value": 5}
    return getattr(luigi, name)(**needed)


def test_the_page_has_every_public_class_once():
    public = {name for name, value in vars(luigi).items() if name.endswith("Parameter") and isinstance(value, type)}

    assert len(public) == 34
    assert sorted(row[0] for row in ROWS) == sorted(public)


@pytest.mark.parametrize(("name", "value", "text", "schema"), ROWS, ids=lambda cell: cell[:30])
def test_a_row_of_the_page_is_true(name, value, text, schema):
    parameter = made(name)
    known = (MyTask,) if name == "TaskParameter" else ()

    by_json, by_text = (by_api(task(parameter), given, *known) for given in (json.loads(value), text))

    assert same(by_json, by_text)
    left_out = ("pattern", "examples")
    assert {key: part for key, part in schema_of(parameter).items() if key not in left_out} == json.loads(schema)
