"""The page of templates, mappings and filters: each example gives, each mistake says, what stands beside it."""

import json
import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import luigi
import pytest

from trigger_service.domain.errors import InvalidRequest
from trigger_service.domain.filters import parse_filter
from trigger_service.domain.mapping import parse_mapping
from trigger_service.domain.moments import DIRECTIVES, FORMATS
from trigger_service.domain.templates import parse_parameters

PAGE = (Path(__file__).parents[2] / "docs/templates.md").read_text()
PAYLOAD, MAPPING, PARAMETERS = map(json.loads, re.findall(r"^```json\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
FIRE_TIME = datetime(2013, 3, 31, 5, 30, 7, tzinfo=ZoneInfo("Europe/Berlin"))
EXAMPLES = re.findall(r"^(\S.*?) +-> (.*)$", PAGE, re.MULTILINE)


def rows(*heading):
    """The cells of every table with this heading, without their code marks."""
    titles = re.escape(f"| {' | '.join(heading)} |")
    tables = re.findall(rf"^{titles}\n\|[- |]*\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    lines = [line for table in tables for line in table.splitlines()]
    return [
        [cell.strip().strip("`").replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines
    ]


FILTERS = rows("filter", "gives", "for")
MISTAKES = rows("text", "what is said")
SOURCES = rows("source", "what is said")
VERDICTS = rows("filter", "reason")
FAULTS = rows("filter", "what is said")


def rendered(text):
    return parse_parameters({"text": text}).render(FIRE_TIME, "nightly")["text"]


def only_problem(call, *arguments):
    with pytest.raises(InvalidRequest) as refused:
        call(*arguments)
    (problem,) = refused.value.problems
    return problem.detail


@pytest.mark.parametrize(("text", "expected"), EXAMPLES)
def test_a_template_gives_what_the_page_says(text, expected):
    assert rendered(text) == expected


@pytest.mark.parametrize(("name", "text", "parameter"), FILTERS)
def test_a_filter_gives_what_its_parameter_takes(name, text, parameter):
    assert rendered(f"{{{{ fire_time | {name} }}}}") == text
    assert str(getattr(luigi, parameter)().parse(text))


def test_the_page_names_every_filter_and_directive_and_has_examples_of_all_kinds():
    assert {name.split()[0] for name, *_ in FILTERS} == {*FORMATS, "format"}
    named = PAGE.split("with these directives:")[1].split("###")[0]
    assert set(re.findall(r"`(%\S+?)`", named)) == set(DIRECTIVES)
    assert [len(found) > 5 for found in (EXAMPLES, MISTAKES, SOURCES, VERDICTS, FAULTS)] == [True] * 5


@pytest.mark.parametrize(("text", "said"), MISTAKES)
def test_a_mistake_in_a_template_is_told_as_the_page_says(text, said):
    assert only_problem(rendered, text) == f"{text!r}, {said}"


def test_the_mapping_gives_the_parameters_of_the_page():
    assert parse_mapping(MAPPING).parameters(PAYLOAD) == PARAMETERS


@pytest.mark.parametrize(("source", "said"), SOURCES)
def test_a_mistake_in_a_source_is_told_as_the_page_says(source, said):
    assert only_problem(lambda: parse_mapping({"a": json.loads(source)}).parameters(PAYLOAD)) == said


@pytest.mark.parametrize(("definition", "reason"), VERDICTS)
def test_a_filter_gives_the_reason_of_the_page(definition, reason):
    verdict = parse_filter(json.loads(definition)).judge(PAYLOAD)
    assert (verdict.reason or "passes") == reason


@pytest.mark.parametrize(("definition", "said"), FAULTS)
def test_a_mistake_in_a_filter_is_told_as_the_page_says(definition, said):
    assert only_problem(parse_filter, json.loads(definition)) == said
