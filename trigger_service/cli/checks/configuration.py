"""What the configuration says: are its keys known, is what it names there."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from luigi.configuration import LuigiConfigParser

from trigger_service.cli.checks.files import STARTS_NOT, config_files
from trigger_service.cli.checks.finding import Finding
from trigger_service.config import Settings
from trigger_service.domain.errors import InvalidSettings
from trigger_service.settings import NAMED, SECTIONS, missing, read_settings

_OURS = [kind.__name__ for kind in (*SECTIONS, *NAMED)]
_RESTART = "then start `luigi-trigger up` again"
#: Luigi's own sections whose names look like ours.
_OF_LUIGI = ("local_scheduler", "scheduler", "resources", "worker", "core")


def read_configuration(folder: Path, variables: Mapping[str, str]) -> tuple[Settings | None, list[Finding]]:
    """The settings of a project, None where they cannot be used, and what is wrong in files that can be read."""
    files = [str(file) for file in config_files(folder, variables)]
    parser = LuigiConfigParser()
    parser.read(files)
    findings = list(_sections(parser, files[-1]))
    try:
        settings = read_settings(parser, folder)
    except InvalidSettings as invalid:
        return None, [*findings, *_keys(invalid, files[0])]
    findings += [_missing(fault, files[0]) for fault in missing(settings)]
    return settings, [*findings, *_meaning(parser, settings, files[0])]


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
        yield Finding(code, what, file, STARTS_NOT, _sentence(mend))


def _missing(fault: str, file: str) -> Finding:
    what, _, why = fault.partition(": ")
    mend = "Correct the path, or make what it names."
    return Finding("config-names-nothing", f"{what}: {why}", file, STARTS_NOT, mend)


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
