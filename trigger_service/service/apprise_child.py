"""A process that hands one message to apprise, and ends: `python -m trigger_service.service.apprise_child`.

Apprise has its own ways out, a hundred of them. In a process of its own each of its connections can be looked at (by an
audit hook, which can never be removed again), a time-out can end it, and the service need not import it. Reads a JSON
object from standard input: url, title, body, allow_private. Answers with one line: empty where the message was taken,
otherwise why not.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sys
from collections.abc import Callable
from typing import Any

from trigger_service.domain.addresses import is_public

#: Events of the interpreter that lead out, with the address as the second argument.
_OUT = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})


class Guard:
    """Refuses connections to addresses that are private, and remembers the first."""

    def __init__(self) -> None:
        self.refused = ""

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit hook: raises PermissionError, which ends the connection."""
        if event not in _OUT or len(arguments) < 2 or arguments[1] is None:
            return
        address = arguments[1][0] if isinstance(arguments[1], tuple) else str(arguments[1])
        if not is_public(str(address)):
            self.refused = self.refused or str(address)
            raise PermissionError(f"{address} is private")


def told(asked: dict[str, Any], guard: Callable[..., None] | None) -> str:
    """Hand the message on; why it was not taken, or nothing. `guard` is the hook, where one is wanted."""
    import apprise  # noqa: PLC0415 (an extra)

    logging.disable(logging.CRITICAL)  # its log lines have addresses in them
    service = apprise.Apprise()
    if not service.add(asked["url"]):
        return "apprise does not understand this address"
    if guard is not None:
        sys.addaudithook(guard)
    taken = service.notify(title=asked["title"], body=asked["body"])
    refused = getattr(guard, "refused", "")
    if refused:
        mend = "allow_private = true in [notifications] allows it"
        return f"refused: it leads to the private address {refused}; {mend}"
    return "" if taken else "apprise could not deliver it"


def main() -> None:
    """The program."""
    asked = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):  # whatever a way out prints is no answer
        answer = told(asked, None if asked["allow_private"] else Guard())
    sys.stdout.write(f"{answer}\n")


if __name__ == "__main__":
    main()
