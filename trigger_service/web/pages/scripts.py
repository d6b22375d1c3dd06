"""The same request as JSON, for curl, in Python and for the command line, to be pasted as it stands. Pure."""

from __future__ import annotations

import json
import pprint
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from trigger_service.web.pages.drafts import values_of
from trigger_service.web.pages.kinds import text_of

#: Characters of a line of Python.
_WIDTH = 88
#: How the command line names members of a request.
_FLAGS = {
    "module": "--module",
    "preset": "--preset",
    "location": "--location",
    "environment": "--env",
    "workers": "--workers",
    "priority": "--priority",
    "timeout_s": "--run-timeout",
    "max_attempts": "--max-attempts",
    "if_active": "--if-active",
}


@dataclass(frozen=True)
class Sender:
    """To whom a request is sent, and how."""

    #: Of the service, as who looks at the page reaches it.
    url: str
    #: The Idempotency-Key.
    key: str
    #: Whether a token is needed.
    token: bool


def as_json(body: Mapping[str, Any]) -> str:
    """Indented; short lists and objects in one line. Whatever cannot be seen, or turns what is seen, is escaped."""
    return "".join(_escaped(c) if not c.isprintable() and c != "\n" else c for c in _indented(body, ""))


def as_curl(body: Mapping[str, Any], sender: Sender) -> str:
    """For a shell of POSIX's."""
    lines = [f"curl -X POST {shlex.quote(f'{sender.url}/api/v1/runs')}"]
    if sender.token:
        lines.append('-H "Authorization: Bearer $LUIGI_TRIGGER_TOKEN"')
    lines += [f'-H "Idempotency-Key: {sender.key}"', '-H "Content-Type: application/json"']
    return " \\\n  ".join([*lines, f"-d {shlex.quote(as_json(body))}"])


def as_python(body: Mapping[str, Any], sender: Sender) -> str:
    """With the client that comes with the product."""
    more = {name: value for name, value in body.items() if name not in ("pipeline", "parameters")}
    arguments = [
        repr(body["pipeline"]),
        _python(values_of(body), 8),
        *(f"{name}={_python(value, 9 + len(name))}" for name, value in more.items()),
        f"idempotency_key={sender.key!r}",
    ]
    lines = "".join(f"        {argument},\n" for argument in arguments)
    return (
        "from trigger_service.client import Client\n\n"
        f"with Client({sender.url!r}) as client:\n"
        f"    run = client.run(\n{lines}    ).wait()\n"
        '    print(run["state"])\n'
    )


def as_command(body: Mapping[str, Any], sender: Sender) -> str:
    """For a shell of POSIX's."""
    words = ["luigi-trigger run", *_words(body), "--idempotency-key " + sender.key, f"--url {shlex.quote(sender.url)}"]
    return f"{words[0]} {words[1]}" + "".join(f" \\\n  {word}" for word in words[2:])


def _words(body: Mapping[str, Any]) -> Iterator[str]:
    yield shlex.quote(body["pipeline"])
    for name, value in values_of(body).items():
        # a text is sent as it is; what a line cannot show goes as JSON, in which everything can be written
        plain = isinstance(value, str) and value.isprintable()
        yield f"-p {shlex.quote(f'{name}={value}' if plain else f'{name}:={as_json_line(value)}')}"
    for name, flag in _FLAGS.items():
        if name in body:
            yield f"{flag} {shlex.quote(text_of(body[name]))}"
    for pool in body.get("pools", ()):
        yield f"--pool {shlex.quote(pool)}"
    for name, value in body.get("labels", {}).items():
        yield f"--label {shlex.quote(f'{name}={value}')}"


def as_json_line(value: Any) -> str:
    """JSON in one line."""
    return "".join(c if c.isprintable() else _escaped(c) for c in json.dumps(value, ensure_ascii=False))


def _indented(value: Any, indent: str) -> str:
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or not value or (indent and len(indent) + len(line) < _WIDTH - 20):
        return line
    inner = indent + "  "
    if isinstance(value, list):
        parts = [_indented(item, inner) for item in value]
    else:
        parts = [f"{json.dumps(name, ensure_ascii=False)}: {_indented(item, inner)}" for name, item in value.items()]
    opened, closed = ("[", "]") if isinstance(value, list) else ("{", "}")
    return f"{opened}\n{inner}" + f",\n{inner}".join(parts) + f"\n{indent}{closed}"


def _escaped(character: str) -> str:
    escaped = json.dumps(character)[1:-1]
    return escaped if escaped != character else f"\\u{ord(character):04x}"


def _python(value: Any, indent: int) -> str:
    shown = pprint.pformat(value, width=_WIDTH - indent, sort_dicts=False)
    return shown.replace("\n", "\n" + " " * indent)
