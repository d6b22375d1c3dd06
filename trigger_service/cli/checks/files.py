"""The files of the configuration, before Luigi reads them: its import fails where one cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from configparser import ConfigParser, Error
from pathlib import Path

from trigger_service.cli.checks.finding import Finding

STARTS_NOT = "`luigi-trigger up` refuses to start"
#: The code of a file that nothing can be known of.
UNREADABLE = "config-unreadable"


def config_files(folder: Path, variables: Mapping[str, str]) -> list[Path]:
    """Those that Luigi reads, the last one last: luigi.cfg, and what LUIGI_CONFIG_PATH names."""
    named = variables.get("LUIGI_CONFIG_PATH", "")
    return [folder / "luigi.cfg", *([folder / named] if named else [])]


def check_files(folder: Path, variables: Mapping[str, str]) -> Iterator[Finding]:
    """Whether they are there, and can be read."""
    yield from _missing(folder, variables.get("LUIGI_CONFIG_PATH", ""))
    parser = ConfigParser()
    for file in config_files(folder, variables):
        try:
            parser.read(str(file))
        except (Error, UnicodeDecodeError) as error:
            reason = str(error).replace("\n", " ")
            yield Finding(UNREADABLE, reason, str(file), STARTS_NOT, "Correct the line that is named.")


def _missing(folder: Path, named: str) -> Iterator[Finding]:
    if named and not (folder / named).is_file():
        why = "luigi leaves it out without a word, so other settings hold than those that were meant"
        yield Finding(
            "config-path-missing",
            f"LUIGI_CONFIG_PATH names a file that is not there: {named}",
            "the environment variable LUIGI_CONFIG_PATH",
            why,
            "Correct the variable, or unset it.",
        )
    elif not named and not (folder / "luigi.cfg").is_file():
        yield Finding(
            "config-missing",
            "There is no luigi.cfg.",
            str(folder),
            "nothing says which modules to offer, so there is nothing to trigger",
            "Go to your project's folder, or make a project with `luigi-trigger init`.",
        )
