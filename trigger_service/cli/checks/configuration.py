"""The configuration: is it there, can it be read, are its keys known, is what it names there."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from configparser import Error
from pathlib import Path

from luigi.configuration import LuigiConfigParser

from trigger_service.cli.checks.finding import Finding
from trigger_service.config import Settings
from trigger_service.domain.errors import InvalidSettings
from trigger_service.settings import NAMED, SECTIONS, missing, read_settings

_STARTS_NOT = "`luigi-trigger up` refuses to start"
_OURS = [kind.__name__ for kind in (*SECTIONS, *NAMED)]
_RESTART = "then start `luigi-trigger up` again"
#: Luigi's own sections whose names look like ours.
_OF_LUIGI = ("local_scheduler", "scheduler", "resources", "worker", "core")


def read_configuration(folder: Path, variables: Mapping[str, str]) -> tuple[Settings | None, list[Finding]]:
    """The settings of a project, None where they cannot be read, and all that is wrong with its configuration."""
    named = variables.get("LUIGI_CONFIG_PATH", "")
    files = [folder / "luigi.cfg", *([folder / named] if named else [])]
    findings = list(_files(folder, named))
    parser = LuigiConfigParser()
    for file in files:
        try:
            parser.read([str(file)])
        except (Error, UnicodeDecodeError) as error:
            reason = str(error).replace("\n", " ")
            mend = "Correct the line that is named."
            return None, [*findings, Finding("config-unreadable", reason, str(file), _STARTS_NOT, mend)]
    findings += _sections(parser, str(files[-1] if named else files[0]))
    try:
        settings = read_settings(parser, folder)
    except InvalidSettings as invalid:
        return None, [*findings, *_keys(invalid, str(files[0]))]
    findings += [_missing(fault, str(files[0])) for fault in missing(settings)]
    return settings, [*findings, *_meaning(parser, settings, str(files[0]))]


def _files(folder: Path, named: str) -> Iterator[Finding]:
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


def _sections(parser: LuigiConfigParser, file: str) -> Iterator[Finding]:
    """Sections that look like ours, with a slip in their name."""
    for section in parser.sections():
        kind = section.partition(":")[0]
        if kind in _OURS or kind in _OF_LUIGI:
            continue
        near = difflib.get_close_matches(kind.lower().replace("-", "_"), _OURS, n=1, cutoff=0.8)
        if near:
            meant = section.replace(kind, near[0], 1)
            yield Finding(
                "config-section",
                f"[{section}] is no section of Luigi Trigger",
                file,
                "what stands in it is not read",
                f"If [{meant}] is meant, write that, {_RESTART}.",
            )


def _keys(invalid: InvalidSettings, file: str) -> Iterator[Finding]:
    for fault in str(invalid.ids["problems"]).strip().removeprefix("- ").split("\n- "):
        what, _, mend = fault.partition(": ")
        code = "config-key" if " is not known" in what else "config-value"
        yield Finding(code, what, file, _STARTS_NOT, _sentence(mend))


def _missing(fault: str, file: str) -> Finding:
    what, _, why = fault.partition(": ")
    mend = "Correct the path, or make what it names."
    return Finding("config-names-nothing", f"{what}: {why}", file, _STARTS_NOT, mend)


def _meaning(parser: LuigiConfigParser, settings: Settings, file: str) -> Iterator[Finding]:
    if not settings.modules and not any(location.modules for location in settings.locations.values()):
        yield Finding(
            "no-modules",
            "No modules are named.",
            f"{file}, [trigger_service] modules",
            "there is nothing to trigger",
            "Name the modules or packages with your tasks: modules = tasks",
        )
    yield from _inboxes(settings, file)
    for key in ("scheduler_port", "default_scheduler_port"):
        port = parser.get("core", key, "")
        if port and settings.luigid_port and re.fullmatch(r"\d+", port) and int(port) != settings.luigid_port:
            yield Finding(
                "plain-luigi-elsewhere",
                f"[core] {key} is {port}, but luigid will listen on {settings.luigid_port}",
                file,
                "plain `luigi` commands do not see what runs are doing, and may do it a second time",
                f"Set it to {settings.luigid_port}, or [trigger_service] luigid_port to {port}.",
                "warning",
            )


def _inboxes(settings: Settings, file: str) -> Iterator[Finding]:
    for name, inbox in settings.inboxes.items():
        if inbox.kind == "folder" and not Path(inbox.url).is_dir():
            yield Finding(
                "inbox-missing",
                f"There is no folder {inbox.url}.",
                f"{file}, [inbox:{name}] url",
                "sensors that look at it start no runs",
                "Make it, or correct the path.",
                "warning",
            )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else "Correct the line."
