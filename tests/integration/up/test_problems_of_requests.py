"""Parameters through the whole product: all problems of a request at once, forms, values that are hard to pass on."""

import json
import subprocess

import jsonschema
import pytest
from product import COMMAND, Product

FORMS = '''
"""A task with many parameters, which writes what it got."""
import datetime, enum, json
import luigi
from luigi.parameter import ParameterVisibility

class Colour(enum.Enum):
    red = 1
    green = 2

class Secretive(luigi.Parameter):
    def parse(self, text):
        print("it is", text)
        raise ValueError(text)

class Form(luigi.Task):
    """Has a form."""
    out = luigi.Parameter(positional=False)
    month = luigi.MonthParameter(description="Which month.")
    count = luigi.NumericalParameter(var_type=int, min_value=0, max_value=5, default=1)
    colour = luigi.EnumParameter(enum=Colour, default=Colour.red)
    rows = luigi.ListParameter(default=[], schema={"items": {"type": "integer"}, "maxItems": 3})
    region = luigi.Parameter(default="south", significant=False)
    after = luigi.OptionalIntParameter()
    password = Secretive(default="sesame", visibility=ParameterVisibility.PRIVATE)
    locals()["class"] = luigi.Parameter(default="first")
    def output(self):
        return luigi.LocalTarget(f"out/{self.out}")
    def run(self):
        with self.output().open("w") as file:
            json.dump([self.region, str(self.month), self.colour.name, self.rows, getattr(self, "class")], file)
'''
WRONG = {
    "mont": "2013-01",
    "out": "x",
    "count": 7,
    "colour": "blue",
    "rows": [1, "two", 3, 4],
    "after": "soon",
    "password": "open-sesame",
}


@pytest.fixture(scope="module")
def product(tmp_path_factory):
    """The product on a project with a form; the configuration has a default of its own."""
    running = Product(tmp_path_factory.mktemp("parameters"), "\n[Form]\nregion = north\n")
    (running.folder / "steps.py").write_text(FORMS)
    try:
        yield running.start()
    finally:
        running.end()


def command(product, *arguments):
    return subprocess.run(
        [COMMAND, "run", *arguments, "--url", product.url], cwd=product.folder, capture_output=True, text=True
    )


def test_a_request_hears_of_all_its_problems_at_once_and_of_no_private_value(product):
    body = {"pipeline": "Form", "parameters": WRONG, "workers": 0, "pools": ["none"]}

    answer = product.http.post(f"{product.url}/api/v1/runs", json=body, timeout=30)

    assert answer.status_code == 422
    told = {problem["pointer"]: problem["detail"] for problem in answer.json()["errors"]}
    assert told.keys() == {
        "/workers",
        "/pools/0",
        "/parameters/mont",
        "/parameters/month",
        "/parameters/count",
        "/parameters/colour",
        "/parameters/rows",
        "/parameters/rows/1",
        "/parameters/after",
        "/parameters/password",
    }
    assert told["/parameters/month"] == 'is required: a month YYYY-MM, for example "2013-01"'
    assert told["/parameters/colour"] == '"blue" cannot be used: expected one of "red", "green"'
    assert told["/parameters/rows/1"] == "\"two\" cannot be used: 'two' is not of type 'integer'"
    assert "sesame" not in answer.text
    assert not any(b"sesame" in log.read_bytes() for log in (product.home / "logs").iterdir())


def test_the_command_line_says_the_same_in_plain_words(product):
    given = [
        f"--param={name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in WRONG.items()
    ]

    said = command(product, "Form", *given)

    assert said.returncode == 2
    head, *lines = said.stderr.splitlines()
    assert head == "Invalid parameters: 8 problems"
    assert '  month: is required: a month YYYY-MM, for example "2013-01"' in lines
    assert '  count: "7" cannot be used: expected an integer at least 0 and less than 5, for example 0' in lines
    assert any(line.startswith('  rows/1: "two" cannot be used') for line in lines)
    assert "sesame" not in said.stderr


def test_a_form_has_all_that_it_needs(product):
    shown = {parameter["name"]: parameter for parameter in product.get("/pipelines/Form")["parameters"]}

    assert shown["month"]["schema"]["description"] == shown["month"]["description"] == "Which month."
    assert (shown["month"]["required"], shown["month"]["schema"]["examples"]) == (True, ["2013-01"])
    assert shown["region"]["schema"] == {"type": "string", "default": "north"}
    assert (shown["region"]["significant"], shown["out"]["positional"]) == (False, False)
    assert shown["rows"]["schema"] == {"items": {"type": "integer"}, "maxItems": 3, "type": "array", "default": []}
    assert "default" not in shown["password"]["schema"]
    for parameter in shown.values():
        jsonschema.Draft202012Validator.check_schema(parameter["schema"])
        if "default" in parameter["schema"]:
            jsonschema.validate(parameter["schema"]["default"], parameter["schema"])


@pytest.mark.parametrize(
    "text",
    ["$(reboot) `id`; rm -rf / #", "two\nlines\tand a tab", "\u00e9\u4e2d\U0001f600", "x" * 4096, "--", "-5", ""],
    ids=["shell", "lines", "unicode", "long", "dashes", "minus", "empty"],
)
def test_a_value_comes_to_the_task_as_it_was_given(product, request, text):
    name = request.node.callspec.id

    said = command(
        product,
        "Form",
        "-p",
        "month=2013-01",
        "-p",
        f"out={name}",
        "-p",
        f"class={text}",
        "-p",
        f"region={text}",
        "--wait",
    )

    assert said.returncode == 0, said.stderr
    got = json.loads((product.folder / "out" / name).read_text())
    assert got == [text, "2013-01-01", "red", [], text]
