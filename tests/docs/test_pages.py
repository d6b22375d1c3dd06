"""What the pages say is there: files, commands, options, make targets; and the example does what it says."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
import requests

from trigger_service.cli.commands import COMMANDS
from trigger_service.cli.commands import root as commands

CHECKOUT = Path(__file__).parents[2]
PAGES = [
    str(page.relative_to(CHECKOUT))
    for page in [*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md")]
    if "demo" not in page.parts
]


def command_lines(text):
    """The commands of a shell block, continued lines joined, comments dropped."""
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words:
            yield words


def write_package(folder, code):
    (folder / "tasks").mkdir()
    (folder / "tasks/__init__.py").touch()
    (folder / "tasks/hello.py").write_text(code)


@pytest.mark.parametrize("page", PAGES)
def test_each_link_leads_somewhere(root, page):
    text = re.sub(r"```.*?```", "", (root / page).read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#]+)", text):
        if not target.startswith("http"):
            assert ((root / page).parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES)
def test_each_command_of_ours_exists_with_its_options(blocks, page):
    for words in (words for block in blocks(page, "sh") for words in command_lines(block)):
        if words[0] != "luigi-trigger":
            continue
        name, *more = (word for word in words[1:] if not word.startswith("-"))
        command = commands.get_command(None, name)
        if isinstance(command, click.Group):
            command = command.commands[more[0]]
        known = {option for parameter in command.params for option in parameter.opts}
        used = {word for word in words[words.index(name) + 1 :] if word.startswith("-")}
        assert used <= known, words


def test_inline_commands_of_the_readme_exist(root):
    text = (root / "README.md").read_text()
    for name in re.findall(r"`luigi-trigger (?:--json )?(\w+)`", text):
        assert name in COMMANDS


@pytest.mark.parametrize("page", PAGES)
def test_each_make_target_exists(root, blocks, page):
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(), re.MULTILINE))
    for words in (words for block in blocks(page, "sh") for words in command_lines(block)):
        if words[0] == "make":
            assert words[1] in targets


def test_the_readme_is_short_and_begins_with_the_two_commands(root, blocks):
    assert len((root / "README.md").read_text().splitlines()) <= 150
    first = list(command_lines(blocks("README.md", "sh")[0]))
    assert first == [["make", "demo"], ["make", "test"]]


def test_the_pipeline_of_the_readme_runs_by_the_command_that_stands_there(blocks, tmp_path):
    # Given
    (code,) = blocks("README.md", "python")
    write_package(tmp_path, code)
    (command,) = [
        words
        for block in blocks("README.md", "sh")
        for words in command_lines(block)
        if words[:3] == ["python", "-m", "luigi"] and "--local-scheduler" in words
    ]
    # When
    done = subprocess.run(
        [sys.executable, *command[1:]], cwd=tmp_path, capture_output=True, text=True, timeout=50, check=False
    )
    # Then
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "data/hello-you.txt").read_text() == "Hello, you!\n"


def test_the_request_of_the_readme_is_accepted(blocks, product):
    # Given the project that the page describes
    write_package(product.folder, blocks("README.md", "python")[0])
    (ini,) = blocks("README.md", "ini")
    product.configure("")
    settings = (product.folder / "luigi.cfg").read_text().replace("modules = steps", ini.splitlines()[1])
    (product.folder / "luigi.cfg").write_text(settings)
    product.start()
    # When
    (words,) = [words for block in blocks("README.md", "sh") for words in command_lines(block) if words[0] == "curl"]
    body = json.loads(words[words.index("-d") + 1])
    answer = requests.post(f"{product.url}/api/v1/runs", json=body, headers={"Prefer": "wait=30"}, timeout=40)
    # Then
    assert (answer.status_code, answer.json()["state"]) == (200, "succeeded")
    assert (product.folder / "data/hello-you.txt").read_text() == "Hello, you!\n"


def test_the_python_of_the_how_to_does_what_it_says(blocks, service):
    # Given its code, with a service and a pipeline that are there
    (code,) = blocks("docs/how-to/from-a-program.md", "python")
    code = code.replace('"FlightsReport", month="2013-01"', '"Quick", name="from-a-program"')
    # When
    environment = {**os.environ, "LUIGI_TRIGGER_URL": service.url}
    subprocess.run([sys.executable, "-c", code], check=True, timeout=50, env=environment)
    # Then
    assert (service.folder / "out/from-a-program").exists()
