"""The commands that a webhook's page gives for sending by hand sign as the service verifies."""

import shutil
import subprocess
import time

import pytest

from trigger_service.domain.signatures import WebhookSource, new_secret, verify
from trigger_service.web.pages.signing_recipe import recipe

#: Takes the place of curl: what it was asked to send.
CURL = "curl() { printf '%s\\n' \"$@\"; }\n"
HMAC = {"scheme": "hmac", "header": "X-Signature"}


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is missing")
@pytest.mark.parametrize(
    "source",
    [
        WebhookSource(),
        WebhookSource(scheme="github"),
        WebhookSource(**HMAC, prefix="it's $(x) =", id_header="X-Id"),
        WebhookSource(**HMAC, encoding="base64", digest="sha512", timestamp_header="X-Time"),
    ],
    ids=["standard", "github", "hmac", "stamped"],
)
def test_the_commands_make_a_signature_that_is_good(source, tmp_path):
    # Given a secret and a document that does not end in a line
    secret, body = new_secret(source.scheme, bytes(range(32))), b'{"day": "2013-01-01"}\n\n{'
    (tmp_path / "lake.secret").write_text(f"{secret}\n" if source.scheme == "standard" else secret)
    (tmp_path / "payload.json").write_bytes(body)
    # When the commands are run
    told = recipe(source, "lake", "http://127.0.0.1:8090")
    ran = subprocess.run(
        ["bash", "-euc", CURL + told], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=30
    )
    # Then what they send is what the service takes
    arguments = ran.stdout.splitlines()
    assert arguments[1] == "http://127.0.0.1:8090/hooks/lake"
    headers = dict(each.split(": ", 1) for each in arguments if ": " in each)
    sent = {name.lower(): value for name, value in headers.items()}
    assert verify(source, sent, body, [secret], time.time())
    assert secret not in told
