"""The command `init`: a new project, whole, in files that are the user's own from then on."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePath

import click

from trigger_service.cli.failures import CONFLICT, SUCCESS

#: Names in a project whose files are shipped under another one: packaging leaves out what begins with a dot.
RENAMED = {"gitignore": ".gitignore"}


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON with stable fields.")
@click.pass_context
def init(context: click.Context, folder: Path, as_json: bool) -> int:
    """Make a new project in DIR, with a tutorial.

    A luigi.cfg, tasks/ with a small pipeline, a test of it that passes, and a README.md that shows what to do with it.
    Overwrites nothing: where one of its files is there, it names it and makes none (exit code 5).
    """
    project = {PurePath(path): source for path, source in starter(files(__package__) / "starter")}
    there = in_the_way(folder, project)
    if there:
        names = ", ".join(there)
        click.echo(f"{folder.absolute()} has {names} already, so nothing was made. Name an empty folder.", err=True)
        return CONFLICT
    for path, source in project.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            file.write(source.read_bytes())
    if as_json or context.find_root().params.get("as_json"):
        made = {"folder": str(folder.absolute()), "files": sorted(str(path) for path in project)}
        click.echo(json.dumps(made))
    else:
        click.echo("\n".join(next_steps(folder)))
    return SUCCESS


def starter(folder: Traversable, below: str = "") -> Iterator[tuple[str, Traversable]]:
    """The files of a new project: path in it, and source."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        path = f"{below}{RENAMED.get(entry.name, entry.name)}"
        if entry.is_file():
            yield path, entry
        elif entry.name != "__pycache__":
            yield from starter(entry, f"{path}/")


def in_the_way(folder: Path, project: dict[PurePath, Traversable]) -> list[str]:
    """What of a project is in `folder` already: files, and the outermost folders where a file would have to be."""
    return [str(path) for path in project if (folder / path).exists() or (folder / path).is_symlink()]


def next_steps(folder: Path) -> list[str]:
    """Three lines: where to go, what to start, what to do then."""
    there = "" if folder.absolute() == Path.cwd() else f"cd {shlex.quote(str(folder))} && "
    return [
        f"A project is in {folder.absolute()}; README.md there is its tutorial.",
        f"Start it:    {there}luigi-trigger up",
        f"Try it:      {there}luigi-trigger run SalesReport --follow    (in a second terminal)",
    ]
