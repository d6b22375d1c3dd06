"""`luigi-trigger export`: the plain command that it prints gives the same outputs in an empty environment."""

import json
import os
import re
import subprocess
import sys

import pytest
from luigi.interface import core
from product import COMMAND, Product

from trigger_service.cli.command_line import LUIGI_OWN

#: What a shell, luigi's command line or a line of a table could trip over.
HOSTILE = 'it\'s "so" $HOME `id` $(id) \\ * ;& | <a> #\n--ä  -x=1 %s ${HOME}'
TASKS = '''
import datetime, json, os
import luigi
from luigi.parameter import ParameterVisibility

class Config(luigi.Config):
    root = luigi.Parameter(default="out")
    taste = luigi.Parameter(default="plain")
    depth = luigi.Parameter(default="shallow")

class Tell(luigi.Task):
    """Writes down everything it is told."""
    name = luigi.Parameter()
    count = luigi.IntParameter(default=3)
    loud = luigi.BoolParameter()
    open_minded = luigi.BoolParameter(default=True, parsing=luigi.BoolParameter.EXPLICIT_PARSING)
    note = luigi.Parameter(default="none")
    maybe = luigi.OptionalParameter(default=None)
    words = luigi.ListParameter(default=[])
    table = luigi.DictParameter(default={})
    day = luigi.DateParameter(default=datetime.date(2024, 1, 2))
    password = luigi.Parameter(default="default", visibility=ParameterVisibility.PRIVATE, significant=False)

    def output(self):
        return luigi.LocalTarget(f"{Config().root}/{self.task_id[-10:]}.json")

    def run(self):
        told = {name: str(getattr(self, name)) for name, _ in self.get_params()}
        told.update(taste=Config().taste, depth=Config().depth, greeting=os.environ.get("GREETING"), folder=os.getcwd())
        with self.output().open("w") as file:
            json.dump(told, file, sort_keys=True)

class Crew(Tell):
    """Has a parameter of a name that luigi's own command line takes."""
    workers = luigi.IntParameter(default=1)

class Secret(Tell):
    """Needs a private value."""
    key = luigi.Parameter(visibility=ParameterVisibility.PRIVATE, significant=False)
'''
SETTINGS = """
[environment:staging]
variables = {"GREETING": "hi 'you' $HOME", "API_TOKEN": "s3cret-token"}
config = one.cfg, two.cfg
roots = {"DATA_ROOT": "staging out"}

[location:elsewhere]
folder = else where
path = lib
modules = tell_elsewhere
"""
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A service with a second location and a second environment."""
    made = Product(tmp_path_factory.mktemp("export"), SETTINGS)
    lib = made.folder / "else where/lib"
    lib.mkdir(parents=True)
    (made.folder / "steps.py").write_text(TASKS)
    (lib / "tell_elsewhere.py").write_text(re.sub("(Tell|Crew|Secret)", r"Far\1", TASKS))
    (made.folder / "one.cfg").write_text("[Config]\nroot = ${DATA_ROOT}\ntaste = sour\n")
    (made.folder / "two.cfg").write_text("[Config]\ntaste = sweet\n")
    try:
        yield made.start()
    finally:
        made.end()


def exported(project, run_id, *options):
    """What `export` prints for a run: the command and what it says beside it."""
    done = subprocess.run([COMMAND, "export", run_id, *options], cwd=project.folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def told(project, pipeline, parameters, variables=None, **more):
    """What a run wrote and what its exported command writes, from an empty environment and another folder."""
    run_id = project.trigger_with(pipeline, parameters, **more)
    project.reaches(run_id, "succeeded")
    (output,) = project.folder.rglob(f"{project.get(f'/runs/{run_id}')['task_id'][-10:]}.json")
    by_service = json.loads(output.read_text())
    output.unlink()
    command, _ = exported(project, run_id)
    environment = {**ENVIRONMENT, **(variables or {})}
    done = subprocess.run(["sh", "-c", command], cwd="/", env=environment, capture_output=True, text=True, timeout=50)
    assert output.exists(), f"{command}\n{done.stdout}\n{done.stderr}"
    return by_service, json.loads(output.read_text()), command


@pytest.mark.parametrize(
    ("pipeline", "parameters"),
    [
        ("Tell", {"name": HOSTILE, "words": [HOSTILE, "-"], "table": {"a'b": HOSTILE}}),
        ("Tell", {"name": "-x", "loud": True, "count": -5, "maybe": "--count=7", "day": "2013-01-31"}),
        ("Tell", {"name": "", "note": "", "open_minded": False}),
        ("Crew", {"name": HOSTILE, "workers": 2}),
    ],
    ids=["hostile", "flags", "what luigi's command line cannot say", "a parameter called workers"],
)
def test_the_command_gives_the_same_outputs(project, pipeline, parameters):
    by_service, by_luigi, command = told(project, pipeline, parameters)

    assert by_luigi == by_service
    assert by_service["name"] == parameters["name"]
    assert sys.executable in command


def test_in_an_environment_it_has_its_variables_files_and_roots_and_no_private_value(project):
    variables = {"API_TOKEN": "another"}

    by_service, by_luigi, command = told(project, "Tell", {"name": "staged"}, variables, environment="staging")

    assert by_luigi == by_service
    assert (by_service["taste"], by_service["greeting"]) == ("sweet", "hi 'you' $HOME")
    assert list((project.folder / "staging out").glob("*.json"))
    assert "s3cret-token" not in command
    assert "API_TOKEN" in command


def test_in_a_location_it_has_its_folder_and_search_path(project):
    by_service, by_luigi, command = told(project, "FarTell", {"name": "far"}, location="elsewhere")

    assert by_luigi == by_service
    assert by_service["folder"] == str(project.folder / "else where")
    assert "PYTHONPATH" in command


def test_private_values_come_from_variables_that_it_names(project):
    run_id = project.trigger_with("Secret", {"name": "hush", "key": "very-private", "password": "too"})
    project.reaches(run_id, "succeeded")

    command, beside = exported(project, run_id)
    document = json.loads(exported(project, run_id, "--json")[0])
    refused = subprocess.run(["sh", "-c", command], env=ENVIRONMENT, capture_output=True, text=True)

    assert "very-private" not in command + beside + json.dumps(document)
    assert "PRIVATE_KEY" in beside
    assert document["command"] + "\n" == command
    assert set(document["private"]) == {"PRIVATE_KEY", "PRIVATE_PASSWORD"}
    assert refused.returncode != 0
    assert "PRIVATE_KEY: has to be set" in refused.stderr
    private = {"PRIVATE_KEY": "$(id)", "PRIVATE_PASSWORD": "p q"}
    _, by_luigi, _ = told(project, "Secret", {"name": "x", "key": "k"}, private)
    assert (by_luigi["key"], by_luigi["password"]) == ("$(id)", "p q")


def test_for_the_service_of_another_folder_it_says_where_to_call_it(project, tmp_path):
    done = subprocess.run(
        [COMMAND, "export", "0000", "--url", "http://127.0.0.1:1"],
        cwd=project.folder,
        env={**os.environ},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 5
    assert "Call it in the folder in which that service was started" in done.stderr


def test_it_knows_the_options_that_luigi_itself_takes():
    assert {name for name, _ in core.get_params()} <= LUIGI_OWN
