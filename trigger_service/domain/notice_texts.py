"""A notice in words: for Slack, for mail, for a webhook, for whatever takes a title and a text. Pure."""

from __future__ import annotations

import html
from datetime import datetime, timezone
from typing import Any, Dict, Iterator, List, Tuple

from trigger_service.domain.mistakes import one_line
from trigger_service.domain.notices import TEST, Notice

#: What each event is called in a webhook.
TYPES = {
    "failed": "run.failed",
    "recovered": "run.recovered",
    "late": "schedule.late",
    "long": "run.long",
    TEST: "test",
}
#: Characters of the error and of the lines of the task in a text: what Slack still shows whole.
_MOST_ERROR = 1000
_MOST_LINES = 2000
_CUT = "..."
#: The type of an error that a task has raised.
_OF_TASK = "TaskFailed"


def subject(notice: Notice) -> str:
    """One line that says what has happened."""
    told = {
        "failed": f"{notice.pipeline} has failed",
        "recovered": f"{notice.pipeline} has succeeded again",
        "late": f"schedule {notice.schedule} of {notice.pipeline} is late",
        "long": f"{notice.pipeline} takes longer than usual",
        TEST: "this is a test",
    }[notice.event]
    more = f" ({notice.more} more)" if notice.more else ""
    error = f": {one_line(_error(notice))}" if notice.error_type else ""
    return f"{told}{more}{error}"


def facts(notice: Notice, link: str) -> List[Tuple[str, str]]:
    """What is to be known, by name; only what there is."""
    parameters = ", ".join(f"{name}={value}" for name, value in notice.parameters.items())
    labels = ", ".join(f"{name}={value}" for name, value in notice.labels.items())
    told = [
        ("pipeline", notice.pipeline),
        ("parameters", one_line(parameters)),
        ("labels", one_line(labels)),
        ("schedule", notice.schedule or ""),
        ("fire time", "" if notice.fire_time is None else iso(notice.fire_time)),
        ("state", notice.state),
        ("reason", "" if notice.reason == notice.error_message else one_line(notice.reason)),
        ("error", _cut(_error(notice), _MOST_ERROR)),
        ("task", notice.task_id or ""),
        ("time", iso(notice.time)),
        ("run", link if notice.run_id else ""),
    ]
    return [(name, value) for name, value in told if value]


def body(notice: Notice, link: str) -> str:
    """The whole as plain text, without the subject."""
    lines = [f"{name}: {value}" for name, value in facts(notice, link)]
    return "\n".join([*_intro(notice), *lines, *_last_lines(notice)]) + "\n"


def html_body(notice: Notice, link: str) -> str:
    """The same as HTML, which loads nothing from anywhere."""
    rows = "".join(
        f"<tr><th align='left' valign='top'>{html.escape(name)}</th><td>{_cell(name, value)}</td></tr>"
        for name, value in facts(notice, link)
    )
    intro = "".join(f"<p>{html.escape(line)}</p>" for line in _intro(notice))
    lines = f"<pre>{html.escape(_tail(notice))}</pre>" if notice.lines else ""
    return f"<html><body>{intro}<table>{rows}</table>{lines}</body></html>\n"


def slack(notice: Notice, link: str) -> Dict[str, Any]:
    """The document that Slack, and what is compatible with it, takes."""
    lines = [f"*{_escaped(subject(notice))}*", *_intro(notice)]
    for name, value in facts(notice, link):
        lines.append(f"{name}: <{value}>" if name == "run" else f"{name}: {_escaped(value)}")
    if notice.lines:
        lines.append(f"```\n{_escaped(_tail(notice)).replace('```', chr(39) * 3)}\n```")
    return {"text": "\n".join(lines)}


def webhook(notice: Notice, link: str) -> Dict[str, Any]:
    """The document of a Standard Webhook."""
    data: Dict[str, Any] = {
        "pipeline": notice.pipeline,
        "parameters": dict(notice.parameters),
        "labels": dict(notice.labels),
        "run_id": notice.run_id,
        "url": link if notice.run_id else None,
        "state": notice.state,
        "reason": notice.reason,
        "error": None,
        "lines": list(notice.lines or ()),
        "schedule": notice.schedule,
        "fire_time": None if notice.fire_time is None else iso(notice.fire_time),
        "more": notice.more,
    }
    if notice.error_type:
        data["error"] = {"type": notice.error_type, "message": notice.error_message, "task_id": notice.task_id}
    return {"type": TYPES[notice.event], "timestamp": iso(notice.time), "data": data}


def iso(seconds: float) -> str:
    """A time in ISO 8601, in UTC."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _error(notice: Notice) -> str:
    """What went wrong. That of a task says itself what it is."""
    own = notice.error_type in ("", _OF_TASK)
    return notice.error_message if own else f"{notice.error_type}: {notice.error_message}"


def _intro(notice: Notice) -> List[str]:
    if not notice.more:
        return []
    count = "once" if notice.more == 1 else f"{notice.more} times"
    return [f"This has happened {count} more since it was told last; the newest:"]


def _last_lines(notice: Notice) -> Iterator[str]:
    if notice.lines:
        yield ""
        yield "the last lines of the task:"
        yield _tail(notice)


def _tail(notice: Notice) -> str:
    """The lines, of long ones the end."""
    text = "\n".join(notice.lines or ())
    return text if len(text) <= _MOST_LINES else _CUT + text[-_MOST_LINES:]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + _CUT


def _cell(name: str, value: str) -> str:
    escaped = html.escape(value)
    return f"<a href='{escaped}'>{escaped}</a>" if name == "run" else escaped.replace("\n", "<br>")


def _escaped(text: str) -> str:
    """As Slack wants it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
