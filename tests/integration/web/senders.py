"""Webhooks of a served service, and senders that know their secrets."""

import itertools
import json
import time

from trigger_service.domain.run import RunRequest
from trigger_service.domain.sensors import Sensor
from trigger_service.domain.signatures import WebhookSource, sign

GITHUB = WebhookSource("github")
SECRET = "what only the sender and the service know"
MAPPING = {"who": "/sender/login", "times": {"pointer": "/times", "default": 1}}
PAYLOAD = {"ref": "refs/heads/main", "sender": {"login": "ada"}}
names = (f"hook{n}" for n in itertools.count(1))
ids = (f"delivery-{n}" for n in itertools.count(1))


def made(served, source=GITHUB, secret=SECRET, **more):
    options = {"mapping": MAPPING, "filter": {"pointer": "/ref", "equals": "refs/heads/main"}, **more}
    request = options.pop("request", RunRequest("Hello"))
    saved, _ = served.services.automation.hooks.save(Sensor(next(names), source, request, **options), secret, "a test")
    return Hook(served, saved.name, source)


class Hook:
    """A webhook, and a sender that knows its secret."""

    def __init__(self, served, name, source):
        self.served, self.name, self.source = served, name, source
        self.path = f"/hooks/{name}"

    def send(self, payload=PAYLOAD, delivery=None, secret=SECRET, body=None, **options):
        """Sign and send; the answer."""
        body = json.dumps(payload).encode() if body is None else body
        Hook.last = delivery or next(ids)
        headers = sign(self.source, secret, body, Hook.last, time.time())
        return self.post(body, {**headers, **options.pop("headers", {})}, **options)

    def post(self, body, headers, content_type="application/json", address="10.1.0.1"):
        there = {"REMOTE_ADDR": address}
        client = self.served.app.test_client()
        return client.post(self.path, data=body, headers=headers, content_type=content_type, environ_base=there)

    def on_record(self):
        """State and reason of each delivery, oldest first."""
        return [(d.state, d.reason) for d in self.served.services.automation.sensors.deliveries(self.name, None, 500)][
            ::-1
        ]
