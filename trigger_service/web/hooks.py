"""Deliveries of webhooks: at the root of the service, for whoever can sign them."""

from __future__ import annotations

import logging
import math
import threading
from typing import Any, NoReturn

from flask import Response, request

from trigger_service.domain import errors
from trigger_service.domain.addresses import caller
from trigger_service.domain.errors import DeliveryFailed, SensorNotFound, SignatureRefused, TooOften
from trigger_service.domain.throttling import Rate
from trigger_service.service.sensors import Delivered
from trigger_service.web import hook_documents as documents
from trigger_service.web.hook_documents import outcome_json
from trigger_service.web.openapi import WITHOUT_TOKEN, raises
from trigger_service.web.part import Part
from trigger_service.web.replies import reply
from trigger_service.web.services import Services
from trigger_service.web.throttle import Throttle
from trigger_service.web.validation import checked, parse_json

LOG = logging.getLogger(__name__)
#: Deliveries that cannot be verified: so many from one remote address are answered with what is wrong, and logged.
REFUSED = Rate(per_second=0.5, burst=10)
#: The body is anything that is JSON, and is looked at when its signature is known to be good.
_SIGNED: dict[str, Any] = {
    **WITHOUT_TOKEN,
    "requestBody": {
        "required": True,
        "description": "Signed as the webhook says; the raw bytes count",
        "content": {"application/json": {"schema": {}, "example": documents.EXAMPLE}},
    },
}


def blueprint(services: Services) -> Part:
    """The route."""
    api = Part("hooks", __name__)
    routes = HookRoutes(services)
    answers: dict[Any, Any] = {200: documents.OutcomeDocument, 202: documents.OutcomeDocument}
    told = raises(SensorNotFound, SignatureRefused, DeliveryFailed, errors.HookSecretsLost, **_SIGNED)
    api.post("/hooks/<name>", responses=answers, openapi_extensions=told)(checked(routes.deliver))
    return api


class HookRoutes:
    """What the route does. The docstring is that of the OpenAPI document."""

    def __init__(self, services: Services) -> None:
        self._hooks = services.automation.hooks
        self._sensors = services.automation.sensors
        self._refusals = Refusals()

    def deliver(self, path: documents.HookPath) -> Response:
        """Deliver something that has happened, signed with the secret of the webhook.

        202 once it is on record and its run is; 200 where none is wanted: the filter says no, or the webhook is
        paused. Each delivery id starts one run: sent again it is answered as the first time, with
        `Idempotency-Replayed: true`. One that has started none is looked at anew.
        """
        body = request.get_data()
        try:
            sent = {name.lower(): value for name, value in request.headers.items()}
            sensor, delivery = self._hooks.verified(path.name, sent, body)
        except (SignatureRefused, SensorNotFound) as error:
            self._refusals.tell(error, path.name, request.remote_addr or "")
        return _answer(self._sensors.deliver(sensor, delivery, parse_json(body)))


class Refusals:
    """Tells senders and the log of deliveries that cannot be verified; from one address only so many."""

    def __init__(self) -> None:
        self._throttle = Throttle(REFUSED)
        self._lock = threading.Lock()
        self._untold = 0

    def tell(self, error: errors.TriggerError, name: str, address: str) -> NoReturn:
        """Raise the error, or TooOften; good deliveries from the same address are none of it."""
        sender = caller(address)
        wait_s = self._throttle.take(sender)
        with self._lock:
            self._untold += 1
            untold = self._untold
            if wait_s <= 0:
                self._untold = 0
        if wait_s > 0:
            reason = "Too many deliveries that cannot be verified have come from this address."
            raise TooOften(reason=reason, retry_after_s=math.ceil(wait_s)) from error
        more = f" ({untold - 1} more before it)" if untold > 1 else ""
        told = {"action": "delivery_refused", "sensor": name[:100], "count": untold}
        LOG.warning("delivery refused: %s from %s%s", error, sender, more, extra=told)
        raise error


def _answer(delivered: Delivered) -> Response:
    delivery = delivered.delivery
    if delivery.state == "failed":
        raise DeliveryFailed(delivery=delivery.key, reason=delivery.reason)
    headers = {"Idempotency-Replayed": "true"} if delivered.replayed else {}
    if delivery.run_id is not None:
        headers["Location"] = f"/api/v1/runs/{delivery.run_id}"
    return reply(outcome_json(delivery), 200 if delivery.state == "skipped" else 202, headers)
