"""Where the service of a folder is, and what to say to somebody who has none there."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from trigger_service.domain.place import SERVICE_FILE

#: Where the state of a project is, unless its luigi.cfg says otherwise.
HOME = ".luigi-trigger"
_START = "luigi-trigger up"


class NoService(Exception):
    """The command line cannot tell where the service is."""


@dataclass(frozen=True)
class Announced:
    """What a service.json says; its service may have been killed meanwhile."""

    #: The project's folder, in which `up` was started.
    folder: Path
    file: Path
    url: str
    pid: int

    @property
    def lives(self) -> bool:
        """Whether there is a process with the pid that it names."""
        return Path(f"/proc/{self.pid}").exists()


def find_service(folder: Path) -> Announced:
    """The service that was started in `folder` or one above it, the nearest that lives; raises NoService."""
    found = list(_announced((folder, *folder.parents)))
    living = [service for service in found if service.lives]
    if not found:
        raise NoService(f"No Luigi Trigger service runs in {folder} or above it.\n{_where_to_go(folder)}")
    return (living or found)[0]


def advice(folder: Path, url: str) -> str:
    """What to do where nothing answers at `url`, for somebody in `folder`."""
    services = list(_announced((folder, *folder.parents)))
    mine = next((service for service in services if service.url == url), None)
    if mine is None:
        other = next((service for service in services if service.lives), None)
        if other is not None:
            return f"One runs for {other.folder}, at {other.url}: leave out --url and LUIGI_TRIGGER_URL to use it."
        return f"Start it with `{_START}` in the project's folder, or correct --url or LUIGI_TRIGGER_URL."
    if not mine.lives:
        left = f"{mine.file} is left from a service (pid {mine.pid}) that was killed."
        return f"{left} Start it again with `{_START}` in {mine.folder}."
    log = mine.file.with_name("logs") / "service.log"
    return f"Its supervisor (pid {mine.pid}) lives, so it may be starting: try again in a moment, or look into {log}."


def home_of(folder: Path) -> Path | None:
    """The home folder of the project in `folder`, as its luigi.cfg says; None where it is no project."""
    if (folder / HOME).is_dir():
        return folder / HOME
    home = _configured(folder / "luigi.cfg")
    return folder / home if home is not None else None


def _announced(folders: tuple[Path, ...]) -> Iterator[Announced]:
    for folder in folders:
        home = home_of(folder)
        file = home / SERVICE_FILE if home else None
        if file is None or not file.exists():
            continue
        try:
            told = json.loads(file.read_text())
            yield Announced(folder, file, str(told["url"]), int(told.get("pid", 0)))
        except (OSError, ValueError, KeyError, TypeError) as error:
            reason = f"{type(error).__name__}: {error}"
            mend = f"Delete it, and start the service again with `{_START}` in {folder}."
            raise NoService(f"{file} cannot be used ({reason}).\n{mend}") from error


def _where_to_go(folder: Path) -> str:
    """The nearest project that could be started, a running service in a folder below, or how to begin."""
    for place in (folder, *folder.parents):
        if _configured(place / "luigi.cfg") is not None:
            return f"Start it: {_START}" if place == folder else f"Start it: cd {shlex.quote(str(place))} && {_START}"
    for below in _announced(tuple(sorted(path.parent for path in folder.glob(f"*/{HOME}")))):
        if below.lives:
            return f"One runs in {below.folder}: go there, or use --url {below.url}"
    has_file = (folder / "luigi.cfg").exists()
    missing = "The luigi.cfg here has no section [trigger_service]" if has_file else "There is no luigi.cfg here"
    mend = f"Start `{_START}` in your project's folder, name the service with --url or LUIGI_TRIGGER_URL, or make a"
    return f"{missing}. {mend} project with `luigi-trigger init`."


def _configured(file: Path) -> str | None:
    """`[trigger_service] home` of a luigi.cfg; None where the file is not there, or has no such section."""
    try:
        text = file.read_text()
    except (OSError, UnicodeDecodeError):
        return None
    if "[trigger_service]" not in text:
        return None
    from configparser import Error, RawConfigParser  # noqa: PLC0415 (most calls do without)

    parser = RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except Error:
        return HOME
    return parser.get("trigger_service", "home", fallback=HOME)
