"""How soon a signed delivery is accepted, seen by a client that signs as GitHub does."""

import hashlib
import hmac
import http.client
import json
import time
from urllib.parse import urlsplit

ROUNDS = 40
#: Seconds between two rounds, so that nothing of the last one is still being tidied up.
PAUSE_S = 0.2
SECRET = "what only the sender and the service know"


def delivered(stage, folder):
    """Seconds from the POST of a delivery to its 202: signed, filtered, mapped, judged, and stored with its run."""
    _make(stage, folder)
    sender = http.client.HTTPConnection(urlsplit(stage.client.url).netloc, timeout=30)
    times = []
    for number in range(ROUNDS):
        payload = {"ref": "refs/heads/main", "file": {"name": f"delivered{number}"}, "rest": ["x" * 40] * 200}
        body = json.dumps(payload).encode()
        headers = {
            "Content-Type": "application/json",
            "X-GitHub-Delivery": f"delivery-{number}",
            "X-Hub-Signature-256": "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest(),
        }
        began = time.perf_counter()
        sender.request("POST", "/hooks/measured", body, headers)
        answer = sender.getresponse()
        outcome = json.loads(answer.read())
        times.append(time.perf_counter() - began)
        if answer.status != 202:
            raise RuntimeError(f"{answer.status}: {outcome}")
        stage.wait(outcome["run_id"])
        time.sleep(PAUSE_S)
    sender.close()
    return times


def _make(stage, folder):
    body = {
        "source": {"kind": "webhook", "scheme": "github"},
        "pipeline": "Ledgered",
        "parameters": {"root": str(folder)},
        "mapping": {"name": "/file/name"},
        "filter": {"pointer": "/ref", "equals": "refs/heads/main"},
        "secret": SECRET,
    }
    status, answer = stage.client.ask("PUT", "/api/v1/sensors/measured", body)
    if status != 200:
        raise RuntimeError(f"{status}: {answer}")
