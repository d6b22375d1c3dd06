"""The command `export`: a run as the plain `luigi` command that repeats it without us."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from trigger_service.cli import text
from trigger_service.cli.command_line import Surroundings, command_line
from trigger_service.cli.failures import SUCCESS
from trigger_service.cli.parameters import RunId
from trigger_service.cli.session import Session, talks_to_service
from trigger_service.finding import Announced, NoService, find_service

#: Variables in which Luigi and Python look for what a project is made of.
_OF_PROJECTS = ("LUIGI_CONFIG_PATH", "LUIGI_CONFIG_PARSER", "PYTHONPATH")
#: Sections that nobody but `up` reads.
_OUR_SECTIONS = ("[trigger_service]", "[limits]", "[pool:", "[location:", "[environment:", "[inbox:")
_READ_SETTINGS = (
    "from pathlib import Path; from trigger_service.settings import load_settings; "
    "print(load_settings(Path.cwd()).to_json())"
)


@click.command()
@click.argument("run_id", metavar="ID", type=RunId())
@talks_to_service
def export(session: Session, run_id: str) -> int:
    """Print the plain luigi command of a run.

    With the configuration and the variables of the run's place, so it is to be called in the project's folder, on the
    machine of the service. Private values are not in it: it takes them from variables, which are named on stderr.
    """
    service = find_service(Path.cwd())
    client = session.client
    if client.url != service.url.rstrip("/"):
        reason = f"{client.url} is not the service of this folder, so the configuration of its places is not known here"
        raise NoService(f"{reason}.\nCall it in the folder in which that service was started.")
    run = client.get(client.find(run_id))
    place = {"location": run["location"], "environment": run["environment"]}
    pipeline = client.pipeline(run["pipeline"], run["module"], **place)
    made = command_line(run, pipeline["parameters"], surroundings(service, run))
    if session.as_json:
        session.print_json({"run_id": run["id"], "command": made.text, "private": made.private})
        return SUCCESS
    shown = "\n".join(map(text.plain, made.text.split("\n"))) if session.on_terminal else made.text
    click.echo(shown)
    if shown != made.text:
        click.echo("What nobody sees is shown as \\x1b, say: the command itself goes into a file or a pipe.", err=True)
    for variable, what in made.private.items():
        click.echo(f"It takes {variable} from the environment: the value of {what}.", err=True)
    return SUCCESS


def surroundings(service: Announced, run: Mapping[str, Any]) -> Surroundings:
    """What the place of a run gives its tasks: of the configuration as it is now, and the environment of `up`."""
    from trigger_service.config import Location, Settings  # noqa: PLC0415 (only here)
    from trigger_service.domain.place import Place  # noqa: PLC0415
    from trigger_service.runner.overlays import MERGED  # noqa: PLC0415
    from trigger_service.supervisor.recipes import code_variables, configuration_files  # noqa: PLC0415

    inherited, python = _process(service.pid)
    settings = Settings.from_json(_settings(service.folder, inherited))
    place = Place(run["location"], run["environment"])
    if place not in settings.places:
        raise NoService(f"The place {place} of this run is in the configuration no more.\nPut its section back.")
    location = settings.locations.get(place.location, Location())
    variables = code_variables(settings, place, inherited)
    files = configuration_files(settings, place, inherited)
    if len(files) > 1:  # the zygote keeps a file of all of them, as it shows it to the tasks
        merged = place.folder(settings.home) / MERGED
        variables["LUIGI_CONFIG_PATH"] = str(merged if merged.exists() else files[-1])
    folder = Path(location.folder or service.folder)
    overlay = {name for name, value in variables.items() if inherited.get(name) != value}
    read = [folder / "luigi.cfg", *(folder / file for file in files)]
    wanted = {*overlay, *_named(read), *(name for name in _OF_PROJECTS if name in variables)}
    own = {name: variables.get(name) for name in sorted(wanted)}
    return Surroundings(location.python or python, str(folder), own)


def _settings(folder: Path, variables: Mapping[str, str]) -> str:
    """The settings as JSON, as `up` reads them there; in a process of its own, since luigi reads them at its import."""
    command = [sys.executable, "-P", "-c", _READ_SETTINGS]
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoService(f"The configuration of {folder} cannot be read:\n{done.stderr.strip()}")
    return done.stdout


def _process(pid: int) -> tuple[dict[str, str], str]:
    """The environment variables and the interpreter of a process; our own where they cannot be read."""
    try:
        pairs = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="surrogateescape").split("\0")
        python = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[0]
    except OSError:
        return dict(os.environ), sys.executable
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair), python or sys.executable


def _named(files: Iterable[Path]) -> set[str]:
    """The environment variables that configuration files take values from, in the sections that are not ours."""
    names: set[str] = set()
    for content in (file.read_text(errors="replace") for file in files if file.is_file()):
        ours = False
        for line in content.splitlines():
            if line.startswith("["):
                ours = line.startswith(_OUR_SECTIONS)
            elif not ours and not line.lstrip().startswith(("#", ";")):
                names.update(re.findall(r"\$\{(\w+)\}", line))
    return names
