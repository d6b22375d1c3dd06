"""Completion by a real shell: commands, options and, where the service is up, pipelines, parameters and runs."""

import os
import subprocess
import sys

import pytest
from calls import COMMAND

#: Calls the function that bash would call for the last word of a line, and prints what it offers.
SCRIPT = """
luigi-trigger() {{ {command} "$@"; }}
export -f luigi-trigger
eval "$(luigi-trigger completion bash)"
COMP_WORDS=({line}); COMP_CWORD=$(({words} - 1)); COMPREPLY=()
_luigi_trigger_completion luigi-trigger
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def offered(tmp_path):
    """What bash offers for a line whose last word is begun, or empty."""
    program = tmp_path / "luigi-trigger"
    program.write_text(f"#!{sys.executable}\n{COMMAND[2]}\n")
    program.chmod(0o700)

    def offer(*words, **variables):
        line = " ".join(word or "''" for word in words)
        script = SCRIPT.format(command=program, line=line, words=len(words))
        environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", **variables}
        done = subprocess.run(["bash", "--norc", "-c", script], env=environment, capture_output=True, text=True)
        return done.stdout.split(), done.stderr

    return offer


def test_commands_and_options_are_offered(offered):
    assert offered("luigi-trigger", "re") == (["retry"], "")
    assert offered("luigi-trigger", "runs", "--st") == (["--state"], "")


def test_pipelines_are_offered_where_the_service_is_up(offered, served):
    assert offered("luigi-trigger", "run", "He") == (["Hello"], "")
    assert offered("luigi-trigger", "pipelines", "F") == (["Fails"], "")


def test_parameters_of_the_pipeline_are_offered(offered, served):
    assert offered("luigi-trigger", "run", "Hello", "-p", "w") == (["who="], "")


def test_ids_of_runs_are_offered(offered, served, luigi_trigger):
    run_id = luigi_trigger("run", "Hello", "-p", "who=you", "--wait").out.split("\t")[0]

    assert offered("luigi-trigger", "logs", run_id[:6]) == ([run_id], "")


def test_without_a_service_nothing_is_offered_and_nothing_said(offered):
    assert offered("luigi-trigger", "run", "He", LUIGI_TRIGGER_URL="http://127.0.0.1:1") == ([], "")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_theirs(luigi_trigger, shell):
    said = luigi_trigger("completion", shell)

    assert said.code == 0
    assert "_LUIGI_TRIGGER_COMPLETE" in said.out
