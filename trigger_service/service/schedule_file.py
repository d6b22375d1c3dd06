"""Schedules that stand in a file, `schedules.toml`: read when the service starts, and whenever the file changes.

    [nightly]
    pipeline = "FlightsReport"
    cron = "30 3 * * *"
    timezone = "Europe/Berlin"
    parameters = { month = "{{ fire_time - 1 day | month }}" }

What stands in the file is made, changed and removed there; people may pause it.
"""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date
from datetime import time as clock_time
from pathlib import Path
from typing import Any, get_type_hints

from trigger_service.domain.errors import InvalidRequest, Problem, TriggerError, Unavailable
from trigger_service.domain.mistakes import mend, shown
from trigger_service.domain.pointers import Pointer
from trigger_service.domain.run import RunRequest
from trigger_service.domain.schedule import Kind, Timing
from trigger_service.service.timetable import Timetable

log = logging.getLogger(__name__)

#: Seconds between two looks at the file.
EVERY_S = 5.0
#: How a timing says when it fires: the key in the file, and what `Timing` calls it.
_WHEN: Mapping[str, Kind] = {"cron": "cron", "every": "interval", "at": "once"}
_TIMING = {field.name for field in fields(Timing)} - {"kind", "expression"}
_REQUEST = {field.name for field in fields(RunRequest)}
_TYPES = {**get_type_hints(Timing), **get_type_hints(RunRequest)}


class ScheduleFile:
    """Keeps the schedules as the file says. A file that cannot be read, or is not there, changes nothing."""

    def __init__(self, path: Path, timetable: Timetable) -> None:
        self._path = path
        self._timetable = timetable
        #: Which file was looked at last, and whether all is as it says.
        self._seen: tuple[int, int] | None = None
        self._done = False
        #: What was told of each schedule of this file.
        self._told: dict[str, str] = {}

    def look(self) -> None:
        """Bring the schedules to what the file says: once it has changed, and again as long as some are not so.

        What a schedule is refused for may pass: its code is mended, its pipeline written.
        """
        try:
            found = self._path.stat()
        except FileNotFoundError:
            if self._seen is not None:
                self._seen = None
                log.warning("%s is gone; its schedules stay", self._path, extra={"action": "schedule_file_gone"})
            return
        seen = (found.st_mtime_ns, found.st_size)
        if seen != self._seen:
            self._seen, self._done = seen, False
            self._told.clear()
        if not self._done:
            self._done = self._synchronise()

    def _synchronise(self) -> bool:
        """Bring each schedule to what the file says; False where one is to be tried again later."""
        try:
            tables = tomllib.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            log.error("%s cannot be read: %s", self._path, error, extra={"action": "schedule_file_bad"})  # noqa: TRY400
            return True
        done = [self._save(name, table) for name, table in tables.items()]
        for schedule in self._timetable.listed():
            if schedule.managed_by == self._path.name and schedule.name not in tables:
                self._timetable.remove(schedule.name, self._path.name, managed_by=self._path.name)
        return all(done)

    def _save(self, name: str, table: Any) -> bool:
        """Save one schedule; False where it is refused, and stays as it was."""
        try:
            timing, request = read_schedule(name, table)
            self._timetable.save(name, timing, request, self._path.name, managed_by=self._path.name)
        except TriggerError as error:
            if self._told.get(name) != str(error):
                self._tell(name, error)
            return False
        self._told.pop(name, None)
        return True

    def _tell(self, name: str, error: TriggerError) -> None:
        """Say once why a schedule is not as it stands in the file."""
        self._told[name] = str(error)
        waits = isinstance(error, Unavailable)
        told = {"action": "schedule_file_waits" if waits else "schedule_file_bad"}
        level = logging.WARNING if waits else logging.ERROR
        log.log(level, "schedule %s of %s is not as it stands there: %s", name, self._path, error, extra=told)


def read_schedule(name: str, table: Any) -> tuple[Timing, RunRequest]:
    """What one table of the file says. Raises InvalidRequest with everything wrong in it, by key."""
    at = Pointer.of(name)
    if not isinstance(table, Mapping):
        raise InvalidRequest([Problem(str(at), f"expected a table, as in [{name}], not {shown(table)}")])
    entries = _plain(table)
    problems = list(_problems(at, entries))
    if problems:
        raise InvalidRequest(problems)
    when = next(key for key in _WHEN if key in entries)
    timing: dict[str, Any] = {key: value for key, value in entries.items() if key in _TIMING}
    request: dict[str, Any] = {key: value for key, value in entries.items() if key in _REQUEST}
    request["pools"] = tuple(request.get("pools", ()))
    return Timing(_WHEN[when], entries[when], **timing), RunRequest(**request)


def _plain(value: Any) -> Any:
    """The same as JSON has it: dates and times as texts."""
    if isinstance(value, Mapping):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    return value.isoformat() if isinstance(value, (date, clock_time)) else value


def _problems(at: Pointer, table: Mapping[str, Any]) -> Iterator[Problem]:
    known = [*_WHEN, *sorted(_TIMING), *sorted(_REQUEST)]
    for key in table:
        if key not in known:
            yield Problem(str(at / key), f"there is no key {key!r}; {mend(key, known)}")
    if len([key for key in _WHEN if key in table]) != 1:
        yield Problem(str(at), 'say when, by one of cron, every and at, as in cron = "30 3 * * *"')
    if "pipeline" not in table:
        yield Problem(str(at), 'say which pipeline, as in pipeline = "FlightsReport"')
    for key, value in table.items():
        expected = _expected(key)
        if expected and not _fits(expected, value):
            yield Problem(str(at / key), f"expected {expected}, not {shown(value)}")


def _expected(key: str) -> str:
    """What may stand at a key, in words; empty for what is judged elsewhere."""
    hint = str(_TYPES.get(key, ""))
    if key in _WHEN or key in ("start", "end"):
        return "a text"
    for part, words in (
        ("Tuple", "a list of texts"),
        ("Mapping", "a table"),
        ("float", "a number"),
        ("int", "a number"),
    ):
        if part in hint:
            return words
    return "a text" if hint else ""


def _fits(expected: str, value: Any) -> bool:
    if expected == "a list of texts":
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if expected == "a table":
        return isinstance(value, Mapping)
    if expected == "a number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, str)
