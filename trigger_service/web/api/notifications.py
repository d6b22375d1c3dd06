"""Notifications: who is told of what, and what was told."""

from __future__ import annotations

from typing import Any

from flask import Response

from trigger_service.domain import errors
from trigger_service.web import notification_documents as documents
from trigger_service.web.notification_documents import message_json, rule_json
from trigger_service.web.openapi import raises
from trigger_service.web.part import Part
from trigger_service.web.replies import read_reply, reply
from trigger_service.web.schedule_documents import PauseBody
from trigger_service.web.services import Services
from trigger_service.web.submissions import actor
from trigger_service.web.validation import checked


def blueprint(services: Services) -> Part:
    """The routes."""
    api = Part("notifications", __name__)
    routes = NotificationRoutes(services)
    one: dict[Any, Any] = {200: documents.RuleDocument}
    gone = raises(errors.RuleNotFound)
    api.get("/notifications", responses={200: documents.RulesDocument})(checked(routes.index))
    api.get("/notifications/<name>", responses=one, openapi_extensions=gone)(checked(routes.show))
    api.put("/notifications/<name>", responses={200: documents.SavedRuleDocument})(checked(routes.save))
    api.delete("/notifications/<name>", responses={204: None}, openapi_extensions=gone)(checked(routes.remove))
    api.patch("/notifications/<name>", responses=one, openapi_extensions=gone)(checked(routes.pause))
    tried: dict[Any, Any] = {200: documents.MessageDocument}
    api.post("/notifications/<name>/test", responses=tried, openapi_extensions=gone)(checked(routes.test))
    told: dict[Any, Any] = {200: documents.MessagesDocument}
    api.get("/notifications/<name>/messages", responses=told, openapi_extensions=gone)(checked(routes.messages))
    return api


class NotificationRoutes:
    """What each route does. The docstrings are those of the OpenAPI document."""

    def __init__(self, services: Services) -> None:
        self._notifications = services.notifications

    def index(self) -> Response:
        """List the notification rules, by name."""
        return read_reply({"items": [rule_json(rule) for rule in self._notifications.listed()]})

    def show(self, path: documents.RulePath) -> Response:
        """Show a notification rule."""
        return read_reply(rule_json(self._notifications.get(path.name)))

    def save(self, path: documents.RulePath, body: documents.RuleBody) -> Response:
        """Make a notification rule, or put it in the place of the one of this name.

        It tells of what happens from now on, and stays paused where it was. The address and the secret of its channel
        are sealed; left out, they stay as they were.
        """
        saved = self._notifications.save(body.rule(path.name), body.channel.secrets(), actor())
        return reply({**rule_json(saved.rule), "secret": saved.secret})

    def remove(self, path: documents.RulePath) -> Response:
        """Remove a notification rule with its messages, also those that are still to be sent."""
        self._notifications.remove(path.name, actor())
        return Response(status=204)

    def pause(self, path: documents.RulePath, body: PauseBody) -> Response:
        """Pause a notification rule, or resume it from now on. What is still to be sent waits meanwhile."""
        return reply(rule_json(self._notifications.pause(path.name, body.paused, actor())))

    def test(self, path: documents.RulePath) -> Response:
        """Send a message that says that it is a test, now and once, and tell what has become of it."""
        return reply(message_json(self._notifications.test(path.name)))

    def messages(self, path: documents.RulePath, query: documents.MessagesQuery) -> Response:
        """List the messages of a notification rule and what has become of them, newest first."""
        found = self._notifications.messages(path.name, query.before, query.limit)
        return read_reply({"items": [message_json(message) for message in found]})
