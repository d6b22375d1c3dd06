"""The commands `db upgrade`, `db prune` and `db backup`: they work on the file, whether the service is up or not."""

from __future__ import annotations

import functools
import json
import re
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from trigger_service.cli.failures import SUCCESS
from trigger_service.config import Settings
from trigger_service.domain.errors import CannotStart, DatabaseTooOld, NoDatabase
from trigger_service.domain.retention import DAY_S, Keep, Pruning

_SPAN = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)([smhdw])")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": DAY_S, "w": 7 * DAY_S}


class Span(click.ParamType[float]):
    """A span of time, converted to days."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number of days."""
        match = _SPAN.fullmatch(str(value))
        if match is None:
            self.fail(f"{value!r} is not a span of time like 90m, 36h, 30d or 8w.", param, ctx)
        return float(match[1]) * _UNITS[match[2]] / DAY_S


class Room(click.ParamType[int]):
    """Room on a disk, converted to bytes."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number of bytes."""
        from trigger_service.setting_keys import Size  # noqa: PLC0415 (imports luigi)

        try:
            return Size(default=0, description="").parse(str(value))
        except ValueError:
            self.fail(f"{value!r} is not {Size.expected}.", param, ctx)


@click.group()
def db() -> None:
    """Look after the database of the project in the current folder."""


def _on_the_file(command: Callable[..., dict[str, Any]]) -> Callable[..., int]:
    """Add `--json`, give the command the settings of the project, and print what it gives."""

    @click.option("--json", "as_json", is_flag=True, help="Print JSON with stable fields.")
    @click.pass_context
    @functools.wraps(command)
    def wrapper(context: click.Context, /, as_json: bool, **arguments: Any) -> int:
        as_json = as_json or bool(context.find_root().params.get("as_json"))
        told = command(_settings(), **arguments)
        sentence = told.pop("sentence")
        click.echo(json.dumps(told) if as_json else sentence)
        return SUCCESS

    return wrapper


def _settings() -> Settings:
    from trigger_service.settings import load_settings  # noqa: PLC0415 (imports luigi)

    settings = load_settings(Path.cwd())
    if not _file(settings).exists():
        raise NoDatabase(path=_file(settings))
    return settings


def _file(settings: Settings) -> Path:
    return settings.home / "database.sqlite3"


@db.command()
@_on_the_file
def upgrade(settings: Settings) -> dict[str, Any]:
    """Bring the database to the version of this luigi-trigger. `up` does the same when it starts."""
    from trigger_service.store.schema import HEAD, open_as_it_is, upgraded  # noqa: PLC0415 (is slow to import)
    from trigger_service.supervisor.home import held_home  # noqa: PLC0415

    try:
        with held_home(settings.home):
            before, after = upgraded(_file(settings))
    except CannotStart as held:
        try:
            with closing(open_as_it_is(_file(settings))):
                before = after = HEAD
        except DatabaseTooOld:
            raise held from None
    done = f"has been upgraded from version {before}" if before != after else "was there before"
    told = f"{_file(settings)} is of version {after}; it {done}."
    return {"path": str(_file(settings)), "from": before, "to": after, "sentence": told}


@db.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_on_the_file
def backup(settings: Settings, file: Path) -> dict[str, Any]:
    """Copy the database to the new file FILE, while the service goes on.

    Put in the place of `database.sqlite3` in the home folder, it is that of the moment of the copy. Private values of
    parameters can only be read with the file `secrets.key`, and the output of runs is in the folder `runs`, both in the
    home folder.
    """
    from trigger_service.store.backup import backup as copied  # noqa: PLC0415 (is slow to import)

    size = copied(_file(settings), file)
    return {"file": str(file.absolute()), "bytes": size, "sentence": f"{file} has {_room(size)}, and is sound."}


@db.command()
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--older-than", type=Span(), metavar="SPAN", help="Runs that ended so long ago go: 36h, 30d, 8w.")
@click.option("--keep-runs", type=click.IntRange(0), metavar="N", help="So many ended runs stay (0: no limit).")
@click.option("--keep-size", type=Room(), metavar="SIZE", help="So much room may be taken, like 500MiB (0: no limit).")
@_on_the_file
def prune(settings: Settings, dry_run: bool, **limits: Any) -> dict[str, Any]:
    """Delete old runs now, by the limits in [retention] of luigi.cfg, or by others that are given here."""
    from trigger_service.service.retention import Retention  # noqa: PLC0415 (these are slow to import)
    from trigger_service.store.schema import open_as_it_is  # noqa: PLC0415

    database = open_as_it_is(_file(settings))
    try:
        retention = Retention(settings.home, database, _keep(settings.keep, **limits), time.sleep)
        done = retention.preview(time.time()) if dry_run else retention.prune(time.time())
    finally:
        database.close()
    return {**done.to_json(), "dry_run": dry_run, "sentence": _sentence(done, dry_run)}


def _keep(keep: Keep, older_than: float | None, keep_runs: int | None, keep_size: int | None) -> Keep:
    return replace(
        keep,
        days=keep.days if older_than is None else older_than,
        runs=keep.runs if keep_runs is None else keep_runs,
        size=keep.size if keep_size is None else keep_size,
    )


def _sentence(done: Pruning, dry_run: bool) -> str:
    gone = sum(done.runs.values())
    reasons = ", ".join(f"{count} for their {why}" for why, count in done.runs.items() if count)
    verb = "would go" if dry_run else "went"
    head = f"{gone} run{'' if gone == 1 else 's'} {verb}" + (f" ({reasons})" if reasons else "")
    freed = _room(done.folders_freed + done.database_freed)
    return (
        f"{head}, {done.kept} {'would stay' if dry_run else 'stay'}; {freed} {'would be' if dry_run else 'were'} given "
        f"back. Folders take {_room(done.folders)} now, the database {_room(done.database)}."
    )


def _room(size: int) -> str:
    """Bytes as people say them."""
    value = float(size)
    for unit in ("bytes", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.0f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"
