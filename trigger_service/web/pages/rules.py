"""The pages of notifications: which rules there are, and of each its form, a test, and what was told by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from trigger_service.domain.errors import InvalidRequest, Problem
from trigger_service.domain.notice_texts import subject
from trigger_service.domain.notices import EVENTS, Message, MessageState, Rule
from trigger_service.web.notification_documents import RuleBody
from trigger_service.web.pages.changes import Changed, changes_of
from trigger_service.web.pages.exports import after_each, as_file
from trigger_service.web.pages.filled import Form, Reader, decimal, pairs, words
from trigger_service.web.pages.forms import FIELD
from trigger_service.web.pages.page import page
from trigger_service.web.pages.targets import Standing
from trigger_service.web.replies import iso
from trigger_service.web.services import Services
from trigger_service.web.submissions import actor
from trigger_service.web.validation import of_form

PATH = "/settings/notifications"
ENTRY = "settings"
#: Messages of a page, and changes.
_ROWS, _CHANGES = 50, 10
_COLUMNS = ("name", "events", "kind", "address", "pipelines", "labels", "late_s", "longer_than", "fold_s", "paused")
_LOG_COLUMNS = (
    "id", "event", "subject", "run_id", "state", "tries", "last_error", "created_at", "next_try_at", "ended_at"
)  # fmt: skip
WORDS = {
    "failed": "a run has failed",
    "recovered": "a pipeline has recovered",
    "late": "a schedule is late",
    "long": "a run takes long",
    "test": "a test",
}
KINDS = (("slack", "Slack"), ("mail", "Mail"), ("webhook", "Webhook"), ("apprise", "Apprise"))
_OF_MESSAGE: Mapping[MessageState, Standing] = {
    "pending": Standing("queued", "queued", "To be sent"),
    "sent": Standing("succeeded", "succeeded", "Sent"),
    "failed": Standing("failed", "failed", "Given up"),
    "folded": Standing("complete", "complete", "Folded"),
}
_READERS: Mapping[str, Reader] = {
    "events": words,
    "channel.kind": str,
    "channel.url": str.strip,
    "channel.secret": str.strip,
    "channel.to": words,
    "pipelines": words,
    "labels": pairs,
    "late_s": decimal,
    "longer_than": decimal,
    "fold_s": decimal,
}


@dataclass(frozen=True)
class Told:
    """A message in the log of a rule."""

    message: Message

    @property
    def subject(self) -> str:
        """What it tells, in a line."""
        return subject(self.message.notice)

    @property
    def standing(self) -> Standing:
        """What has become of it."""
        return _OF_MESSAGE[self.message.state]


class Details:
    """One rule."""

    def __init__(self, services: Services, name: str, before: str | None) -> None:
        self._services = services
        self._before = before
        self.rule: Rule = services.notifications.get(name)

    @cached_property
    def _found(self) -> list[Message]:
        return self._services.notifications.messages(self.rule.name, self._before, _ROWS + 1)

    @property
    def log(self) -> list[Told]:
        """What was told by it, newest first."""
        return [Told(message) for message in self._found[:_ROWS]]

    @property
    def older(self) -> str:
        """The address of the next page of the log; empty at the end."""
        return f"{PATH}/{self.rule.name}?before={self._found[_ROWS - 1].id}" if len(self._found) > _ROWS else ""

    @cached_property
    def changes(self) -> list[Changed]:
        """Who has changed it."""
        return changes_of(self._services.pools.changes(f"notification rule {self.rule.name}", None, _CHANGES))


def add_routes(pages: Blueprint, services: Services) -> None:
    """`GET` lists, shows one and an empty form; `POST` saves, pauses, tests and removes."""
    rules = services.notifications

    @pages.get(PATH)
    def list_rules() -> Response:
        found = rules.listed()
        if kind := request.args.get("as", ""):
            return as_file(kind, "notifications", _COLUMNS, map(_cells, found))
        return page("notifications.html", ENTRY, rules=found, words=WORDS)

    @pages.get("/settings/notification/new")
    def new_rule() -> Response:
        return _form(Form({"events": "failed recovered"}))

    @pages.post(PATH)
    def make_rule() -> Response:
        form = _sent()
        name = form.text("name").strip()
        if any(rule.name == name for rule in rules.listed()):
            problem = Problem("/name", f"There is a rule {name!r} already; change that one, or choose another name.")
            return _form(form.refused([problem]), 409)
        return _saved(services, name, form, lambda refused: _form(refused, 422))

    @pages.get(f"{PATH}/<name>")
    def show_rule(name: str) -> Response:
        if kind := request.args.get("as", ""):
            return as_file(kind, f"notifications-{name}", _LOG_COLUMNS, _log(services, name))
        return _details(services, name)

    @pages.post(f"{PATH}/<name>")
    def save_rule(name: str) -> Response:
        rules.get(name)
        return _saved(services, name, _sent(), lambda refused: _details(services, name, 422, form=refused))

    @pages.post(f"{PATH}/<name>/pause")
    def pause_rule(name: str) -> Response:
        rules.pause(name, request.form.get("paused") == "yes", actor("form"))
        return redirect(f"{PATH}/{name}", 303)

    @pages.post(f"{PATH}/<name>/test")
    def test_rule(name: str) -> Response:
        rules.test(name)
        return redirect(f"{PATH}/{name}#log", 303)

    @pages.post(f"{PATH}/<name>/remove")
    def remove_rule(name: str) -> Response:
        rules.remove(name, actor("form"))
        return redirect(PATH, 303)


def form_of(rule: Rule) -> Form:
    """The form that says what a rule says; its address and secret stay as they are where nothing is written."""
    return Form(
        {
            "events": " ".join(rule.events),
            "channel.kind": rule.channel.kind,
            "channel.to": "\n".join(rule.channel.to),
            "pipelines": ", ".join(rule.pipelines),
            "labels": "\n".join(f"{name}={value}" for name, value in rule.labels.items()),
            "late_s": f"{rule.late_s:g}",
            "longer_than": f"{rule.longer_than:g}",
            "fold_s": f"{rule.fold_s:g}",
        }
    )


def _sent() -> Form:
    """What was sent; of the boxes, all that are checked."""
    fields = {name: value for name, value in request.form.items() if name != FIELD}
    return Form({**fields, "events": " ".join(request.form.getlist("events"))})


def _saved(services: Services, name: str, form: Form, refuse: Any) -> Response:
    try:
        body = of_form(RuleBody, form.body(_READERS))
        saved = services.notifications.save(body.rule(name), body.channel.secrets(), actor("form"))
    except InvalidRequest as refused:
        hidden = {key: value for key, value in form.sent.items() if key != "channel.secret"}
        answer: Response = refuse(Form(hidden, refused.problems))
        return answer
    if saved.secret:  # shown now or never
        return _details(services, name, secret=saved.secret)
    return redirect(f"{PATH}/{name}", 303)


def _form(form: Form, status: int = 200) -> Response:
    return page("rule_new.html", ENTRY, status, form=form, events=EVENTS, words=WORDS, kinds=KINDS, rule=None)


def _details(
    services: Services, name: str, status: int = 200, *, form: Form | None = None, secret: str = ""
) -> Response:
    details = Details(services, name, request.args.get("before") or None)
    shown: dict[str, Any] = {"details": details, "rule": details.rule, "form": form or form_of(details.rule)}
    return page("rule.html", ENTRY, status, secret=secret, events=EVENTS, words=WORDS, kinds=KINDS, **shown)


def _cells(rule: Rule) -> tuple[Any, ...]:
    told = (rule.name, " ".join(rule.events), rule.channel.kind, rule.channel.shown, " ".join(rule.pipelines))
    return (*told, dict(rule.labels), rule.late_s, rule.longer_than, rule.fold_s, rule.paused)


def _log(services: Services, name: str) -> Iterator[tuple[Any, ...]]:
    messages = services.notifications.messages
    for each in after_each(lambda before, limit: messages(name, before, limit), lambda message: message.id):
        told = (each.id, each.notice.event, subject(each.notice), each.notice.run_id, each.state, each.tries)
        yield (*told, each.last_error, iso(each.created_at), iso(each.next_try_at), iso(each.ended_at))
