"""All kinds of problem (RFC 9457) that replies can tell of: each has a name, a status, a message and a page.

The kinds are the errors of the domain and, for what goes wrong before the domain is asked, the statuses of HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from trigger_service.domain import errors

#: What stands before the name in a problem's `type`, which is the address of its page.
PAGES = "/problems/"
#: Statuses of HTTP that are kinds of their own, and how their documents are titled.
HTTP_TITLES = {
    400: "Bad request",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Content too large",
    414: "URI too long",
    415: "Unsupported media type",
    417: "Expectation failed",
    429: "Too many requests",
    431: "Request header fields too large",
    500: "Internal server error",
    501: "Not implemented",
    503: "Service unavailable",
    505: "HTTP version not supported",
}
#: First match wins, so that special errors stand before their bases.
STATUSES: tuple[tuple[type[errors.TriggerError], int], ...] = (
    (errors.Unauthenticated, 401),
    (errors.ScopeMissing, 403),
    (errors.NotFound, 404),
    (errors.Conflict, 409),
    (errors.PipelineBroken, 409),
    (errors.Busy, 429),
    (errors.IdempotencyMismatch, 422),
    (errors.DeliveryFailed, 422),
    (errors.InvalidRequest, 422),
    (errors.InvalidCursor, 422),
    (errors.Unavailable, 503),
    (errors.LaunchFailed, 503),
)
_WORD = re.compile(r"[A-Z][a-z]*")
_FIELD = re.compile(r"\{(\w+)(?:![rs])?\}")


@dataclass(frozen=True)
class ProblemKind:
    """A kind of problem."""

    name: str
    title: str
    status: int
    #: The sentence that its documents have; what differs from one to the next stands in angle brackets.
    message: str
    #: The class of errors that it is; None for a status of HTTP.
    error: type[errors.TriggerError] | None = None

    @property
    def type(self) -> str:
        """What documents have as their `type`: the address of its page, on the same host."""
        return PAGES + self.name

    def prose(self) -> str:
        """What it means and what to do, for its page: Markdown with code spans only."""
        return (files(__package__) / "problem_pages" / f"{self.name}.md").read_text("utf-8").strip()

    @property
    def fields(self) -> list[str]:
        """The names of what differs from one message to the next."""
        return re.findall(r"<(\w+)>", self.message)


def status_of(error: errors.TriggerError) -> int:
    """The HTTP status of a domain error; 500 for one that no client can have caused."""
    return _status(type(error))


def kind_of_error(error: type[errors.TriggerError]) -> ProblemKind:
    """The kind that a class of errors is."""
    words = _WORD.findall(error.__name__)
    message = _FIELD.sub(r"<\1>", " ".join((error.__doc__ or "").split("\n\n")[0].split()))
    return ProblemKind("-".join(words).lower(), " ".join(words).capitalize(), _status(error), message, error)


def kind_of_status(status: int) -> ProblemKind | None:
    """The kind that a status of HTTP is; None for one that needs no page: it says all there is to say."""
    title = HTTP_TITLES.get(status)
    return ProblemKind(title.lower().replace(" ", "-"), title, status, "<what is wrong>") if title else None


@cache
def kinds() -> dict[str, ProblemKind]:
    """All kinds by name."""
    of_http = (kind_of_status(status) for status in HTTP_TITLES)
    of_domain = (kind_of_error(error) for error in _all(errors.TriggerError))
    return {kind.name: kind for kind in (*of_http, *of_domain) if kind}


def _status(error: type[errors.TriggerError]) -> int:
    return next((status for kind, status in STATUSES if issubclass(error, kind)), 500)


def _all(error: type[errors.TriggerError]) -> Iterator[type[errors.TriggerError]]:
    yield error
    for special in error.__subclasses__():
        yield from _all(special)
