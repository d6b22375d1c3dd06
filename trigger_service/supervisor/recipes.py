"""How each process is started: its command, its folder, and the environment variables that it finds."""

from __future__ import annotations

import os
from collections.abc import Mapping

from trigger_service.config import Environment, Location, Settings
from trigger_service.domain.place import Place
from trigger_service.runner.bridge import BRIDGE
from trigger_service.service.doorbell import doorbell_name
from trigger_service.supervisor import python_command
from trigger_service.supervisor.children import Recipe
from trigger_service.supervisor.home import log_file

#: What belongs to the interpreter that `up` was started with, and would lead another one astray.
OF_AN_INTERPRETER = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
#: The variable in which luigi looks for its configuration file.
CONFIG_PATH = "LUIGI_CONFIG_PATH"
ZYGOTE = "trigger_service.runner.zygote"


def service_recipe(settings: Settings, handed_on: int, web: int, lock: int) -> Recipe:
    """The service; the descriptors are those of its settings, of its socket, and of the lock of the home folder."""
    argv = [*python_command("trigger_service.serving"), str(handed_on), str(web)]
    return Recipe("the service", argv, log_file(settings.home, "service"), (handed_on, web, lock))


def zygote_recipe(settings: Settings, place: Place, inherited: Mapping[str, str]) -> Recipe:
    """The zygote of a place, on its interpreter; `inherited` are the supervisor's environment variables."""
    location = settings.locations.get(place.location, Location())
    command = [location.python, BRIDGE, ZYGOTE] if location.python else python_command(ZYGOTE)
    folder = place.folder(settings.home)
    own = ["--home", str(folder), "--doorbell", doorbell_name(settings.home), *_to_read(settings, place, inherited)]
    variables = code_variables(settings, place, inherited)
    log = log_file(folder, "zygote")
    return Recipe(f"the zygote{_of(place)}", [*command, *own], log, (), location.folder or None, variables, place)


def luigid_recipe(settings: Settings, place: Place, inherited: Mapping[str, str]) -> Recipe:
    """The luigid of a place: always on the service's interpreter, with the place's configuration."""
    location = settings.locations.get(place.location, Location())
    folder = place.folder(settings.home)
    port = str(settings.luigid_ports[str(place)])
    own = ["--port", port, "--state-dir", str(folder / "luigid"), "--info", str(folder / "luigid.json")]
    argv = [*python_command("trigger_service.luigid"), *own, *_to_read(settings, place, inherited)]
    variables = place_variables(settings, place, inherited)
    for name in OF_AN_INTERPRETER:
        variables.pop(name, None)
        variables.update({name: inherited[name]} if name in inherited else {})
    log = log_file(folder, "luigid")
    return Recipe(f"luigid{_of(place)}", argv, log, (), location.folder or None, variables, place)


def code_variables(settings: Settings, place: Place, inherited: Mapping[str, str]) -> dict[str, str]:
    """The environment variables that users' code finds in a place: `place_variables`, and its search path."""
    variables = place_variables(settings, place, inherited)
    path = settings.locations.get(place.location, Location()).path
    if path:
        before = [variables["PYTHONPATH"]] if variables.get("PYTHONPATH") else []
        variables["PYTHONPATH"] = os.pathsep.join([*path, *before])
    return variables


def place_variables(settings: Settings, place: Place, inherited: Mapping[str, str]) -> dict[str, str]:
    """The environment variables of a place: the inherited ones with the overlay of its environment."""
    location, overlay = settings.locations.get(place.location), settings.environments.get(place.environment)
    foreign = (CONFIG_PATH, *(OF_AN_INTERPRETER if location and location.python else ())) if location else ()
    variables = {name: text for name, text in inherited.items() if name not in foreign}
    if overlay is not None:
        variables.update({**overlay.variables, **overlay.roots})
    files = configuration_files(settings, place, inherited)
    if len(files) > 1:  # luigi knows only one: the others are named by options, and the zygote shows users' code all
        variables.pop(CONFIG_PATH, None)
    return {**variables, **({CONFIG_PATH: files[0]} if len(files) == 1 else {})}


def configuration_files(settings: Settings, place: Place, inherited: Mapping[str, str]) -> tuple[str, ...]:
    """What luigi reads there besides the luigi.cfg of the working directory, each above those before it."""
    location = settings.locations.get(place.location, Location(config=inherited.get(CONFIG_PATH, "")))
    overlay = settings.environments.get(place.environment, Environment())
    return (*((location.config,) if location.config else ()), *overlay.config)


def _to_read(settings: Settings, place: Place, inherited: Mapping[str, str]) -> list[str]:
    """Options that name the files, where the one variable that luigi knows does not do."""
    files = configuration_files(settings, place, inherited)
    return [word for file in files for word in ("--config", file)] if len(files) > 1 else []


def _of(place: Place) -> str:
    return "" if place.is_default else f" of {place}"
