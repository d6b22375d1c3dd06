"""What a failed request means for the person at the terminal: a sentence on stderr, and an exit code."""

from __future__ import annotations

from configparser import Error as FileError
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trigger_service.domain.errors import InvalidSettings, NoDatabase, NotFound, TriggerError
from trigger_service.finding import NoService, advice

if TYPE_CHECKING:
    from trigger_service.client import ApiError

SUCCESS, RUN_FAILED, USAGE, NOT_FOUND, AUTH, CONFLICT, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130
#: By HTTP status; anything else is a conflict with the present state of the service.
_CODES = {400: USAGE, 413: USAGE, 415: USAGE, 422: USAGE, 404: NOT_FOUND, 401: AUTH, 403: AUTH}


class NoProject(Exception):
    """The command needs a project, and stands in the folder of none."""


#: Errors whose own words say all; the first kind counts. Luigi reads luigi.cfg already when it is imported.
_PLAIN = (
    (NoService, CONFLICT), (NoProject, NOT_FOUND), (FileError, USAGE),
    (NotFound, NOT_FOUND), (NoDatabase, NOT_FOUND), (InvalidSettings, USAGE), (TriggerError, CONFLICT),
)  # fmt: skip


def explained(error: Exception) -> int:
    """Say what went wrong on stderr and give the exit code; raises `error` again where it is none we know."""
    code = next((code for kind, code in _PLAIN if isinstance(error, kind)), None)
    if code is not None:
        click.echo(str(error), err=True)
        return code
    from trigger_service.client import ApiError, ServiceUnreachable, WaitedTooLong  # noqa: PLC0415 (is slow to import)

    if isinstance(error, ServiceUnreachable):
        click.echo(f"{error}.\n{advice(Path.cwd(), error.url)}", err=True)
        return CONFLICT
    if isinstance(error, WaitedTooLong):
        click.echo("The time to wait is over; the run goes on.", err=True)
        return CONFLICT
    if isinstance(error, ApiError):
        click.echo("\n".join([*lines(error), *([_SIGN_IN] if error.status == 401 else [])]), err=True)
        return _CODES.get(error.status, CONFLICT)
    raise error


def lines(error: ApiError) -> list[str]:
    """A refusal as lines of text: its sentence or, where there are several problems, one line for each."""
    if error.problems:
        count = len(error.problems)
        head = f"{error.document['title']}: {count} problem{'s' if count > 1 else ''}"
        return [head, *(f"  {_place(pointer)}: {detail}" for pointer, detail in error.problems)]
    if error.status >= 500:
        return [f"{error.document['detail']} (request {error.document.get('request_id')})"]
    return [error.document["detail"], *_traceback(error.document)]


_SIGN_IN = (
    "Put it into LUIGI_TRIGGER_TOKEN, or name the file that has it with --token-file. "
    "`luigi-trigger tokens create NAME` makes one, in the project's folder."
)


def _place(pointer: str) -> str:
    """A pointer as people say it: the parameter's name, and the place in its value."""
    if not pointer.startswith("/parameters/"):
        return pointer or "request"
    return pointer.removeprefix("/parameters/").replace("~1", "/").replace("~0", "~")


def _traceback(document: dict[str, Any]) -> list[str]:
    return [document["traceback"].rstrip()] if document.get("traceback") else []
