"""Which environment variables, files and commands the processes of a place are started with."""

import sys
from pathlib import Path

import pytest

from trigger_service.config import Environment, Location, Settings
from trigger_service.domain.place import Place
from trigger_service.supervisor.recipes import configuration_files, luigid_recipe, place_variables, zygote_recipe

INHERITED = {"PATH": "/bin", "PYTHONPATH": "/ours", "VIRTUAL_ENV": "/venv", "LUIGI_CONFIG_PATH": "/ours.cfg"}
STAGED = Place("default", "staging")
REPORTS = Place("reports", "staging")


@pytest.fixture
def settings(tmp_path):
    reports = Location(python="/other/python", folder="/reports", path=("/reports/lib",), config="/reports/own.cfg")
    staging = Environment({"WHO": "stage", "PYTHONHASHSEED": "1"}, ("/a.cfg", "/b.cfg"), {"ROOT": "/data"})
    made = Settings(home=tmp_path, locations={"reports": reports}, environments={"staging": staging})
    ports = {str(place): number for number, place in enumerate(made.places, 1)}
    for place in made.places:
        (place.folder(tmp_path) / "logs").mkdir(parents=True)
    return Settings(tmp_path, locations=made.locations, environments=made.environments, luigid_ports=ports)


def test_the_default_place_finds_what_up_was_started_with(settings):
    assert place_variables(settings, Place(), INHERITED) == INHERITED
    assert zygote_recipe(settings, Place(), INHERITED).folder is None


def test_an_overlay_lies_above_the_configuration_that_up_was_started_with(settings):
    assert configuration_files(settings, STAGED, INHERITED) == ("/ours.cfg", "/a.cfg", "/b.cfg")
    found = place_variables(settings, STAGED, INHERITED)
    inherited = {name: text for name, text in INHERITED.items() if name != "LUIGI_CONFIG_PATH"}
    assert found == {**inherited, "WHO": "stage", "PYTHONHASHSEED": "1", "ROOT": "/data"}


def test_another_interpreter_inherits_nothing_that_belongs_to_ours(settings):
    recipe = zygote_recipe(settings, REPORTS, INHERITED)
    assert recipe.argv[0] == "/other/python"
    assert Path(recipe.argv[1]).name == "bridge.py"
    assert recipe.folder == "/reports"
    assert recipe.variables["PYTHONPATH"] == "/reports/lib"
    assert "VIRTUAL_ENV" not in recipe.variables
    files = [word for option, word in zip(recipe.argv, recipe.argv[1:], strict=False) if option == "--config"]
    assert files == ["/reports/own.cfg", "/a.cfg", "/b.cfg"]


def test_luigid_of_another_location_runs_on_our_interpreter_in_that_ones_folder(settings):
    recipe = luigid_recipe(settings, REPORTS, INHERITED)
    assert recipe.argv[0] == sys.executable
    assert (recipe.folder, recipe.variables["PYTHONPATH"]) == ("/reports", "/ours")
    assert recipe.variables["ROOT"] == "/data"
